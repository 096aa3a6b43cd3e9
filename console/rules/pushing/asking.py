"""What can be asked of one field of an index, and what the answer is worth: the bounds of a test of its values.

In: a column, the values and modifiers of a rule. Out: bounds. Texts are compared as the rule does, without regard to
case, by regular expressions over whole values. A value too long for the index is not there to be found: where a test
may hold for a long one, a field with a single value that seems absent counts as it, one with several as unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.rules.pushing.columns import Column, Columns
from console.rules.pushing.patterns import LONGEST, around, of_pattern, packed, wildcards, words
from console.rules.pushing.trees import NEVER, TEXT, UNKNOWN, Atom, Bounds, Tree, exactly, no, not_, some, some_

_SHORT = 64
"""Characters of a value that every index keeps whole."""
_LEAST = 3
"""Letters and digits of a word that every analyzer keeps."""
_SIGNS = frozenset("*?\\")


class Asker:
    """Asks the columns of one index; notes what it could not ask.

    Args:
        columns: of the index.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.missing: dict[str, None] = {}
        """Fields of the audit event of which nothing could be asked."""

    def column(self, field: str) -> Column | None:
        """The column of a field, noted as missing where there is none."""
        found = self.columns.of(field)
        if found is None:
            self.missing[field] = None
        return found

    def values(self, field: str, values: Sequence[Any], modifiers: Sequence[str]) -> Bounds:
        """Whether one of the field's values passes one of these tests; None among them is absence."""
        parts = [self._texts(field, [one for one in values if one is not None], modifiers)]
        if None in values:
            parts.append(not_(self.some_value(field)))
        return some_(parts)

    def some_value(self, field: str) -> Bounds:
        """Whether the field has a value that is not empty."""
        column = self.column(field)
        if column is None:
            return UNKNOWN
        if column.nowhere:
            return NEVER
        if not column.whole:
            return UNKNOWN
        present = Atom(field, "re", ".+")
        return Bounds(Atom(field + TEXT, "exists", True) if column.words else True, present)

    def expressions(self, field: str, found: Sequence[str], *, short: bool = False) -> Bounds:
        """Whether a value of the field matches one of these regular expressions as a whole, and only then.

        Args:
            short: no longer value can match.
        """
        column = self.column(field)
        if column is None:
            return UNKNOWN
        if column.nowhere:
            return NEVER
        if not column.whole or any(len(one) > LONGEST for one in found):
            return UNKNOWN
        tree = some(Atom(field, "re", one) for one in found)
        return Bounds(tree if short else self._or_too_long(column, field, tree), tree)

    def _or_too_long(self, column: Column, field: str, tree: Tree) -> Tree:
        return some([tree, no(Atom(field, "exists", True))]) if column.single else True

    def _texts(self, field: str, values: Sequence[Any], modifiers: Sequence[str]) -> Bounds:
        if not values:
            return NEVER
        if not all(isinstance(one, str) and one.isascii() for one in values) or {
            "cidr",
            "lt",
            "lte",
            "gt",
            "gte",
        } & set(modifiers):
            self.column(field)
            return UNKNOWN
        if "re" in modifiers:
            patterns = [of_pattern(one) for one in values]
            if any(one is None for one in patterns):
                return UNKNOWN
            bounds = self.expressions(field, [one for found in patterns if found for one in found])
            return Bounds(bounds.upper, False)  # what a boundary was taken for nothing matches too much
        if not set(modifiers) - {"expand"} and not any(_SIGNS & set(one) for one in values):
            return self.among(field, values)
        return self.expressions(field, packed([wildcards(one, modifiers) for one in values], *around(modifiers)))

    def among(self, field: str, values: Sequence[str]) -> Bounds:
        """Whether a value of the field is one of these."""
        column = self.column(field)
        if column is not None and column.words and not column.whole:
            return self._by_words(field, values)
        return self.expressions(field, words(values), short=all(len(one) <= _SHORT for one in values))

    def _by_words(self, field: str, values: Sequence[str]) -> Bounds:
        """Of a field that is kept word by word: the words of a value are needed, not enough."""
        if any(sum(map(str.isalnum, one)) < _LEAST for one in values):
            return UNKNOWN
        return Bounds(some(Atom(field + TEXT, "", one) for one in values), False)

    def number(self, field: str, comparison: str, value: int) -> Bounds:
        """Whether the number in the field compares so; one that is not there may be anything."""
        column = self.column(field)
        if column is None or not column.number:
            return UNKNOWN
        asked = Atom(field, comparison, value)
        return Bounds(some([asked, no(Atom(field, "exists", True))]), asked)


def certain(tree: Tree) -> Bounds:
    """A question whose answer is as good as ours."""
    return exactly(tree)
