"""Compiles loaded rules: each to one test, its index boxes and its key readers. A rule that cannot be is a fault.

A rule that does not ask for an outcome sees only requests that were carried out (`outcome: ok`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from console.errors import BadInput
from console.model.severity import Severity
from console.rules.conditions import And, Name, Node, Not, parse_condition
from console.rules.fields import Getter, getter_of
from console.rules.indexing import Box, boxes_of, holds
from console.rules.matching import Test, compile_field, split_field
from console.rules.rule import Rule
from console.rules.view import Cells, View

_OUTCOMES = ("outcome", "code", "responseStatus.code")
_REMEMBERED = 50_000


class Compiled(msgspec.Struct, frozen=True):
    """A rule that can run."""

    rule: Rule
    test: Test
    boxes: tuple[Box, ...]
    by: tuple[Getter, ...] = ()
    distinct: Getter | None = None
    after_by: tuple[Getter, ...] = ()
    fields: tuple[tuple[str, Getter], ...] = ()
    levels: tuple[tuple[Severity, Test], ...] = ()

    def severity(self, view: View) -> Severity:
        """The rule's level for this event."""
        for severity, test in self.levels:
            if test(view):
                return severity
        return self.rule.severity


class RuleSet:
    """Compiled rules and the index over them."""

    def __init__(self, rules: Iterable[Rule], faults: Iterable[str] = ()) -> None:
        self.faults: list[str] = list(faults)
        self.compiled: list[Compiled] = []
        for rule in rules:
            try:
                self.compiled.append(compile_rule(rule))
            except BadInput as error:
                self.faults.append(f"{rule.where}: {error}; rule {rule.id} is not used")
        self._candidates: dict[Cells, tuple[Compiled, ...]] = {}

    def candidates(self, cells: Cells) -> tuple[Compiled, ...]:
        """The rules an event with these cells may match; built when such cells are first seen."""
        found = self._candidates.get(cells)
        if found is None:
            if len(self._candidates) >= _REMEMBERED:  # a caller who invents resource names must not fill memory
                self._candidates.clear()
            found = tuple(one for one in self.compiled if any(holds(box, cells) for box in one.boxes))
            self._candidates[cells] = found
        return found

    @property
    def rules(self) -> list[Rule]:
        """The rules that are in use."""
        return [one.rule for one in self.compiled]


def compile_rule(rule: Rule) -> Compiled:
    """Raises BadInput when field, modifier, pattern or condition cannot be used."""
    searches = {name: search for name, search in rule.detection.items() if name != "condition"}
    tree = parse_condition(str(rule.detection["condition"]), list(searches))
    if not _asks(searches, _OUTCOMES):
        searches["_outcome"] = {"outcome": "ok"}
        tree = And((tree, Name("_outcome")))
    tests = {name: _search(search) for name, search in searches.items()}
    threshold, after = rule.threshold, rule.after
    return Compiled(
        rule=rule,
        test=_node(tree, tests),
        boxes=tuple(boxes_of(tree, searches)),
        by=_getters(threshold.by) if threshold else (),
        distinct=_getters((threshold.distinct,))[0] if threshold and threshold.distinct else None,
        after_by=_getters(after.by) if after else (),
        fields=tuple(zip(rule.fields, _getters(rule.fields), strict=True)),
        levels=tuple((severity, _search(search)) for severity, search in rule.levels),
    )


def _getters(names: tuple[str, ...]) -> tuple[Getter, ...]:
    out: list[Getter] = []
    for name in names:
        getter = getter_of(name)
        if getter is None:
            raise BadInput(f"unknown field {name!r}")
        out.append(getter)
    return tuple(out)


def _asks(searches: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    for search in searches.values():
        for part in search if isinstance(search, list) else [search]:
            if any(split_field(key)[0] in names for key in part):
                return True
    return False


def _search(search: Any) -> Test:
    if isinstance(search, list):
        return _or([_search(part) for part in search])
    return _and([compile_field(key, value) for key, value in search.items()])


def _node(tree: Node, tests: Mapping[str, Test]) -> Test:
    if isinstance(tree, Name):
        return tests[tree.name]
    if isinstance(tree, Not):
        inner = _node(tree.inner, tests)
        return lambda view: not inner(view)
    parts = [_node(part, tests) for part in tree.parts]
    return _and(parts) if isinstance(tree, And) else _or(parts)


def _and(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def every(view: View) -> bool:
        for test in tests:  # noqa: SIM110 - a generator doubles the cost of the hottest loop
            if not test(view):
                return False
        return True

    return every


def _or(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def some(view: View) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(view):
                return True
        return False

    return some
