"""Pane 4: what was done and seen, newest first, as the journal holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.parts.rows import Rows
from widgets.parts.sheet import Sheet
from widgets.parts.table import Table
from widgets.render import journal
from widgets.render.lines import Line, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.ports.views import HeaderView
    from widgets.theme import Look


class Journal(Table):
    """The tail of the journal: the newest shows until somebody looks further back; `g` goes on with the newest."""

    HEADS = False

    def __init__(self, look: Look) -> None:
        sheet = Sheet("4 Journal", journal.COLUMNS, Rows(journal.SORTS, journal.words), journal.cells, self._empty)
        super().__init__(look, sheet, id="journal")
        self.chain = ""

    def inform(self, header: HeaderView) -> None:
        """State of the chain."""
        self.chain = header.journal
        self.redraw()

    def title(self, width: int) -> Line:
        parts: list[Span] = [(self.sheet.name, "strong")]
        if self.chain:
            parts.append((f"  {self.chain}", "dim" if self.chain == "chain ok" else "bad"))
        if self.rows.pattern:
            parts.append((f"  /{self.rows.pattern} {len(self.rows)}", "warn"))
        return tuple(parts)

    def _empty(self, look: Look) -> Sequence[tuple[str, str]]:
        if not self.rows.loaded:
            return (("Waiting for the engine.", "dim"),)
        return ((f"Nothing recorded yet. {look.key('room.note')} writes a note.", "dim"),)
