"""Which events a rule can match at all, read off its condition: boxes over the cells of an event.

A box says for each cell which words it may have (None: any). A rule is a candidate for an event when the event's
cells lie in one of its boxes. Boxes may be too wide, never too narrow: what cannot be expressed is any.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from console.rules.conditions import And, Name, Node, Not
from console.rules.fields import CELLS
from console.rules.matching import listed, split_field
from console.rules.view import Cells

Box = tuple[frozenset[Any] | None, ...]
_ANYTHING: Box = (None,) * len(CELLS)
_MOST = 64


def boxes_of(tree: Node, searches: dict[str, Any]) -> list[Box]:
    """Boxes that together hold every event the condition can match."""
    if isinstance(tree, Name):
        return _of_search(searches[tree.name])
    if isinstance(tree, Not):
        return [_ANYTHING]
    if isinstance(tree, And):
        boxes = [_ANYTHING]
        for part in tree.parts:
            boxes = [both for one in boxes for two in boxes_of(part, searches) if (both := _meet(one, two)) is not None]
            if len(boxes) > _MOST:
                return [_ANYTHING]
        return boxes
    boxes = [box for part in tree.parts for box in boxes_of(part, searches)]
    return boxes if len(boxes) <= _MOST else [_ANYTHING]


def _of_search(search: Any) -> list[Box]:
    if isinstance(search, list):
        return [box for one in search for box in _of_search(one)]
    box = list(_ANYTHING)
    for key, value in search.items():
        name, modifiers = split_field(key)
        if name not in CELLS or any(modifier != "expand" for modifier in modifiers):
            continue
        values = listed(key, value)
        if all(_is_word(item) for item in values):
            at = CELLS.index(name)
            words = frozenset(_word(item) for item in values)
            box[at] = words if box[at] is None else words & (box[at] or frozenset())
    return [tuple(box)]


def _is_word(item: Any) -> bool:
    return item is None or isinstance(item, bool) or (isinstance(item, str) and not set(item) & set("*?\\"))


def _word(item: Any) -> Any:
    return "" if item is None else item.lower() if isinstance(item, str) else item


def words_of(boxes: Iterable[Box], cell: int) -> frozenset[Any]:
    """Every word the boxes name for one cell."""
    return frozenset(word for box in boxes for word in box[cell] or ())


def _meet(one: Box, two: Box) -> Box | None:
    """What lies in both, or None if nothing does."""
    out: list[frozenset[Any] | None] = []
    for left, right in zip(one, two, strict=True):
        both = right if left is None else left if right is None else left & right
        if both is not None and not both:
            return None
        out.append(both)
    return tuple(out)


def holds(box: Box, cells: Cells) -> bool:
    """Whether an event with these cells may match."""
    return all(allowed is None or cell in allowed for allowed, cell in zip(box, cells, strict=True))
