"""How an approved action goes on, until its verdict. Leaving the dialog leaves the action alone: the engine owns it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.containers import Vertical

from console.ports.session import ActionOutcome, Ask, FollowAction
from console.ports.views import Answer, OutcomeView, Refusal
from widgets.modals.boxes import Dialog, Frame, Keys
from widgets.parts.pages import Pages
from widgets.render.plans import outcome

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from widgets.theme import Look


class Progressing(Dialog[OutcomeView]):
    """Follows an action; answers the newest outcome when it is left."""

    BINDINGS = [Binding("escape,q", "close", show=False), Binding("enter", "seen", show=False)]

    def __init__(self, look: Look, view: OutcomeView, ask: Callable[[Ask], Awaitable[Answer]]) -> None:
        super().__init__(look)
        self.view, self.ask = view, ask
        self._wanted = self._looking = False

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Frame(self.look, f"ACTION {self.view.id}", "alert")
            yield Pages(self.look, lambda cells: outcome(self.view, self.look, cells))
            yield Keys(
                self.look, (("esc", "back to the room"), (self.look.key("act.undo"), "is the undo register, there"))
            )

    def on_mount(self) -> None:
        self.query_one("#box").styles.height = "100%"
        self.query_one(Pages).styles.height = "1fr"
        self.query_one(Pages).focus()
        if not self.view.final:
            self.run_worker(self._follow(), exit_on_error=True)

    async def _follow(self) -> None:
        stage = self.view.stage
        while not self.view.final:
            answer = await self.ask(FollowAction(self.view.digest, stage))
            if isinstance(answer, Refusal):
                if self.here:
                    self.query_one(Keys).say(answer.text)
                return
            if isinstance(answer, OutcomeView):
                stage = answer.stage
                self._take(answer)

    def renew(self) -> None:
        """Rows changed, so this action may stand differently, also long after its verdict: look again."""
        self._wanted = True
        if not self._looking and self.here:
            self.run_worker(self._look_again(), name="renew", exit_on_error=True)

    async def _look_again(self) -> None:
        """One question at a time; changes meanwhile are one more."""
        self._looking = True
        try:
            while self._wanted:
                self._wanted = False
                answer = await self.ask(ActionOutcome(self.view.digest))
                if isinstance(answer, OutcomeView):
                    self._take(answer)
        finally:
            self._looking = False

    def _take(self, answer: OutcomeView) -> None:
        if self.view.final and not answer.final:
            return  # overtaken on its way
        self.view = answer
        if not self.here:
            return
        self.query_one(Keys).say("")
        self.query_one(Pages).redraw()

    def action_seen(self) -> None:
        """Enter, which many press behind the id of a plan: not before the verdict could be seen."""
        if self.look.clock.monotonic() >= self._heard_from:
            self.action_close()

    def action_close(self) -> None:
        self.dismiss(self.view)
