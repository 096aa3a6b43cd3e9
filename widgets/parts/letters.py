"""The letters after the leader: what this row offers, over the bottom of the room. Choosing one only makes a plan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from widgets.parts.canvas import Canvas
from widgets.render.lines import Line, fit, fit_place, width
from widgets.render.offers import Offer

if TYPE_CHECKING:
    from textual import events
    from textual.screen import Screen
    from textual.widget import Widget

    from widgets.theme import Look


class Letters(Canvas, can_focus=True):
    """Calls `chosen` with the offer whose letter was pressed (None for any other key), and is gone."""

    DEFAULT_CSS = "Letters { layer: above; dock: bottom; width: 100%; }"

    def __init__(
        self, look: Look, letters: Mapping[str, Offer], chosen: Callable[[Offer | None], None], count: int = 1
    ) -> None:
        super().__init__(look)
        self.letters, self.count = dict(letters), count
        self.styles.height = len(self.letters) + 2
        self._chosen = chosen
        self.before: Widget | None = None
        self._done = False
        self.closed = asyncio.Event()

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
            what = f"contain {self.count} marked rows, a plan each" if self.count > 1 else "contain"
            head = f" {what}: press a letter "
            return ((head, "alert"), (self.look["full"] * max(0, cells - len(head)), "frame"))
        if y == height - 1:
            return ((" a plan is shown first; esc leaves", "dim"),)
        letter, offer = list(self.letters.items())[y - 1]
        title = max(width(o.spec.title) for o in self.letters.values())
        target = max(width(o.words) for o in self.letters.values())
        danger = offer.spec.danger
        room = cells - min(title, 34) - 10  # who is meant, and how dangerous it is; the words for that may go
        return (
            ("  ", "ink"),
            (f" {letter} ", "key"),
            (f" {fit(offer.spec.title, min(title, 34), self.look['more'])}  ", "ink"),
            (f"{fit_place(offer.words, max(12, min(target, room)), self.look['more'])}  ", "strong"),
            (f"{danger} {danger.words}", "warn" if danger == "D3" else "dim"),
        )

    def on_key(self, event: events.Key) -> None:
        """A letter chooses, anything else leaves."""
        event.stop()
        event.prevent_default()
        if self._done:
            return  # typed ahead of what is not there yet
        self._done = True
        self.closed.set()
        screen = self.screen
        self.remove()
        if self.before is not None:
            screen.set_focus(self.before)
        self._chosen(self.letters.get(event.character or "") or self.letters.get(event.key))
