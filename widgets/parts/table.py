"""The virtual table: any number of rows, drawn by line, in a frame of its own.

It keeps cursor, marks, order and filter of one pane; a change of rows repaints only visible cells that differ.
It knows no topic: a `Sheet` says what the columns are and how a row reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.ports.session import Snapshot
from widgets.messages import Clicked, Moved, Opened, Pointed
from widgets.parts.canvas import Canvas
from widgets.parts.keys import table_bindings
from widgets.parts.sheet import SEEN, Cells, Sheet
from widgets.parts.stepping import Stepping
from widgets.render.fitting import Column, widths
from widgets.render.lines import Line, Span, fit, fit_end, fit_place, pad, selected, wrap
from widgets.render.lines import width as cells_of

if TYPE_CHECKING:
    from textual import events

    from console.ports.session import Update
    from console.ports.views import Row
    from widgets.parts.rows import Rows
    from widgets.theme import Look


class Table(Stepping, Canvas, can_focus=True):
    """A framed list of rows. Line 0 is the frame with the title, line 1 the column heads."""

    BINDINGS = table_bindings()  # type: ignore[assignment]  # a list is what Textual reads
    HEADS = True

    def __init__(self, look: Look, sheet: Sheet, *, id: str) -> None:  # noqa: A002
        super().__init__(look, id=id)
        self.styles.height = "1fr"
        self.sheet = sheet
        self.lost = ""
        """Why nothing new can come, "" while the engine is there."""
        self._slipped = -SEEN
        self._columns: list[tuple[int, int]] = []
        self._notes: list[Line] = []

    # -- rows

    @property
    def rows(self) -> Rows:
        """Rows of the sheet that is shown."""
        return self.sheet.rows

    def take(self, update: Update, sheet: Sheet | None = None) -> None:
        """Apply an update to a sheet."""
        sheet = sheet or self.sheet
        before = sheet.cursor
        sheet.take(update)
        if sheet is self.sheet:
            if before and sheet.cursor != before:
                self._slipped = self.look.clock.monotonic()
            if not isinstance(update, Snapshot) or update.first or update.last:
                self.changed()  # the parts between come within a few milliseconds: each would be a frame of its own

    def lose(self, lost: str) -> None:
        """The engine went away, or came back (""): what is here is old until a whole snapshot came."""
        self.lost = lost
        for sheet in self.sheets():
            sheet.rows.loaded = False
            sheet.old = sheet.old or bool(lost and sheet.rows.total)
        self.redraw()

    def sheets(self) -> Sequence[Sheet]:
        """Every sheet that may be shown."""
        return (self.sheet,)

    def changed(self) -> None:
        """Rows or cursor changed: paint the difference, tell the screen."""
        self.redraw()
        self.post_message(Pointed(self.id or ""))

    def show(self, sheet: Sheet) -> None:
        """Another sheet in the same frame."""
        self.sheet = sheet
        sheet.settle()
        self.changed()
        self.post_message(Moved())

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        if not len(self.rows) or self.rows.index(self.sheet.cursor) < 0:
            return None
        return self.rows.by_key.get(self.sheet.cursor)

    @property
    def marked(self) -> list[Row]:
        """Marked rows in order, or the one under the cursor. What a filter hides is never acted upon."""
        marks = sorted((k for k in self.sheet.marks if self.rows.index(k) >= 0), key=self.rows.index)
        if marks:
            return [self.rows.by_key[key] for key in marks]
        return [self.row] if self.row is not None else []

    def hold(self) -> Row | None:
        """The row under the cursor, which a person means from now on: it stays there whatever comes above it."""
        if self.row is not None and not self.sheet.held:
            self.sheet.held = True
            self.post_message(Moved())
        return self.row

    @property
    def slipped(self) -> bool:
        """Whether another row came under the cursor just now, which nobody can have seen."""
        return self.look.clock.monotonic() - self._slipped < SEEN

    # -- moving

    @property
    def page(self) -> int:
        """Rows that fit."""
        frame = 0 if self.look.bare else 2
        above = (1 if self.HEADS else 0) + (1 if self.look.bare else 0)
        return max(1, self.size.height - frame - above - len(self._notes))

    def point(self, index: int) -> None:
        """Put the cursor on the row at that place."""
        if not len(self.rows):
            return
        self.sheet.cursor = self.rows.key_at(max(0, min(index, len(self.rows) - 1)))
        self.sheet.held = True
        self.changed()
        self.post_message(Moved())

    def move(self, by: int) -> None:
        """Move the cursor."""
        self.point(max(0, self.rows.index(self.sheet.cursor)) + by)

    def action_mark(self) -> None:
        """Mark or unmark the row and go on to the next."""
        key = self.sheet.cursor
        if key in self.rows.by_key:
            self.sheet.marks ^= {key}
            self.move(1)

    def action_open(self) -> None:
        self.post_message(Opened(self.id or ""))

    def action_sort(self) -> None:
        self.rows.next_sort()
        self.changed()
        self.post_message(Moved())

    def filter(self, pattern: str) -> None:
        """Narrow the rows."""
        self.rows.filter(pattern)
        self.sheet.settle(anyway=True)
        self.changed()
        self.post_message(Moved())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-3)

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the mouse."""
        index = self.sheet.top + event.y - (2 if self.HEADS else 1)
        if self.sheet.top <= index < min(len(self.rows), self.sheet.top + self.page):
            self.point(index)
        self.post_message(Clicked(self.id or ""))

    def watch_has_focus(self, has_focus: bool) -> None:
        """Frame and cursor show who has the keys."""
        super().watch_has_focus(has_focus)
        self.redraw()
        if has_focus:
            self.post_message(Pointed(self.id or ""))

    # -- drawing

    def title(self, width: int) -> Line:
        """What stands in the frame."""
        return ((self.sheet.name, "strong"),)

    def notes(self, width: int) -> list[Line]:
        """Lines below the rows, about what the rows cannot show; usually none."""
        return []

    def prepare(self, width: int, height: int) -> None:
        """Scroll so that the cursor shows, measure the visible rows, fit the columns."""
        inner = width - 2 if self.look.bare else width - 4
        notes = self.notes(inner) if len(self.rows) else []
        self._notes = notes if height >= len(notes) + 6 else []
        sheet, rows, page = self.sheet, self.rows, self.page
        at = max(0, rows.index(sheet.cursor)) if sheet.cursor else 0
        if at < sheet.top:
            sheet.top = at
        elif at >= sheet.top + page:
            sheet.top = at - page + 1
        sheet.top = max(0, min(sheet.top, len(rows) - page))
        for index in range(sheet.top, min(len(rows), sheet.top + page)):
            self._measure(self._cells(rows.at(index)))
        self._columns = widths(sheet.columns, inner - 1, sheet.widest)

    def _measure(self, cells: Cells) -> None:
        widest = self.sheet.widest
        for column, (text, _) in zip(self.sheet.columns, cells, strict=True):
            if column.most and (size := cells_of(text)) > widest.get(column.id, 0):
                widest[column.id] = size

    def _cells(self, row: Row) -> Cells:
        return self.sheet.cells(row, self.look)

    def line(self, y: int, width: int, height: int) -> Line:
        if self.look.bare:
            return self._body(y - 1, width, width, height - 1) if y else pad((*self._title(width), (" ", "ink")), width)
        v, here = self.look["v"], "here" if self.has_focus else "frame"
        if y == 0:
            title = self._title(width - 6)
            rest = width - 4 - sum(cells_of(text) for text, _ in title)
            start = (self.look["tl"] + self.look["h"] + " ", here)
            return (start, *title, (" " + self.look["h"] * max(0, rest - 1) + self.look["tr"], here))
        if y == height - 1:
            return ((self.look["bl"] + self.look["h"] * (width - 2) + self.look["br"], here),)
        body = pad(self._body(y - 1, width - 3, width - 4, height - 2), width - 3, more=self.look["more"])
        return ((v + " ", here), *body, (v, here))

    def _title(self, room: int) -> Line:
        title = self.title(room)
        if self.lost:
            title = (*title[:1], ("  OLD: the engine is lost", "bad"), *title[1:])
        elif self.sheet.old:
            title = (*title[:1], ("  OLD: not read again yet", "bad"), *title[1:])
        return pad(title, min(room, sum(cells_of(text) for text, _ in title)), more=self.look["more"])

    def _body(self, y: int, full: int, room: int, height: int) -> Line:
        """Rows, and the notes at the bottom."""
        note = y - height + len(self._notes)
        return self._notes[note] if note >= 0 else self._inner(y, full, room)

    def _inner(self, y: int, full: int, room: int) -> Line:
        if not len(self.rows):
            return self._blank(y, room)
        if self.HEADS and y == 0:
            return self._heads(room)
        index = self.sheet.top + y - (1 if self.HEADS else 0)
        if index >= min(len(self.rows), self.sheet.top + self.page):
            return ()
        row = self.rows.at(index)
        parts: list[Span] = [(self.look["mark"] if row.key in self.sheet.marks else " ", "warn")]
        cells = self._cells(row)
        columns = list(self._columns)
        if (
            len(columns) > 1 and not cells[columns[-1][0]][0]
        ):  # nothing in the last column: the one before takes its room
            columns[-2:] = [(columns[-2][0], columns[-2][1] + columns[-1][1] + 1)]
        for i, cells_wide in columns:
            text, ink = cells[i]
            if len(parts) > 1:
                parts.append((" ", ink if ink in ("dim", "ink") else "ink"))
            parts += self._padded(self._fitted(text, cells_wide, self.sheet.columns[i]), ink)
        line = pad(tuple(parts), full)
        if row.key != self.sheet.cursor or not self.has_focus:
            return line
        if parts[0][0] == " ":
            line = ((self.look["cursor"], "strong"), *line[1:])
        return selected(line)

    def _fitted(self, text: str, cells: int, column: Column) -> str:
        more = self.look["more"]
        if column.whole:
            return fit_end(text, cells, more)
        return fit_place(text, cells, more) if column.place else fit(text, cells, more, column.right)

    def _padded(self, text: str, ink: str) -> Line:
        """The cell; without colour its blanks are not underlined."""
        if not self.look.palette.mono:
            return ((text, ink),)
        kept = text.rstrip(" ")
        return ((kept, ink), (" " * (len(text) - len(kept)), "ink"))

    def _heads(self, room: int) -> Line:
        parts: list[Span] = [(" ", "dim")]
        for i, cells_wide in self._columns:
            column = self.sheet.columns[i]
            title = column.title + ("*" if column.id == self.rows.sort and not self.rows.usual else "")
            parts.append((fit(title, cells_wide, "", column.right) + " ", "dim"))
        if len(self.rows) <= self.page:
            return tuple(parts)
        place = f" {max(0, self.rows.index(self.sheet.cursor)) + 1}/{len(self.rows)}"
        return (*pad(tuple(parts), room - len(place) + 1, more=" "), (place, "dim"))

    def _blank(self, y: int, room: int) -> Line:
        if self.rows.pattern and self.rows.total:
            texts: Sequence[tuple[str, str]] = (
                (f"None of {self.rows.total} rows match /{self.rows.pattern}", "ink"),
                ("esc clears the filter", "dim"),
            )
        elif self.lost:
            texts = (
                (self.lost, "bad"),
                ("What happens meanwhile is not known here.", "ink"),
                ("That nothing shows is no sign of calm.", "ink"),
            )
        else:
            texts = self.sheet.empty(self.look)
        lines = [(row, ink) for text, ink in texts for row in (wrap(text, room - 2) if text else [""])]
        return ((" " + lines[y][0], lines[y][1]),) if 0 <= y < len(lines) else ()
