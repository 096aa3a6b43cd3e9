"""A one-line prompt at the bottom of the terminal: command, filter, note, reason; with completions if there are any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from widgets.parts.canvas import Canvas
from widgets.render.lines import Line, fit, width

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from widgets.theme import Look

Completions = Callable[[str], Sequence[tuple[str, str]]]
SHOWN = 8


class _Hints(Canvas):
    DEFAULT_CSS = "_Hints { height: 1; }"

    def __init__(self, look: Look, hint: str) -> None:
        super().__init__(look)
        self.hint = hint
        self.found: Sequence[tuple[str, str]] = ()
        self.at = -1

    def line(self, y: int, cells: int, height: int) -> Line:
        if not self.found:
            return ((f" {self.hint}", "dim"),)
        name, words = self.found[y]
        line: Line = ((f" {fit(name, 28, self.look['more'])} ", "strong"), (words, "dim"))
        return tuple((t, f"{i}*") for t, i in line) if y == self.at else line


class Asking(ModalScreen[str | None]):
    """Answers the text, or None when escaped."""

    BINDINGS = [
        Binding("escape", "cancel", show=False),
        Binding("tab,down", "complete(1)", show=False, priority=True),
        Binding("shift+tab,up", "complete(-1)", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Asking { align: left bottom; background: $background 0%; }
    Asking > Vertical { height: auto; width: 100%; background: $panel; border-top: solid $secondary; }
    Asking Horizontal { height: 1; width: 100%; }
    Asking Input { border: none; height: 1; padding: 0; width: 1fr; background: $background; }
    """

    def __init__(
        self, look: Look, label: str, hint: str, value: str = "", completions: Completions | None = None
    ) -> None:
        super().__init__()
        self.look, self.label, self.hint, self.value = look, label, hint, value
        self.completions = completions

    def compose(self) -> ComposeResult:
        with Vertical():
            yield _Hints(self.look, self.hint)
            with Horizontal():
                yield Label(self.look, self.label)
                yield Input(self.value, max_length=2000, select_on_focus=False)

    def on_mount(self) -> None:
        field = self.query_one(Input)
        field.cursor_blink = False  # a blinking cursor is traffic at rest
        field.focus()
        if self.look.ascii_only:
            self.query_one(Vertical).styles.border_top = ("ascii", "ansi_default")
        self._complete(self.value)

    def typing(self) -> bool:
        """A text field has the keys."""
        return True

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._complete(event.value)

    def _complete(self, text: str) -> None:
        hints = self.query_one(_Hints)
        found = list(self.completions(text))[:SHOWN] if self.completions else []
        if hints.at >= 0 and hints.at < len(hints.found) and hints.found[hints.at][0] == text:
            return  # walking through the completions
        hints.found, hints.at = found, -1
        hints.styles.height = max(1, len(found))
        hints.restyle()

    def action_complete(self, by: int) -> None:
        hints = self.query_one(_Hints)
        if hints.found:
            hints.at = (hints.at + by) % len(hints.found)
            field = self.query_one(Input)
            field.value = hints.found[hints.at][0]
            field.cursor_position = len(field.value)
            hints.redraw()

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())

    def action_cancel(self) -> None:
        self.dismiss(None)


class Label(Canvas):
    """Words before a field."""

    def __init__(self, look: Look, text: str) -> None:
        super().__init__(look)
        self.text = text
        self.styles.width = width(text) + 1

    def line(self, y: int, cells: int, height: int) -> Line:
        return ((f" {self.text}", "strong"),)
