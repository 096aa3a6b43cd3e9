"""Pane 3: cards and items. The card of the item under the cursor heads the pane, with its progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.model.boxes import DONE
from console.ports.session import Snapshot
from console.ports.views import ItemRow
from widgets.parts.rows import Rows
from widgets.parts.sheet import Cells, Sheet
from widgets.parts.table import Table
from widgets.render import checklist
from widgets.render.lines import Line, Span, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.ports.session import Update
    from widgets.theme import Look


class Checklist(Table):
    """Items of the incident checklist."""

    HEADS = True

    def __init__(self, look: Look) -> None:
        sheet = Sheet(
            "3 Checklist", checklist.COLUMNS, Rows(checklist.SORTS, checklist.words), self._numbered, self._empty,
            follows=False,
        )  # fmt: skip
        super().__init__(look, sheet, id="checklist")
        self.started = False
        self._first: dict[str, int] = {}
        """Card -> position of its first item."""

    def _numbered(self, row: ItemRow, look: Look) -> Cells:
        """Cells of an item; the first of each card carries the card's number."""
        cards = sorted(self._first, key=self._first.__getitem__)
        number = str(cards.index(row.card) + 1) if self._first.get(row.card) == row.position else " "
        return ((number, "dim"), *checklist.cells(row, look))

    def items(self) -> list[ItemRow]:
        """All items in order."""
        rows: list[ItemRow] = list(self.rows.values())  # type: ignore[arg-type]
        return sorted(rows, key=lambda row: row.position)

    def take(self, update: Update, sheet: Sheet | None = None) -> None:
        for row in update.rows if isinstance(update, Snapshot) else update.upserts:
            if isinstance(row, ItemRow):
                first = self._first.get(row.card)
                if first is None or row.position < first:
                    self._first[row.card] = row.position
        super().take(update, sheet)
        if not self.started and self.rows.loaded and self.rows.total:
            self.started = True  # open where there is something to do, not at what is long done
            todo = next((row for row in self.items() if row.state not in DONE), None)
            if todo is not None and self.sheet.cursor == self.rows.key_at(0):
                self.point(self.rows.index(todo.key))

    def title(self, width: int) -> Line:
        done, total = checklist.progress(self.items())
        parts: list[Span] = [(self.sheet.name, "strong")]
        if total:
            parts.append((f"  {done}/{total}", "proved" if done else "ink"))
        if bad := sum(row.state == "regressed" for row in self.items()):
            parts.append((f"  {bad} regressed", "bad"))
        if self.rows.pattern:
            parts.append((f"  /{self.rows.pattern} {len(self.rows)}", "warn"))
        return tuple(parts)

    def _heads(self, room: int) -> Line:
        row = self.row
        if row is None:
            return ()
        items = self.items()
        cards = list(dict.fromkeys(item.card for item in items))
        mine = [item for item in items if item.card == row.card]  # type: ignore[union-attr]
        done, total = checklist.progress(mine)
        name = f" {cards.index(mine[0].card) + 1} of {len(cards)}  {checklist.card_name(mine[0].card)} "
        meter = checklist.meter(done, total, max(4, min(20, room - len(name) - 8)), self.look)
        return ((fit(name, min(len(name), room - 12), self.look["more"]), "strong"), *meter)

    def _empty(self, look: Look) -> Sequence[tuple[str, str]]:
        if not self.rows.loaded:
            return (("Waiting for the engine.", "dim"),)
        return (("The engine is reading its cards; they come after the first list of pods.", "dim"),)
