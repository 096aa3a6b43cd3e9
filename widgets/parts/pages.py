"""Lines of text with a place to read at: scrolls by line and page, says how much is above and below."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.binding import Binding

from widgets.parts.canvas import Canvas
from widgets.render.lines import Line

if TYPE_CHECKING:
    from textual.geometry import Size

    from widgets.theme import Look


class Pages(Canvas, can_focus=True):
    """Reads. The lines are made for a width, again when it changes."""

    DEFAULT_CSS = "Pages { height: auto; min-height: 1; }"
    BINDINGS = [
        Binding("j,down", "scroll_by(1)", show=False),
        Binding("k,up", "scroll_by(-1)", show=False),
        Binding("pagedown,ctrl+f,space", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("g,home", "scroll_by(-1000000)", show=False),
        Binding("G,end", "scroll_by(1000000)", show=False),
    ]

    def __init__(self, look: Look, make: Callable[[int], list[Line]], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look, id=id)
        self.make = make
        self.top = 0
        self.lines: list[Line] = []

    def prepare(self, width: int, height: int) -> None:
        self.lines = self.make(width)
        self.top = max(0, min(self.top, len(self.lines) - height))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the text has; the dialog around it limits them."""
        return max(1, len(self.make(width)))

    def line(self, y: int, width: int, height: int) -> Line:
        left = len(self.lines) - self.top - height
        if y == height - 1 and left > 0:
            return ((f" {left + 1} more line{'' if not left else 's'} below, pgdn ", "warn"),)
        index = self.top + y
        return self.lines[index] if index < len(self.lines) else ()

    def action_scroll_by(self, by: int) -> None:
        self.top = max(0, min(self.top + by, len(self.lines) - self.size.height))
        self.redraw()

    def action_page(self, direction: int) -> None:
        self.action_scroll_by(direction * max(1, self.size.height - 2))
