"""A one-line prompt over the bottom of a screen: command, filter, note, reason; with completions if there are any.

A layer, not a screen: what stands above stays in sight, and a change there does not repaint the whole terminal.
One widget that takes focus at once, so that what is typed in one go arrives in it, and in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from widgets.parts.canvas import Canvas
from widgets.parts.editing import Editing
from widgets.render.lines import Line, fit, selected, width

if TYPE_CHECKING:
    from textual import events
    from textual.screen import Screen
    from textual.widget import Widget

    from widgets.theme import Look

Completions = Callable[[str], Sequence[tuple[str, str]]]
Answered = Callable[["str | None"], None]
SHOWN = 8


class Prompt(Canvas, can_focus=True):
    """Calls `answered` with the text, or None when escaped, and is gone.

    Args:
        look: what to draw with.
        label: words before the line.
        hint: says what is asked for.
        answered: what to do with it.
        value: text to begin with.
        completions: (text, words) for what was typed so far.
    """

    typing = True
    DEFAULT_CSS = "Prompt { layer: above; dock: bottom; width: 100%; }"

    def __init__(
        self,
        look: Look,
        label: str,
        hint: str,
        answered: Answered,
        value: str = "",
        completions: Completions | None = None,
    ) -> None:
        super().__init__(look)
        self.label, self.hint = label, hint
        self.editing = Editing(value)
        self._answered, self._completions = answered, completions
        self._found: list[tuple[str, str]] = []
        self._at = -1
        self.before: Widget | None = None
        self._done = False
        self.closed = asyncio.Event()
        self._complete()

    @property
    def holding(self) -> bool:
        """Whether every key is for this and nothing else."""
        return not self._done

    def open(self, screen: Screen[Any]) -> None:
        """Show on a screen and take its keys from now on."""
        self.before = screen.focused
        screen.mount(self)
        screen.set_focus(self)

    def line(self, y: int, cells: int, height: int) -> Line:
        if y == 0:
            return ((self.look["h"] * cells, "here"),)
        if y == height - 1:
            label = f" {self.label}"
            return ((label, "strong"), *self.editing.line(cells - width(label), True))
        if not self._found:
            return ((f" {self.hint}", "dim"),)
        if y - 1 >= len(self._found):
            return ()
        name, words = self._found[y - 1]
        line: Line = ((f" {fit(name, 28, self.look['more'])} ", "strong"), (words, "dim"))
        return selected(line) if y - 1 == self._at else line

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if self._done:
            return
        if event.key == "enter":
            self._finish(self.editing.text.strip())
        elif event.key == "escape":
            self._finish(None)
        elif event.key in ("tab", "down", "shift+tab", "up"):
            self._walk(1 if event.key in ("tab", "down") else -1)
        elif self.editing.press(event.key, event.character):
            self._complete()
        self.redraw()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.editing.insert(event.text)
        self._complete()
        self.redraw()

    def _complete(self) -> None:
        self._found = list(self._completions(self.editing.text))[:SHOWN] if self._completions else []
        self._at = -1
        height = 2 + max(1, len(self._found))
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height

    def _walk(self, by: int) -> None:
        if self._found:
            self._at = (self._at + by) % len(self._found) if self._at >= 0 or by > 0 else len(self._found) - 1
            self.editing.set(self._found[self._at][0])

    def _finish(self, text: str | None) -> None:
        self._done = True
        self.closed.set()
        screen = self.screen
        self.remove()
        if self.before is not None:
            screen.set_focus(self.before)
        self._answered(text)


def ask_line(screen: Screen[Any], look: Look, label: str, hint: str, value: str = "") -> Awaitable[str | None]:
    """Ask on any screen; the answer, None when escaped. It has the keys when this returns, not when it is awaited."""
    future: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    def answered(text: str | None) -> None:
        if not future.done():
            future.set_result(text)

    Prompt(look, label, hint, answered, value).open(screen)
    return future
