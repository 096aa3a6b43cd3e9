"""What is left of a rule's condition once the caller and the cells of an event are known.

In: a condition over searches, and which fields are fixed for a caller and cells. Out: for each caller and cells no test
(the rule cannot match), or a test of the rest: of every single event is asked only what may differ between two. The
rest is put in order, what costs little first. Tests have no effect, so neither changes what a rule matches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from console.rules.conditions import And, Name, Node, Not, Or
from console.rules.joining import joined
from console.rules.matching import Test, compile_field, split_field
from console.rules.view import View

_COSTLY = frozenset(
    ["requestObject", "responseObject", "body", "pod", "metadata", "rights", "patch", "csr", "target", "by"]
)
"""First words of fields that are read from bodies."""
Left = Node | bool
"""What is left: names in it are those of field tests."""


class Narrowing:
    """The condition of one rule, down to its field tests. Raises BadInput where one cannot be compiled."""

    def __init__(self, tree: Node, searches: Mapping[str, Any], is_fixed: Callable[[str], bool]) -> None:
        self._tests: dict[str, Test] = {}
        self._fixed: set[str] = set()
        self._costly: set[str] = set()
        self._is_fixed = is_fixed
        self._tree = self._spread(tree, searches)

    def left(self, view: View) -> Left:
        """What is left for the caller and cells of this event: True or False when nothing is."""
        return self._left(self._tree, view)

    def test_of(self, left: Left) -> Test:
        """One test for what is left."""
        return joined(left, self._tests) if not isinstance(left, bool) else lambda view: left

    def _spread(self, tree: Node, searches: Mapping[str, Any]) -> Node:
        """The condition with fields where it has searches."""
        if isinstance(tree, Name):
            search = searches[tree.name]
            if isinstance(search, list):
                return Or(tuple(self._fields(f"{tree.name} {at}", part) for at, part in enumerate(search)))
            return self._fields(tree.name, search)
        if isinstance(tree, Not):
            return Not(self._spread(tree.inner, searches))
        parts = tuple(self._spread(part, searches) for part in tree.parts)
        return And(self._ordered(parts)) if isinstance(tree, And) else Or(self._ordered(parts))

    def _fields(self, place: str, search: Mapping[str, Any]) -> Node:
        parts: list[Node] = []
        for key, value in search.items():
            name = f"{place} {key}"
            self._tests[name] = compile_field(key, value)
            if self._is_fixed(key):
                self._fixed.add(name)
            if split_field(key)[0].partition(".")[0] in _COSTLY:
                self._costly.add(name)
            parts.append(Name(name))
        return And(self._ordered(tuple(parts)))

    def _ordered(self, parts: tuple[Node, ...]) -> tuple[Node, ...]:
        return tuple(sorted(parts, key=self._costs))

    def _costs(self, tree: Node) -> bool:
        if isinstance(tree, Name):
            return tree.name in self._costly
        return self._costs(tree.inner) if isinstance(tree, Not) else any(map(self._costs, tree.parts))

    def _left(self, tree: Node, view: View) -> Left:
        if isinstance(tree, Name):
            return bool(self._tests[tree.name](view)) if tree.name in self._fixed else tree
        if isinstance(tree, Not):
            inner = self._left(tree.inner, view)
            return not inner if isinstance(inner, bool) else Not(inner)
        decided = isinstance(tree, Or)  # one part that is so decides the whole
        parts: list[Node] = []
        for part in tree.parts:
            left = self._left(part, view)
            if left is decided:
                return decided
            if not isinstance(left, bool):
                parts.append(left)
        if not parts:
            return not decided
        return parts[0] if len(parts) == 1 else type(tree)(tuple(parts))
