"""What all dialogs share: a box in the middle (all of a small terminal), and being deaf until it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from textual.screen import ModalScreen

from widgets.parts.canvas import Canvas
from widgets.parts.link import behind
from widgets.parts.pages import Pages
from widgets.render.lines import Line, width

if TYPE_CHECKING:
    from widgets.theme import Look

Answered = TypeVar("Answered")
SEEN = 0.4
"""Seconds a person needs to see a dialog; keys pressed before were meant for what was there before."""


class Frame(Canvas):
    """One line with a title; dialogs draw no other frame, so that long lines keep their place."""

    DEFAULT_CSS = "Frame { height: 1; }"

    def __init__(self, look: Look, text: str, role: str = "alert", note: str = "") -> None:
        super().__init__(look)
        self.text, self.role, self.note = text, role, note

    def line(self, y: int, cells: int, height: int) -> Line:
        rest = max(0, cells - width(self.text) - 2 - width(self.note) - 2)
        head: Line = ((f" {self.text} ", self.role), (self.look["full"] * rest, "frame"))
        return (*head, (f" {self.note} ", "dim")) if self.note else head


class Keys(Canvas):
    """The keys of a dialog, or a sentence about what just went wrong."""

    DEFAULT_CSS = "Keys { height: 1; }"

    def __init__(self, look: Look, keys: tuple[tuple[str, str], ...]) -> None:
        super().__init__(look)
        self.keys = keys
        self.said = ""

    def say(self, text: str) -> None:
        """Show a sentence; "" shows the keys."""
        self.said = text
        self.redraw()

    def line(self, y: int, cells: int, height: int) -> Line:
        if self.said:
            return ((self.said, "bad"),)
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

    def on_mount(self) -> None:
        """Fit into this terminal."""
        self._fit()

    def on_resize(self) -> None:
        """Fit into another size; an open dialog stays open."""
        self._fit()

    def _fit(self) -> None:
        """The text gives way, the fields and keys below it never do."""
        width, height = self.app.size
        roomy = width >= 110 and height >= 30
        self.set_class(roomy, "-roomy")
        box = self.query_one("#box")
        for pages in box.query(Pages):
            pages.styles.max_height = max(1, height - (len(box.children) - 1) - (2 if roomy else 0) - self.margin_lines)

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
