"""Choose one of several targets of an action: what a checklist item's action could be done to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.containers import Vertical

from widgets.modals.boxes import Dialog, Frame, Keys
from widgets.parts.canvas import Canvas
from widgets.render.lines import Line, fit_place, selected
from widgets.render.offers import Offer

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from widgets.theme import Look


class _Choices(Canvas, can_focus=True):
    DEFAULT_CSS = "_Choices { height: 1fr; }"

    def __init__(self, look: Look, offers: Sequence[Offer]) -> None:
        super().__init__(look)
        self.offers = offers
        self.at = 0

    def line(self, y: int, width: int, height: int) -> Line:
        index = y + max(0, self.at - height + 1)
        if index >= len(self.offers):
            return ()
        line: Line = (
            (f" {fit_place(self.offers[index].words, width - 2, self.look['more'])}", "ink"),
            (" " * width, "ink"),
        )
        return selected(line) if index == self.at else line


class Picking(Dialog["Offer | None"]):
    """Answers the chosen offer."""

    careful = True
    BINDINGS = [
        Binding("escape,q", "close", show=False),
        Binding("j,down", "go(1)", show=False),
        Binding("k,up", "go(-1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    def __init__(self, look: Look, offers: Sequence[Offer]) -> None:
        super().__init__(look)
        self.offers = offers

    def compose(self) -> ComposeResult:
        spec = self.offers[0].spec
        with Vertical(id="box"):
            yield Frame(self.look, spec.title.upper(), "alert", f"{spec.id}: of which? a plan is shown first")
            yield _Choices(self.look, self.offers)
            yield Keys(self.look, (("enter", "plan it"), ("j k", "line"), ("esc", "back")))

    def on_mount(self) -> None:
        self.query_one("#box").styles.height = "100%"
        self.query_one(_Choices).focus()

    def action_go(self, by: int) -> None:
        choices = self.query_one(_Choices)
        choices.at = (choices.at + by) % len(self.offers)
        choices.redraw()

    def action_choose(self) -> None:
        self.dismiss(self.offers[self.query_one(_Choices).at])

    def action_close(self) -> None:
        self.dismiss(None)
