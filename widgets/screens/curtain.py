"""The first frame: one line that says the seat is there, drawn before the room is even imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from widgets.parts.canvas import Canvas
from widgets.render.lines import Line

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from widgets.theme import Look

NAME = " warroom "
MODE = " READ-ONLY "


class _Bar(Canvas):
    def line(self, y: int, width: int, height: int) -> Line:
        said = "  waiting for the engine"
        rest = " " * max(0, width - len(NAME) - len(said) - len(MODE))
        return ((NAME, "alert"), (said + rest, "bar"), (MODE, "bar-strong"))


class Curtain(Screen[None]):
    """Stands until the room does."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look

    def compose(self) -> ComposeResult:
        yield _Bar(self.look)
