"""A widget that draws lines of spans and repaints only the cells that changed.

Subclasses say what stands in line `y`; `redraw()` compares with what is on the screen and refreshes the difference.
While the terminal is behind nothing is repainted: the difference is taken later, against what was really drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from widgets.parts.link import RETRY, behind
from widgets.render.lines import Line, Span, line_width, pad

if TYPE_CHECKING:
    from widgets.theme import Look


class Canvas(Widget):
    """Draws `line(y)` for each of its rows."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Canvas { height: 1; background: $background; }"

    def __init__(self, look: Look, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.look = look
        self._shown: dict[int, Line] = {}
        self._drawn_for = (0, 0)
        self._waiting = False

    def line(self, y: int, width: int, height: int) -> Line:
        """What stands in row `y`."""
        raise NotImplementedError

    def rows_for(self, cells: int) -> int:
        """Lines it needs in that width, where it has no fixed height; 1 for most."""
        return 1

    def prepare(self, width: int, height: int) -> None:
        """Called once before the lines of a frame are asked for."""

    def redraw(self) -> None:
        """Repaint what changed; later, if the terminal is behind."""
        if not self.is_mounted or not self.size.height:
            return
        if behind(self.app):
            if not self._waiting:
                self._waiting = True
                self.set_timer(RETRY, self._again)
            return
        width, height = self.size
        if (width, height) != self._drawn_for:
            return  # not drawn in this size yet: Textual will ask for every line
        self.prepare(width, height)
        for y in range(height):
            old = self._shown.get(y)
            new = self._line(y, width, height)
            if old is None:
                self.refresh(Region(0, y, width, 1))
            elif new != old:
                self._shown[y] = new
                start, end = changed(old, new)
                self.refresh(Region(start, y, end - start, 1))

    def restyle(self) -> None:
        """Draw everything again: theme, size or glyphs changed."""
        self._shown.clear()
        self.refresh()

    def _again(self) -> None:
        self._waiting = False
        self.redraw()

    def _line(self, y: int, width: int, height: int) -> Line:
        return pad(self.line(y, width, height), width, more=self.look["more"])

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        # A leaf: another layout because of its first size would only paint the whole screen once more.
        return super()._size_updated(size, virtual_size, container_size, layout=False)

    def render_line(self, y: int) -> Strip:
        """Textual asks for row `y`."""
        width, height = self.size
        if (width, height) != self._drawn_for:
            self._drawn_for = (width, height)
            self._shown.clear()
        line = self._shown.get(y)
        if line is None:
            if not self._shown:
                self.prepare(width, height)
            line = self._shown[y] = self._line(y, width, height)
        style = self.look.style
        return Strip(
            [Segment(text, style(ink[:-1], True) if ink[-1:] == "*" else style(ink)) for text, ink in _joined(line)],
            width,
        )


def _joined(line: Line) -> list[Span]:
    """Spans of one ink that stand side by side as one: each costs the terminal forty bytes of colour."""
    out: list[Span] = []
    for text, ink in line:
        if out and out[-1][1] == ink:
            out[-1] = (out[-1][0] + text, ink)
        elif text:
            out.append((text, ink))
    return out


def changed(old: Line, new: Line) -> tuple[int, int]:
    """First and one past the last cell that differ between two lines of the same width."""
    total = line_width(new)
    start = _same(old, new)
    end = total - _same(old[::-1], new[::-1], backwards=True)
    return (start, max(end, start + 1)) if start < total else (0, total)


def _same(old: Line, new: Line, backwards: bool = False) -> int:
    """Cells of equal spans (and of equal plain text within the first that differ) at the beginning."""
    cells = 0
    for (a, ink), (b, other) in zip(old, new, strict=False):
        if ink == other and a == b:
            cells += line_width(((a, ink),))
            continue
        if ink == other and a.isascii() and b.isascii() and len(a) == len(b):
            pairs = zip(reversed(a), reversed(b), strict=True) if backwards else zip(a, b, strict=True)
            for x, y in pairs:
                if x != y:
                    break
                cells += 1
        break
    return cells
