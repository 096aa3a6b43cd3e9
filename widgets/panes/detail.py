"""The detail pane: what the row under the cursor is, and which keys act on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from widgets.parts.canvas import Canvas
from widgets.parts.framed import Framed
from widgets.render.lines import Line

if TYPE_CHECKING:
    from widgets.theme import Look

Maker = Callable[[int], tuple[list[Line], Line]]
"""Given a width: the lines, and the line of keys that stands last."""


class Detail(Framed, Canvas):
    """Lines handed in by the screen; the last is the line of keys and always shows."""

    NAME = "Detail"

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="detail")
        self._make: Maker | None = None
        self._lines: list[Line] = []
        self._keys: Line = ()

    def show(self, make: Maker | None) -> None:
        """Another row, or the same one with other facts."""
        self._make = make
        self.redraw()

    def prepare(self, width: int, height: int) -> None:
        self._lines, self._keys = self._make(self.inner(width)) if self._make else ([], ())

    def body(self, y: int, width: int, rows: int) -> Line:
        if self._keys and y == min(len(self._lines), rows - 1):
            return self._keys
        return self._lines[y] if y < len(self._lines) else ()
