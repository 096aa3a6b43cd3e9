"""A field whose value is one of a few: all in sight, the chosen one in brackets, so that colour says nothing new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from widgets.parts.canvas import Canvas
from widgets.render.lines import Line, Span, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.geometry import Size

    from widgets.theme import Look

_FORWARD, _BACK = ("right", "space", "l"), ("left", "h")


class Choice(Canvas, can_focus=True):
    """Left, right and space go through the choices. Enter posts `Entered`."""

    DEFAULT_CSS = "Choice { height: auto; }"

    class Entered(Message):
        """The choice is made."""

    def __init__(self, look: Look, label: str, choices: Sequence[str], value: str, *, id: str) -> None:  # noqa: A002
        super().__init__(look, id=id)
        self.label, self.choices = label, tuple(choices)
        self.at = self.choices.index(value) if value in self.choices else 0

    @property
    def value(self) -> str:
        """The chosen one."""
        return self.choices[self.at]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the choices need: none of them may be out of sight."""
        return self.rows_for(width)

    def rows_for(self, cells: int) -> int:
        """Lines of all choices."""
        return len(self._rows(cells))

    def line(self, y: int, cells: int, height: int) -> Line:
        rows = self._rows(cells)
        return rows[y] if y < len(rows) else ()

    def _rows(self, cells: int) -> list[Line]:
        label = f" {self.label} "
        rows: list[list[Span]] = [[(label, "strong" if self.has_focus else "dim")]]
        used = width(label)
        for index, choice in enumerate(self.choices):
            chosen = index == self.at
            if used + width(choice) + 3 > cells and used > width(label):
                rows.append([(" " * width(label), "ink")])
                used = width(label)
            role = ("tab" if self.has_focus else "strong") if chosen else "dim"
            rows[-1] += [(f"[{choice}]" if chosen else f" {choice} ", role), (" ", "ink")]
            used += width(choice) + 3
        return [tuple(row) for row in rows]

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            self.post_message(self.Entered())
        elif event.key in _FORWARD or event.key in _BACK:
            self.at = (self.at + (1 if event.key in _FORWARD else -1)) % len(self.choices)
        else:
            return
        event.stop()
        event.prevent_default()
        self.redraw()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The one that has the keys stands out."""
        super().watch_has_focus(has_focus)
        self.redraw()
