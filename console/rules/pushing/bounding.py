"""The condition of a rule as a condition over the fields of an index: what each of its events must have there.

In: a rule, the columns of an index. Out: its bounds, and the fields that could not be asked. Searches of a rule are
read as `matching` reads them; what has no reading here is unknown, never false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from console.rules.conditions import And, Name, Node, Not, parse_condition
from console.rules.matching import listed, split_field
from console.rules.pushing.asking import Asker
from console.rules.pushing.columns import Columns
from console.rules.pushing.deriving import DERIVED, SAME_AS
from console.rules.pushing.trees import UNKNOWN, Bounds, Tree, all_, no, not_, some_
from console.rules.rule import Rule

_DIRECT = frozenset(
    ["auditID", "level", "verb", "userAgent", "requestURI", "objectRef.namespace", "objectRef.name", "objectRef.uid",
     "objectRef.apiGroup", "objectRef.apiVersion", "objectRef.resource", "objectRef.subresource", "user.username",
     "user.uid", "user.groups", "impersonatedUser.username", "impersonatedUser.uid", "impersonatedUser.groups",
     "sourceIPs"]
)  # fmt: skip
"""Fields that are in the documents as they are in the event, and alike at every stage of a request."""
_BODIES = {
    "by.controller": "requestObject.metadata", "by.owner": "requestObject.metadata",
    "by.mirror": "requestObject.metadata", "metadata": "requestObject.metadata",
}  # fmt: skip
"""Derived fields that rest on a part of a body."""


def bounds_of(rule: Rule, asker: Asker) -> Bounds:
    """The bounds of a rule over the audit trail."""
    searches = searches_of(rule)
    tree = parse_condition(str(rule.detection["condition"]), list(searches))
    found = _bounds(tree, searches, asker)
    if not {"outcome", "code", "responseStatus.code"} & set(fields_of(rule, levels=False)):
        found = all_([found, DERIVED["outcome"](asker, ["ok"], [])])
    return found


def judged(columns: Columns) -> Tree:
    """What every event has that is judged at all: an answer, or the beginning of one."""
    return no(Asker(columns).among("stage", ["RequestReceived"]).lower)


def searches_of(rule: Rule) -> dict[str, Any]:
    """The searches of a rule by name."""
    return {name: search for name, search in rule.detection.items() if name != "condition"}


def fields_of(rule: Rule, *, levels: bool = True) -> list[str]:
    """Every field that decides whether, and how bad, the rule finds something."""
    searches = [*searches_of(rule).values(), *((when for _, when in rule.levels) if levels else ())]
    parts = (part for search in searches for part in (search if isinstance(search, list) else [search]))
    return list(dict.fromkeys(name for part in parts for name in _named(part)))


def _named(part: Mapping[str, Any]) -> Iterator[str]:
    for key, value in part.items():
        name, modifiers = split_field(key)
        yield name
        if "fieldref" in modifiers:
            yield from map(str, value if isinstance(value, list) else [value])


def rests_on(field: str) -> str:
    """The field of the audit event that a field of a rule is read from, as far as it matters which."""
    if field in _BODIES:
        return _BODIES[field]
    root, _, rest = field.partition(".")
    if root == "metadata":
        return f"requestObject.metadata.{rest}"
    if root == "body":
        return f"requestObject.{rest}" if rest else "requestObject"
    return SAME_AS.get(field, field)


def _bounds(tree: Node, searches: Mapping[str, Any], asker: Asker) -> Bounds:
    if isinstance(tree, Name):
        return _search(searches[tree.name], asker)
    if isinstance(tree, Not):
        return not_(_bounds(tree.inner, searches, asker))
    parts = [_bounds(part, searches, asker) for part in tree.parts]
    return all_(parts) if isinstance(tree, And) else some_(parts)


def _search(search: Any, asker: Asker) -> Bounds:
    if isinstance(search, list):
        return some_([_search(part, asker) for part in search])
    return all_([_field(key, value, asker) for key, value in search.items()])


def _field(key: str, value: Any, asker: Asker) -> Bounds:
    name, modifiers = split_field(key)
    if {"fieldref", "count", "all"} & set(modifiers):
        return UNKNOWN
    values = listed(key, value)
    field = SAME_AS.get(name, name)
    if "exists" in modifiers and field in _DIRECT:
        bounds = asker.some_value(field)
        return bounds if values[0] else not_(bounds)
    if field in DERIVED:
        return DERIVED[field](asker, values, [one for one in modifiers if one != "expand"])
    if "exists" in modifiers or field not in _DIRECT:
        if rests_on(name).partition(".")[0] not in ("requestObject", "responseObject"):
            asker.missing[name] = None
        return UNKNOWN
    return asker.values(field, values, modifiers)
