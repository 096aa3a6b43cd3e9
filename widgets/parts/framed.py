"""A frame with a name around lines, for panes without a cursor. On a short terminal the frame goes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.render.lines import Line, pad, width

if TYPE_CHECKING:
    from widgets.theme import Look


class Framed:
    """Mix in before `Canvas`."""

    NAME = ""
    look: Look

    def body(self, y: int, width: int, rows: int) -> Line:
        """What stands in line `y` within the frame."""
        raise NotImplementedError

    def bare(self, height: int) -> bool:
        """Whether there is no room for a frame."""
        return height < 7

    def inner(self, cells: int) -> int:
        """Cells within the frame."""
        return cells - 4

    def line(self, y: int, cells: int, height: int) -> Line:
        """Frame and body."""
        if self.bare(height):
            return ((" ", "ink"), *self.body(y, cells - 2, height))
        look = self.look
        if y == 0:
            rest = cells - 5 - width(self.NAME)
            head = look["tl"] + look["h"] + " "
            return ((head, "frame"), (self.NAME, "strong"), (" " + look["h"] * rest + look["tr"], "frame"))
        if y == height - 1:
            return ((look["bl"] + look["h"] * (cells - 2) + look["br"], "frame"),)
        inner = pad(self.body(y - 1, cells - 4, height - 2), cells - 4, more=look["more"])
        return ((look["v"] + " ", "frame"), *inner, (" " + look["v"], "frame"))
