"""Who sits in the incident, who may write, and as whom we act. Shown where there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.parts.canvas import Canvas
from widgets.parts.framed import Framed
from widgets.render.heading import people

if TYPE_CHECKING:
    from console.ports.views import HeaderView
    from widgets.render.lines import Line
    from widgets.theme import Look


class People(Framed, Canvas):
    """Seats and identities of the header."""

    NAME = "Who is here"

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="people")
        self.header: HeaderView | None = None
        self.seat = ""
        self.lost = ""

    def inform(self, header: HeaderView, seat: str) -> None:
        """The header changed."""
        self.header, self.seat = header, seat
        self.redraw()

    def body(self, y: int, width: int, rows: int) -> Line:
        lines = people(self.header, self.look, width, self.seat, self.lost)
        return lines[y] if y < len(lines) else ()
