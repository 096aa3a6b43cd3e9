"""The letters after the leader: what this row offers, at the bottom of the terminal. Choosing one only makes a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.screen import ModalScreen

from widgets.parts.canvas import Canvas
from widgets.render.lines import Line, fit
from widgets.render.offers import Offer

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from widgets.theme import Look


class _Letters(Canvas):
    def __init__(self, look: Look, letters: Mapping[str, Offer]) -> None:
        super().__init__(look)
        self.letters = list(letters.items())
        self.styles.height = len(self.letters) + 2

    def line(self, y: int, cells: int, height: int) -> Line:
        if y == 0:
            rest = self.look["full"] * max(0, cells - 24)
            return ((" contain: press a letter ", "alert"), (rest, "frame"))
        if y == height - 1:
            return ((" a plan is shown first; esc leaves", "dim"),)
        letter, offer = self.letters[y - 1]
        danger = "warn" if offer.spec.danger == "D3" else "dim"
        return (
            ("  ", "ink"), (f" {letter} ", "key"), (" " + fit(offer.spec.title, 34, self.look["more"]) + " ", "ink"),
            (f"{offer.spec.danger} {offer.spec.danger.words}  ", danger), (offer.words, "strong"),
        )  # fmt: skip


class Leading(ModalScreen[Offer | None]):
    """Answers the offer of the letter that was pressed."""

    DEFAULT_CSS = "Leading { align: left bottom; background: $background 0%; } Leading > _Letters { width: 100%; }"

    def __init__(self, look: Look, letters: Mapping[str, Offer]) -> None:
        super().__init__()
        self.look, self.letters = look, letters

    def compose(self) -> ComposeResult:
        yield _Letters(self.look, self.letters)

    def on_key(self, event: events.Key) -> None:
        """A letter chooses, anything else leaves."""
        event.stop()
        event.prevent_default()
        self.dismiss(self.letters.get(event.character or event.key))
