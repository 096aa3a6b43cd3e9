"""What stands where, by the size of the terminal. Pure: sizes in, rectangles out."""

from __future__ import annotations

from typing import NamedTuple

PANES = ("activity", "resources", "checklist", "journal")
LEAST = (60, 15)
"""Columns and lines below which the room is not drawn and nothing can be contained."""


class Box(NamedTuple):
    """A rectangle in cells."""

    x: int
    y: int
    width: int
    height: int


def size_name(width: int, height: int) -> str:
    """`small`, `narrow`, `medium` or `wide`."""
    if width < LEAST[0] or height < LEAST[1]:
        return "small"
    if width < 100 or height < 30:
        return "narrow"
    return "wide" if width >= 180 and height >= 40 else "medium"


def places(screen: str, width: int, height: int, pane: str, alone: bool) -> dict[str, Box]:
    """Rectangles of the panes in a room of that size.

    Args:
        screen: the name of the whole terminal's size.
        width: cells of the room (the terminal less header and footer).
        height: lines of the room.
        pane: the focused pane.
        alone: zoomed or presenting: this pane only.
    """
    if screen == "small" or height < 3:
        return {}
    if alone:
        return {pane: Box(0, 0, width, height)}
    if screen == "narrow":
        detail = 6 if height >= 16 else 0
        found = {pane: Box(0, 0, width, height - detail)}
        return found | ({"detail": Box(0, height - detail, width, detail)} if detail else {})
    return _wide(width, height) if screen == "wide" else _medium(width, height)


def _medium(width: int, height: int) -> dict[str, Box]:
    left = width * 3 // 5
    detail = 9 if height >= 30 else 7
    resources = max(8, (height - detail) * 9 // 20)
    activity = height - detail - resources
    journal = max(9, height // 3)
    return {
        "activity": Box(0, 0, left, activity),
        "detail": Box(0, activity, left, detail),
        "resources": Box(0, activity + detail, left, resources),
        "checklist": Box(left, 0, width - left, height - journal),
        "journal": Box(left, height - journal, width - left, journal),
    }


def _wide(width: int, height: int) -> dict[str, Box]:
    left = width // 2
    middle = (width - left) * 11 // 20
    right = width - left - middle
    activity = height * 11 // 20
    journal = max(12, height * 2 // 5)
    people = max(9, height // 4)
    return {
        "activity": Box(0, 0, left, activity),
        "resources": Box(0, activity, left, height - activity),
        "checklist": Box(left, 0, middle, height - journal),
        "journal": Box(left, height - journal, middle, journal),
        "people": Box(left + middle, 0, right, people),
        "detail": Box(left + middle, people, right, height - people),
    }
