"""The one-line parts of the room: header, tabs, footer. They draw what they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.parts.canvas import Canvas
from widgets.render import heading
from widgets.render.lines import Line, Span, line_width, wrap
from widgets.render.places import LEAST

if TYPE_CHECKING:
    from console.ports.views import HeaderView
    from widgets.theme import Look


class Header(Canvas):
    """Two lines, and one more for each thing that must not be overlooked."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="header")
        self.styles.dock = "top"
        self.styles.height = 2
        self.header: HeaderView | None = None
        self.lost = ""
        self.frozen = ""
        self._urgent: list[Line] = []
        self._lines = 2
        self.counts: Line = ()
        """What a shared screen says beside the clock."""

    def inform(self, header: HeaderView | None) -> None:
        """The header row changed."""
        self.header = header
        self.restate()

    def restate(self) -> None:
        """Take up what changed; the number of lines may."""
        self._urgent = heading.urgent(self.header, self.look, self.lost, self.frozen, self.app.size.width)
        if self.look.bare:
            self._urgent = heading.big(self.header, self.look, self.counts) + self._urgent
        if self._lines != 2 + len(self._urgent):
            self._lines = 2 + len(self._urgent)
            self.styles.height = self._lines
            self.restyle()
        self.redraw()

    def line(self, y: int, width: int, height: int) -> Line:
        if y == 0:
            return heading.first(self.header, self.look, width, self.lost)
        if y == 1:
            return heading.second(self.header, self.look, width, self.lost)
        return self._urgent[y - 2] if y - 2 < len(self._urgent) else ()


class Tabs(Canvas):
    """Names of the panes, on a terminal that shows one at a time."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="tabs")
        self.names: tuple[tuple[str, bool], ...] = ()

    def show(self, names: tuple[tuple[str, bool], ...]) -> None:
        """(text, is the one that shows) of each pane."""
        self.names = names
        self.redraw()

    def line(self, y: int, width: int, height: int) -> Line:
        return tuple((f" {name} ", "tab" if here else "dim") for name, here in self.names)


class Footer(Canvas):
    """Keys that work here, or what just happened: whole, for the end of a refusal is what to do next."""

    MOST = 4
    """Lines of a sentence at most."""

    def __init__(self, look: Look, keys: tuple[tuple[str, str], ...]) -> None:
        super().__init__(look, id="footer")
        self.styles.dock = "bottom"
        self.keys = keys
        self._lines = 1
        self.said: Span | None = None

    def say(self, text: str, role: str = "ink") -> None:
        """Show a sentence instead of the keys; "" shows the keys again."""
        self.said = (text, role) if text else None
        self.fit()
        self.redraw()

    def fit(self) -> None:
        """Take the lines the sentence needs on a terminal of this size."""
        width, height = self.app.size
        rows = len(wrap(self.said[0], width - 1)) if self.said is not None and height >= LEAST[1] else 1
        if self._lines != min(rows, self.MOST):
            self._lines = min(rows, self.MOST)
            self.styles.height = self._lines
            self.restyle()

    def line(self, y: int, width: int, height: int) -> Line:
        if self.said is not None:
            rows = wrap(self.said[0], width - 1)
            text = " ".join(rows[y:]) if y == height - 1 else rows[y] if y < len(rows) else ""
            return ((" ", "ink"), (text, self.said[1]))
        if y:
            return ()
        parts: list[Span] = []
        for key, words in self.keys:
            more: list[Span] = [(f" {key} ", "key"), (f" {words}  ", "dim")]
            if line_width((*parts, *more)) > width + 1:
                break
            parts += more
        return tuple(parts)
