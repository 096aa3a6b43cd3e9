"""How wide each column is. Pure: columns, room and the widest text seen in; widths out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

STUMP = 10
"""Cells that a column of words keeps where there is no room for its least."""
WHOLE = 16
"""Cells up to which a text is not cut while there is a column that can go."""


class Column(msgspec.Struct, frozen=True):
    """One column of a table."""

    id: str
    title: str
    least: int
    """Cells it has at least."""
    most: int = 0
    """Cells it may grow to when its texts need them; 0 = `least`."""
    right: bool = False
    grow: int = 0
    """Share of what is left over; 0 = none."""
    drop: int = 0
    """Order of leaving when there is no room: the highest leaves first; 0 never leaves."""
    place: bool = False
    """Its texts are `NAMESPACE/NAME`: cut at the beginning, so that they still tell one object from another."""
    whole: bool = False
    """Others leave before this one is cut."""


def widths(columns: Sequence[Column], room: int, widest: Mapping[str, int]) -> list[tuple[int, int]]:
    """(index, cells) of each column that is shown, left to right; one cell of gap between them is taken off."""
    shown = list(range(len(columns)))
    while len(shown) > 1 and _wanted(columns, shown, widest) > room:
        droppable = [i for i in shown if columns[i].drop]
        if not droppable:
            break
        shown.remove(max(droppable, key=lambda i: columns[i].drop))
    cells = {i: columns[i].least for i in shown}
    left = room - _least(columns, shown)
    for i in sorted(shown, key=lambda i: not columns[i].grow):  # words give way before what tells objects apart
        if left < 0 and not (columns[i].place or columns[i].whole or columns[i].right):
            less = min(-left, max(0, cells[i] - STUMP))
            cells[i] -= less
            left += less
    # Identities first, then what may fill the rest anyway, then what may leave.
    for i in sorted(shown, key=lambda i: (columns[i].drop, bool(columns[i].grow))):
        want = min(columns[i].most or columns[i].least, max(widest.get(columns[i].id, 0), columns[i].least))
        more = max(0, min(want - cells[i], left))
        cells[i] += more
        left -= more
    shares = sum(columns[i].grow for i in shown)
    if left > 0 and shares:
        growing = [i for i in shown if columns[i].grow]
        for i in growing:
            cells[i] += left * columns[i].grow // shares
        cells[growing[-1]] += left - sum(left * columns[i].grow // shares for i in growing)
    return [(i, cells[i]) for i in shown]


def _wanted(columns: Sequence[Column], shown: Sequence[int], widest: Mapping[str, int]) -> int:
    """Room in which every short text is whole: a column that would be cut to a stump had better make way."""
    limits = ((i, columns[i].most if columns[i].whole else WHOLE) for i in shown)
    short = (min(columns[i].most, widest.get(columns[i].id, 0), limit) for i, limit in limits)
    return sum(max(columns[i].least, want) for i, want in zip(shown, short, strict=True)) + len(shown) - 1


def _least(columns: Sequence[Column], shown: Sequence[int]) -> int:
    return sum(columns[i].least for i in shown) + len(shown) - 1
