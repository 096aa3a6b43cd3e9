"""A field of a dialog: words, then a line that is typed. Textual's own input draws and blinks more than we want."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from widgets.parts.canvas import Canvas
from widgets.parts.editing import Editing
from widgets.render.lines import Line, fit, width

if TYPE_CHECKING:
    from textual import events

    from widgets.theme import Look


LEAST = 12
"""Cells kept for what is typed, however long the label."""


class Field(Canvas, can_focus=True):
    """One line. Enter posts `Entered`."""

    typing = True

    class Entered(Message):
        """The line is finished."""

    def __init__(self, look: Look, label: str, value: str = "", *, id: str) -> None:  # noqa: A002
        super().__init__(look, id=id)
        self.label = label
        self.editing = Editing(value)

    @property
    def value(self) -> str:
        """What was typed, without blanks around it."""
        return self.editing.text.strip()

    def line(self, y: int, cells: int, height: int) -> Line:
        label = f" {self.label} "
        if width(label) > cells - LEAST:  # what is typed must be seen; the whole label stands in the text above
            label = fit(label, max(1, cells - LEAST), self.look["more"])
        return (
            (label, "strong" if self.has_focus else "dim"),
            *self.editing.line(cells - width(label), self.has_focus),
        )

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            self.post_message(self.Entered())
        elif not self.editing.press(event.key, event.character):
            return
        event.stop()
        event.prevent_default()
        self.redraw()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.editing.insert(event.text)
        self.redraw()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The one that has the keys stands out."""
        super().watch_has_focus(has_focus)
        self.redraw()
