"""What all dialogs share: a box in the middle (all of a small terminal), and being deaf until it is seen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

from widgets.parts.canvas import Canvas
from widgets.parts.link import behind
from widgets.parts.pages import Pages
from widgets.render.lines import Line, fit_place, width, wrap
from widgets.render.places import LEAST

if TYPE_CHECKING:
    from textual.geometry import Size

    from widgets.theme import Look

Answered = TypeVar("Answered")
AGAIN = 0.1
"""Seconds until a dialog with something over it tries to close again."""
SEEN = 0.4
"""Seconds a person needs to see a dialog; keys pressed before were meant for what was there before."""


class Frame(Canvas):
    """One line with a title; dialogs draw no other frame, so that long lines keep their place."""

    DEFAULT_CSS = "Frame { height: 1; }"

    def __init__(self, look: Look, text: str, role: str = "alert", note: str = "") -> None:
        super().__init__(look)
        self.text, self.role, self.note = text, role, note

    def line(self, y: int, cells: int, height: int) -> Line:
        note = fit_place(self.note, min(width(self.note), max(8, cells - width(self.text) - 4)), self.look["more"])
        rest = max(0, cells - width(self.text) - 2 - width(note) - 2)
        head: Line = ((f" {self.text} ", self.role), (self.look["full"] * rest, "frame"))
        return (*head, (f" {note} ", "dim")) if note else head


class Keys(Canvas):
    """The keys of a dialog, or a sentence about what just went wrong: whole, for its end is what to do next."""

    DEFAULT_CSS = "Keys { height: auto; }"
    MOST = 4
    """Lines of a sentence at most."""

    def __init__(self, look: Look, keys: tuple[tuple[str, str], ...]) -> None:
        super().__init__(look)
        self.keys = keys
        self.said = ""

    def say(self, text: str) -> None:
        """Show a sentence; "" shows the keys."""
        self.said = text
        if isinstance(self.screen, Dialog):
            self.screen.fit()
        self.restyle()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the sentence takes."""
        return self.rows_for(width)

    def rows_for(self, cells: int) -> int:
        """Lines in that width; one alone where the window has none to give."""
        most = self.MOST if self.app.size.height >= LEAST[1] else 1
        return max(1, min(most, len(wrap(self.said, cells))))

    def line(self, y: int, cells: int, height: int) -> Line:
        if self.said:
            rows = wrap(self.said, cells)
            if y == height - 1:
                return ((" ".join(rows[y:]), "bad"),)
            return ((rows[y], "bad"),) if y < len(rows) else ()
        if y:
            return ()
        return tuple(part for key, words in self.keys for part in ((f" {key} ", "key"), (f" {words}  ", "dim")))


class Dialog(ModalScreen[Answered], Generic[Answered]):
    """Base of dialogs. `careful` ones ignore every key until they were on the screen for `SEEN` seconds."""

    careful = False
    margin_lines = 0
    """Lines of padding the box has above and below."""
    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background; layers: base above; }
    Dialog > #box { width: 100%; max-width: 100; height: auto; max-height: 100%; background: $background; }
    Dialog > #box { padding: 0 1; }
    Dialog.-roomy > #box { border: heavy $secondary; }
    Dialog.-roomy.-alert > #box { border: heavy $warning; }
    Dialog.-roomy.-danger > #box { border: heavy $error; }
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self._heard_from = float("inf")
        self._answered = False

    def dismiss(self, result: Answered | None = None) -> AwaitComplete:
        """Close, once. Textual takes whatever screen is on top then, and a second key would take the room."""
        if self._answered:
            return AwaitComplete()
        if not self.is_current:  # the palette is over it
            self.set_timer(AGAIN, partial(self.dismiss, result))
            return AwaitComplete()
        self._answered = True
        return super().dismiss(result)

    @property
    def here(self) -> bool:
        """Whether there is something to draw into: it was composed, and nobody has left it."""
        return self.is_mounted and not self._answered and bool(self.query("#box"))

    def on_mount(self) -> None:
        """Fit into this terminal."""
        self.fit()

    def on_resize(self) -> None:
        """Fit into another size; an open dialog stays open."""
        self.fit()

    def fit(self) -> None:
        """The text gives way, the fields and keys below it never do."""
        width, height = self.app.size
        roomy = width >= 110 and height >= 30
        self.set_class(roomy, "-roomy")
        box = self.query_one("#box")
        cells = (width if box.styles.max_width is None else min(width, 100)) - (4 if roomy else 2)
        others = sum(child.rows_for(cells) for child in box.children if isinstance(child, Canvas))
        for pages in box.query(Pages):
            left = height - (others - 1) - (2 if roomy else 0) - self.margin_lines
            pages.styles.max_height = max(1, left)
            box.refresh(layout=True)

    def on_show(self) -> None:
        """Textual has laid the dialog out; wait until the terminal has taken the frame."""
        if self._heard_from == float("inf"):
            self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        if behind(self.app):
            self.set_timer(0.05, self._painted)
        else:
            self._heard_from = self.look.clock.monotonic() + SEEN

    def deaf(self) -> bool:
        """Whether keys are ignored now; asked by the app for each key."""
        return self.careful and self.look.clock.monotonic() < self._heard_from
