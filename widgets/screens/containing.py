"""From an offer to a verdict: plan, dialog, approval, progress. The engine decides each step; this only carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from console.ports.session import Approve, Arm, PlanAction, PlanUndo, ShowPlan
from console.ports.views import OutcomeView, PlanView, Refusal
from widgets.render.plans import verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.model.action import ActionSpec
    from console.ports.session import Ask
    from console.ports.views import Answer
    from widgets.modals.filling import Filled
    from widgets.screens.room import RoomScreen


class Wish:
    """What a person wants planned, and with which parameters; the form may change those.

    Args:
        request: makes the question for the engine of the parameters.
        words: the target for people.
    """

    def __init__(self, request: Callable[[dict[str, str]], Ask], words: str, params: Mapping[str, str]) -> None:
        self.request, self.words, self.params = request, words, dict(params)


class Containment:
    """One conversation about one or more actions."""

    def __init__(self, room: RoomScreen) -> None:
        self.room = room

    async def plans(
        self, wanted: Sequence[tuple[str, str]], params: Mapping[str, str] | None = None, namespace: str = ""
    ) -> bool:
        """Plan and carry out (action, target) after each other; cancelling one ends the rest. True: none was.

        Parameters that were chosen for one go for those that follow, but for the ones each needs for itself.
        """
        given = dict(params or {})
        for n, (action, target) in enumerate(wanted, 1):
            nth = f"{n} of {len(wanted)}" if len(wanted) > 1 else ""
            spec = self._spec(action)
            wish = Wish(partial(PlanAction, action, target, namespace), _place(target, namespace), given)
            answer = await self._first(action, wish, spec, nth)
            if answer is None or not await self.carry(answer, nth, wish):
                return False
            own = {param.name for param in spec.params if param.required} if spec else set()
            given = {name: value for name, value in wish.params.items() if name not in own}
        return True

    async def undo(self, digest: str, mode: str = "") -> None:
        """Plan and carry out an undo."""
        if self._busy():
            return
        self.room.say("Planning the undo: only reads are sent.", "dim")
        row = self.room.undo_rows.get(digest)
        wish = Wish(
            lambda params: PlanUndo(digest, params.get("mode", "")),
            f"{row.action} {row.target}" if row else "",
            {"mode": mode} if mode else {},
        )
        await self.carry(await self._asked(wish.request(wish.params), "the undo"), wish=wish)

    async def second(self, short: str) -> None:
        """Read a plan that somebody else made, and approve it too."""
        if self._busy():
            return
        self.room.say("Reading the plan again, as it is now.", "dim")
        await self.carry(await self._asked(ShowPlan(short), f"plan {short}"))

    async def carry(self, answer: Answer, nth: str = "", wish: Wish | None = None) -> bool:
        """A plan through its dialog to its verdict; False when it was cancelled or refused.

        Args:
            wish: what it was made of, when it may be made again with other parameters.
        """
        room = self.room
        if not isinstance(answer, PlanView):
            room.told(answer)
            return False
        room.say("")
        harmless = answer.danger == "D0" and not (answer.warnings or answer.missing or answer.protected)
        outcome = await (self._at_once(answer) if harmless else self._by_dialog(answer, nth, wish))
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

    def _busy(self) -> bool:
        """Whether a plan is on its way already: a second dialog over the first would hide what it asks."""
        if waits := self.room.planning:
            self.room.say(f"{waits} is still being planned: its dialog comes first.", "warn")
        return bool(waits)

    async def _asked(self, request: Ask, what: str) -> Answer:
        self.room.planning = what
        try:
            answer = await self.room.ask(request)
            await self.room.free()  # a dialog must not take the keys from what is being typed
            return answer
        finally:
            self.room.planning = ""

    async def _first(self, action: str, wish: Wish, spec: ActionSpec | None, nth: str) -> Answer | None:
        """The first plan of a wish; by the form when something is needed that nobody has said. None: cancelled."""
        room = self.room
        if self._busy():
            return None
        if spec is None or not any(param.required and not wish.params.get(param.name) for param in spec.params):
            room.say(f"Planning {action}: only reads are sent.", "dim")
            return await self._asked(wish.request(wish.params), action)
        filled = await self._fill(spec, wish, nth, kept=False)
        if filled is None:
            room.say("Cancelled; nothing was planned.")
            return None
        return filled.plan

    async def _fill(self, spec: ActionSpec, wish: Wish, nth: str, *, kept: bool) -> Filled | None:
        """The form, until the engine has made a plan of it or the person goes back."""
        from widgets.modals.filling import Filling

        room = self.room
        form = Filling(
            room.look, spec, wish.words, wish.params, lambda p: room.ask(wish.request(p)), kept=kept, nth=nth
        )
        filled = await room.app.push_screen_wait(form)
        if filled is not None:
            wish.params = filled.values
        return filled

    async def _at_once(self, plan: PlanView) -> OutcomeView | None:
        """A plan that only reads and warns of nothing needs no approval."""
        return self._taken(await self.room.ask(Approve(plan.digest, plan.id, plan.reason or "evidence")))

    async def _by_dialog(self, plan: PlanView, nth: str, wish: Wish | None) -> OutcomeView | None:
        from widgets.modals.planning import Changing, Planning

        room = self.room
        refused, typed = "", dict[str, str]()
        while True:
            alone = room.header is None or len(room.header.seats) < 2  # else the engine knows whose uid counts
            armed = room.look.armed_until > room.look.now()
            spec = self._spec(plan.action)
            changeable = wish is not None and spec is not None and bool(spec.params)
            dialog = Planning(room.look, plan, armed, nth, alone, changeable=changeable, typed=typed)
            dialog.failed = refused
            answered = await room.app.push_screen_wait(dialog)
            if answered is None:
                room.say("Cancelled; nothing was written.")
                return None
            if isinstance(answered, Changing):
                refused, typed = "", answered.typed
                if wish is not None and spec is not None:
                    filled = await self._fill(spec, wish, nth, kept=True)
                    plan = filled.plan if filled else plan
                continue
            answer = await room.ask(answered)
            if not isinstance(answer, Refusal):
                return self._taken(answer)
            refused, typed = answer.text, _typed(answered)

    def _spec(self, action: str) -> ActionSpec | None:
        return next((spec for spec in self.room.declared.specs if spec.id == action), None)

    def _taken(self, answer: Any) -> OutcomeView | None:
        if isinstance(answer, OutcomeView):
            return answer
        self.room.told(answer)
        return None


def _typed(approval: Approve) -> dict[str, str]:
    """What the fields of the dialog held: a refusal takes nothing of it away."""
    return {
        "reason": approval.reason,
        "name": approval.typed_name,
        "break": approval.break_glass,
        "skip": approval.skip_evidence,
    }


def _place(target: str, namespace: str) -> str:
    """A row's key for people: `Pod shop/web`; what was typed stays as it was."""
    kind, _, name = target.partition("/")
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name.removeprefix('/')}"


async def arm(room: RoomScreen, dialog: Any) -> None:
    """Arm this seat from within a plan dialog."""
    from widgets.parts.prompt import ask_line

    hint = "Why may this seat write for 15 minutes? The reason becomes the default of every plan."
    reason = await ask_line(dialog, room.look, "arm: ", hint)
    if not reason:
        return
    answer = await room.ask(Arm(reason))
    if not dialog.here:
        room.told(answer, "Armed for 15 minutes.")
    elif isinstance(answer, Refusal):
        dialog.refuse(answer.text)
    else:
        dialog.allow(reason)
