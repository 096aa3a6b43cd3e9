"""What each rule needs to be recorded, read off its condition: the requests it can match, and what of them it reads.

A part that only takes away (`not …`, a field that must be absent) needs nothing: without it a rule finds more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from console.model.need import LEVELS, Asked, Need
from console.rules.compiling import Compiled
from console.rules.conditions import And, Name, Node, Not, parse_condition
from console.rules.indexing import Box
from console.rules.matching import listed, split_field

_SENT = frozenset(["body", "requestObject", "pod", "metadata", "rights", "patch", "csr"])
_ANSWERED = frozenset({"responseObject"})
_MOST = 200


def needs(compiled: Iterable[Compiled]) -> list[Need]:
    """One for each rule, in their order."""
    return [_need(one) for one in compiled]


def _need(one: Compiled) -> Need:
    searches = {name: search for name, search in one.rule.detection.items() if name != "condition"}
    tree = parse_condition(str(one.rule.detection["condition"]), list(searches))
    asked = dict.fromkeys(request for box in one.boxes for request in _requests(box))
    requests = tuple(asked) if len(asked) <= _MOST else (("*", "*", ""),)
    return Need(one.rule.id, one.rule.title, one.rule.catalogue, requests, LEVELS[_level(tree, searches)])


def _requests(box: Box) -> Iterator[Asked]:
    verbs, resources, subresources = (["*"] if words is None else sorted(words) for words in box[:3])
    for verb in verbs:
        for resource in resources:
            for subresource in subresources:
                yield verb, resource, "" if subresource == "*" else subresource


def _level(tree: Node, searches: Mapping[str, Any]) -> int:
    """The least level at which this can hold."""
    if isinstance(tree, Name):
        return _of_search(searches[tree.name])
    if isinstance(tree, Not):
        return 1
    levels = [_level(part, searches) for part in tree.parts]
    return max(levels) if isinstance(tree, And) else min(levels)


def _of_search(search: Any) -> int:
    if isinstance(search, list):
        return min((_of_search(part) for part in search), default=1)
    return max((_of_field(key, value) for key, value in search.items()), default=1)


def _of_field(key: str, value: Any) -> int:
    name, modifiers = split_field(key)
    absent = None in listed(key, value) or ("exists" in modifiers and not value)
    root = name.partition(".")[0]
    if absent:
        return 1
    return 3 if root in _ANSWERED else 2 if root in _SENT else 1
