"""The undo register: what was done and can be put back. Choosing a line only makes the undo's plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.containers import Vertical

from console.ports.session import Snapshot
from console.ports.views import UndoRow
from widgets.messages import Opened
from widgets.modals.boxes import Dialog, Frame, Keys
from widgets.parts.rows import Rows
from widgets.parts.sheet import Cells, Sheet
from widgets.parts.table import Table
from widgets.render.ages import age
from widgets.render.fitting import Column
from widgets.render.words import status

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from widgets.theme import Look

COLUMNS = (
    Column("id", "PLAN", 4),
    Column("action", "DONE", 14, 20),
    Column("target", "ON", 18, 48, place=True),
    Column("age", "AGO", 4, right=True),
    Column("stage", "STAGE", 9, 12, drop=2),
    Column("text", "UNDO", 16, 70, grow=1),
)


UNKNOWN = "The engine has not sent the register: what is owed an undo is not known here. esc, then try again."


def _cells(row: UndoRow, look: Look) -> Cells:
    ink = "ink" if row.undo else "dim"
    return (
        (row.id, "strong"),
        (row.action, ink),
        (row.target, ink),
        (age(row.at, look.now()), "dim"),
        status(row.stage),
        (row.text if not row.undo else f"{row.undo}: {row.text}", ink),
    )


class Undoing(Dialog["str | None"]):
    """Answers the digest of the plan to undo, or None."""

    careful = True
    BINDINGS = [Binding("escape,q,u", "close", show=False)]

    def __init__(self, look: Look, rows: Sequence[UndoRow], known: bool) -> None:
        super().__init__(look)
        self.rows, self.known = rows, known

    def compose(self) -> ComposeResult:
        sheet = Sheet(
            "Undo register",
            COLUMNS,
            Rows({"newest": lambda row: (-row.at,)}, lambda row: f"{row.id} {row.action} {row.target}"),
            _cells,
            self._empty,
            follows=False,
        )
        with Vertical(id="box"):
            yield Frame(self.look, "UNDO", "alert", "recovery must empty this register; a choice shows its plan first")
            yield Table(self.look, sheet, id="undos")
            yield Keys(self.look, (("enter", "plan the undo"), ("j k", "line"), ("esc", "back")))

    def on_mount(self) -> None:
        self.query_one("#box").styles.max_width = None
        self.query_one("#box").styles.height = "100%"
        self._fill()
        self.query_one(Table).focus()

    def renew(self, rows: Sequence[UndoRow], known: bool) -> None:
        """The register changed, or it is not known any more how it stands."""
        self.rows, self.known = rows, known
        if self.here:
            self._fill()

    def _fill(self) -> None:
        table = self.query_one(Table)
        table.take(Snapshot("undo", 1, tuple(self.rows), True, True))
        table.lost = "" if self.known else UNKNOWN
        table.redraw()

    def _empty(self, look: Look) -> Sequence[tuple[str, str]]:
        return (("Nothing to undo: no write of this incident is owed one.", "ink"), ("esc goes back.", "dim"))

    def on_opened(self, message: Opened) -> None:
        """A line was chosen."""
        message.stop()
        row = self.query_one(Table).row
        if isinstance(row, UndoRow) and row.undo:
            self.dismiss(row.key)
        elif isinstance(row, UndoRow):
            self.query_one(Keys).say(f"{row.action} has no undo: {row.text}")

    def action_close(self) -> None:
        self.dismiss(None)
