"""Tests joined to one: all of them, one of them, or as a condition says."""

from __future__ import annotations

from collections.abc import Mapping

from console.rules.conditions import And, Name, Node, Not
from console.rules.matching import Test
from console.rules.view import View


def joined(tree: Node, tests: Mapping[str, Test]) -> Test:
    """The condition over these tests, by name."""
    if isinstance(tree, Name):
        return tests[tree.name]
    if isinstance(tree, Not):
        inner = joined(tree.inner, tests)
        return lambda view: not inner(view)
    parts = [joined(part, tests) for part in tree.parts]
    return every(parts) if isinstance(tree, And) else some(parts)


def every(tests: list[Test]) -> Test:
    """Whether all hold; none: yes."""
    if not tests:
        return lambda view: True
    if len(tests) == 1:
        return tests[0]

    def holds(view: View) -> bool:
        for test in tests:  # noqa: SIM110 - a generator doubles the cost of the hottest loop
            if not test(view):
                return False
        return True

    return holds


def some(tests: list[Test]) -> Test:
    """Whether one holds."""
    if len(tests) == 1:
        return tests[0]

    def holds(view: View) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(view):
                return True
        return False

    return holds
