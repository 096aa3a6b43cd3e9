"""From a key to a verdict: plan, dialog, approval, progress. The engine decides each step; this only carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from console.ports.session import Approve, Arm, PlanAction, PlanUndo, ShowPlan
from console.ports.views import OutcomeView, PlanView, Refusal
from widgets.render.plans import verdict

if TYPE_CHECKING:
    from console.ports.views import Answer
    from widgets.screens.room import RoomScreen


class Containment:
    """One conversation about one or more actions."""

    def __init__(self, room: RoomScreen) -> None:
        self.room = room

    async def plans(
        self, wanted: Sequence[tuple[str, str]], params: Mapping[str, str] | None = None, namespace: str = ""
    ) -> None:
        """Plan and carry out (action, target) after each other; cancelling one ends the rest."""
        for n, (action, target) in enumerate(wanted, 1):
            self.room.say(f"Planning {action}: only reads are sent.", "dim")
            answer = await self.room.ask(PlanAction(action, target, namespace, dict(params or {})))
            nth = f"{n} of {len(wanted)}" if len(wanted) > 1 else ""
            if not await self.carry(answer, nth):
                return
        self.room.table().sheet.marks.clear()
        self.room.table().redraw()

    async def undo(self, digest: str, mode: str = "") -> None:
        """Plan and carry out an undo."""
        self.room.say("Planning the undo: only reads are sent.", "dim")
        await self.carry(await self.room.ask(PlanUndo(digest, mode)))

    async def second(self, short: str) -> None:
        """Read a plan that somebody else made, and approve it too."""
        self.room.say("Reading the plan again, as it is now.", "dim")
        await self.carry(await self.room.ask(ShowPlan(short)))

    async def carry(self, answer: Answer, nth: str = "") -> bool:
        """A plan through its dialog to its verdict; False when it was cancelled or refused."""
        room = self.room
        if not isinstance(answer, PlanView):
            room.told(answer)
            return False
        room.say("")
        harmless = answer.danger == "D0" and not (answer.warnings or answer.missing or answer.protected)
        outcome = await (self._at_once(answer) if harmless else self._by_dialog(answer, nth))
        if outcome is None:
            return False
        if not (harmless and outcome.final and outcome.stage == "effective"):
            from widgets.modals.progressing import Progressing

            room.following = Progressing(room.look, outcome, room.ask)
            try:
                outcome = await room.app.push_screen_wait(room.following)
            finally:
                room.following = None
        room.say(*verdict(outcome))
        return outcome.stage not in ("refused", "failed")

    async def _at_once(self, plan: PlanView) -> OutcomeView | None:
        """A plan that only reads and warns of nothing needs no approval."""
        return self._taken(await self.room.ask(Approve(plan.digest, plan.id, plan.reason or "evidence")))

    async def _by_dialog(self, plan: PlanView, nth: str) -> OutcomeView | None:
        from widgets.modals.planning import Planning

        room = self.room
        refused = ""
        while True:
            alone = room.header is None or len(room.header.seats) < 2  # else the engine knows whose uid counts
            dialog = Planning(room.look, plan, room.look.armed_until > room.look.now(), nth, alone)
            dialog.failed = refused
            approval = await room.app.push_screen_wait(dialog)
            if approval is None:
                room.say("Cancelled; nothing was written.")
                return None
            answer = await room.ask(approval)
            if not isinstance(answer, Refusal):
                return self._taken(answer)
            refused = answer.text

    def _taken(self, answer: Any) -> OutcomeView | None:
        if isinstance(answer, OutcomeView):
            return answer
        self.room.told(answer)
        return None


async def arm(room: RoomScreen, dialog: Any) -> None:
    """Arm this seat from within a plan dialog."""
    from widgets.parts.prompt import ask_line

    hint = "Why may this seat write for 15 minutes? The reason becomes the default of every plan."
    reason = await ask_line(dialog, room.look, "arm: ", hint)
    if not reason:
        return
    answer = await room.ask(Arm(reason))
    if isinstance(answer, Refusal):
        dialog.refuse(answer.text)
    else:
        dialog.allow(reason)
