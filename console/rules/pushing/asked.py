"""All that is asked of an index for a set of rules: a few queries, each small enough for a search cluster.

In: rules, columns, the span of time and the field that has it. Out: bodies of queries in the cluster's own language,
how to sort, and which rules are not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from console.errors import BadInput
from console.rules.pushing.bounding import judged
from console.rules.pushing.columns import Columns
from console.rules.pushing.lucene import Writer
from console.rules.pushing.pushable import Plan, plan
from console.rules.pushing.trees import size
from console.rules.rule import Rule

_MOST = 800
"""Clauses of one query; a search cluster takes 1024 by itself (`indices.query.bool.max_clause_count`)."""


class Asked(msgspec.Struct, frozen=True):
    """What to ask."""

    plan: Plan
    queries: tuple[dict[str, Any], ...]
    sort: tuple[dict[str, Any], ...]


class Span(msgspec.Struct, frozen=True):
    """From when until when, in epoch seconds; None for no bound. `field` has the time of a document."""

    field: str
    since: float | None = None
    until: float | None = None


def asked(rules: Iterable[Rule], columns: Columns, span: Span, *, opensearch: bool) -> Asked:
    """Raises BadInput: pySigma is not installed, or the index has nothing to tell its events apart by."""
    key = columns.of("auditID")
    if key is None or not key.whole:
        raise BadInput("the field auditID is not mapped as a keyword there, so events cannot be told apart or sorted")
    planned, writer = plan(rules, columns), Writer(columns, opensearch=opensearch)
    sizes = {writer.query(one.tree): size(one.tree) for one in planned.pushed if not isinstance(one.tree, bool)}
    always = _always(columns, span, writer)
    stage = columns.of("stage")
    names = [span.field, key.whole, *([stage.whole] if stage and stage.whole else [])]
    sort = tuple({name: {"order": "asc"}} for name in names)
    queries = tuple(_query(group, always) for group in _groups(sizes))
    return Asked(planned, queries, sort)


def _always(columns: Columns, span: Span, writer: Writer) -> list[dict[str, Any]]:
    """What is asked of every event."""
    found: list[dict[str, Any]] = []
    bounds = {"gte": span.since, "lt": span.until}
    limits = {name: int(at * 1000) for name, at in bounds.items() if at is not None}
    if limits:
        found.append({"range": {span.field: {**limits, "format": "epoch_millis"}}})
    tree = judged(columns)
    if not isinstance(tree, bool):
        found.append(_written(writer.query(tree)))
    return found


def _groups(sizes: dict[str, int]) -> list[list[str]]:
    groups: list[list[str]] = []
    room = 0
    for query, count in sizes.items():
        if not groups or room < count:
            groups.append([])
            room = _MOST
        groups[-1].append(query)
        room -= count
    return groups


def _query(queries: list[str], always: list[dict[str, Any]]) -> dict[str, Any]:
    some = {"bool": {"should": [_written(one) for one in queries], "minimum_should_match": 1}}
    return {"bool": {"filter": [*always, some]}}


def _written(query: str) -> dict[str, Any]:
    return {"query_string": {"query": query}}
