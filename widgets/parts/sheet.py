"""What a table shows: columns, rows, and where the cursor, the marks and the window on them are. No widget in here.

In: updates of a topic. Out: which row is meant. A row that a person chose is never exchanged for another unless it
is gone for good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from console.ports.session import Snapshot, Update
from widgets.parts.rows import Rows
from widgets.render.fitting import Column
from widgets.render.lines import Line, Span

if TYPE_CHECKING:
    from widgets.theme import Look

Cells = tuple[Span, ...]
SEEN = 0.4
"""Seconds a person needs to see that another row is under the cursor."""


def _nothing(look: Look) -> Sequence[tuple[str, str]]:
    """Nothing to say about an empty table."""
    return ()


class Sheet(msgspec.Struct, eq=False):
    """What a table shows."""

    name: str
    columns: Sequence[Column]
    rows: Rows
    cells: Callable[[Any, Look], Cells]
    """One span a column."""
    empty: Callable[[Look], Sequence[tuple[str, str]]] = _nothing
    """Paragraphs (text, role) for a table without rows."""
    follows: bool = True
    """Until a person chose a row the cursor is on the first one, so that the newest or worst is in sight."""
    cursor: str = ""
    """Key of the selected row."""
    held: bool = False
    """Whether a person chose that row."""
    marks: set[str] = msgspec.field(default_factory=set)
    top: int = 0
    widest: dict[str, int] = msgspec.field(default_factory=dict)
    old: bool = False
    """Its rows are from before the engine was lost; it has not sent them again."""
    _place: int = 0

    def take(self, update: Update) -> None:
        """Apply an update. The cursor stays on the row that was chosen, or goes to the next one when that is gone."""
        rows = self.rows
        if rows.loaded and (place := rows.index(self.cursor)) >= 0:
            self._place = place  # a snapshot that comes in parts does not hold the row from the first of them on
        rows.take(update)
        if isinstance(update, Snapshot):
            self.old = False
        if rows.loaded and self.marks:
            self.marks &= rows.by_key.keys()
        self.settle()

    def settle(self, anyway: bool = False) -> None:
        """Put the cursor on a row: `anyway` also while what was chosen may yet come."""
        rows = self.rows
        if not len(rows):
            return
        if not self.cursor or (self.follows and not self.held):
            self.cursor = rows.key_at(0)
        elif (rows.loaded or anyway) and rows.index(self.cursor) < 0:
            self.cursor = rows.key_at(max(0, min(self._place, len(rows) - 1)))

    def marks_words(self) -> Line:
        """How many rows are marked, and how many of them a filter hides."""
        shown = sum(self.rows.index(key) >= 0 for key in self.marks)
        hidden = len(self.marks) - shown
        if not self.marks:
            return ()
        return ((f"  {shown} marked" + (f", {hidden} more hidden" if hidden else ""), "warn"),)
