"""A one-line prompt over the bottom of a screen: command, filter, note, reason; with completions if there are any.

A layer, not a screen: what stands above stays in sight, and a change there does not repaint the whole terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from widgets.parts.canvas import Canvas
from widgets.render.lines import Line, fit, selected, width

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.screen import Screen
    from textual.widget import Widget

    from widgets.theme import Look

Completions = Callable[[str], Sequence[tuple[str, str]]]
Answered = Callable[["str | None"], None]
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
        if y >= len(self.found):
            return ()
        name, words = self.found[y]
        line: Line = ((f" {fit(name, 28, self.look['more'])} ", "strong"), (words, "dim"))
        return selected(line) if y == self.at else line


class Label(Canvas):
    """Words before a field."""

    def __init__(self, look: Look, text: str) -> None:
        super().__init__(look)
        self.text = text
        self.styles.width = width(text) + 1

    def line(self, y: int, cells: int, height: int) -> Line:
        return ((f" {self.text}", "strong"),)


class Rule(Canvas):
    """A line between the prompt and what it covers."""

    def line(self, y: int, cells: int, height: int) -> Line:
        return ((self.look["h"] * cells, "here"),)


class Prompt(Vertical):
    """Calls `answered` with the text, or None when escaped, and is gone.

    Args:
        look: what to draw with.
        label: words before the field.
        hint: a line that says what is asked for.
        answered: what to do with it.
        value: text to begin with.
        completions: (text, words) for what was typed so far.
    """

    BINDINGS = [
        Binding("escape", "cancel", show=False),
        Binding("tab,down", "complete(1)", show=False),
        Binding("shift+tab,up", "complete(-1)", show=False),
        Binding("ctrl+k,ctrl+d", "nothing", show=False),
    ]
    DEFAULT_CSS = """
    Prompt { layer: above; dock: bottom; height: auto; width: 100%; background: $background; }
    Prompt Horizontal { height: 1; width: 100%; }
    Prompt Input, Prompt Input:focus { border: none; height: 1; padding: 0; width: 1fr; background: $background; }
    """

    def __init__(
        self,
        look: Look,
        label: str,
        hint: str,
        answered: Answered,
        value: str = "",
        completions: Completions | None = None,
    ) -> None:
        super().__init__()
        self.look, self.label, self.hint, self.value = look, label, hint, value
        self._answered, self._completions = answered, completions
        self._before: Widget | None = None
        self._done = False

    def compose(self) -> ComposeResult:
        yield Rule(self.look)
        yield _Hints(self.look, self.hint)
        with Horizontal():
            yield Label(self.look, self.label)
            yield Input(self.value, max_length=2000, select_on_focus=False)

    def on_mount(self) -> None:
        self._before = self.screen.focused
        field = self.query_one(Input)
        field.cursor_blink = False  # a blinking cursor is traffic at rest
        field.focus()
        self._hint(self.value)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._hint(event.value)

    def _hint(self, text: str) -> None:
        hints = self.query_one(_Hints)
        if 0 <= hints.at < len(hints.found) and hints.found[hints.at][0] == text:
            return  # walking through the completions
        hints.found = list(self._completions(text))[:SHOWN] if self._completions else []
        hints.at = -1
        hints.styles.height = max(1, len(hints.found))
        hints.redraw()

    def action_complete(self, by: int) -> None:
        hints = self.query_one(_Hints)
        if hints.found:
            hints.at = (hints.at + by) % len(hints.found) if hints.at >= 0 or by > 0 else len(hints.found) - 1
            field = self.query_one(Input)
            field.value = hints.found[hints.at][0]
            field.cursor_position = len(field.value)
            hints.redraw()

    def action_nothing(self) -> None:
        """Keys of other programs' deletion do not reach the room from here either."""

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._finish(event.value.strip())

    def action_cancel(self) -> None:
        self._finish(None)

    def _finish(self, text: str | None) -> None:
        if self._done:
            return
        self._done = True
        screen = self.screen
        self.remove()
        if self._before is not None:
            screen.set_focus(self._before)
        self._answered(text)


async def ask_line(screen: Screen[Any], look: Look, label: str, hint: str, value: str = "") -> str | None:
    """Ask on any screen and wait for the answer; None when escaped or when the screen went away."""
    import asyncio

    future: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    def answered(text: str | None) -> None:
        if not future.done():
            future.set_result(text)

    await screen.mount(Prompt(look, label, hint, answered, value))
    return await future
