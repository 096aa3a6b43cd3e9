"""A scripted responder: plays a scenario's steps through the Session port, as a person would at a seat.

In: a session that is open, the steps, the clock. Out: what the engine answered, told line by line. He has no way into
the cluster or the engine but the seat; a refusal is told and he goes on, as people do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from console.drill.scenario import Step, span
from console.model.text import Clean
from console.ports.clock import Clock
from console.ports.session import ActionOutcome, Approve, Arm, Declare, PlanAction, Session, Snapshot
from console.ports.views import FindingRow, OutcomeView, PlanView, Refusal, Row

_LOOK = 1.0
"""Seconds between two looks while waiting."""
_FOLLOW = 60.0
"""Seconds an action is followed before the next step."""
_ALONE = "drill: the built-in responder is alone"


class Responder:
    """One scripted person.

    Args:
        tell: called with each line of what he does.
        over: whether the drill has ended.
    """

    def __init__(
        self, session: Session, clock: Clock, opened: float, tell: Callable[[str], None], over: Callable[[], bool]
    ) -> None:
        self._session = session
        self._clock = clock
        self._opened = opened
        self._tell = tell
        self._over = over

    async def play(self, steps: Sequence[Step]) -> None:
        """All steps in order."""
        for step in steps:
            if self._over():
                return
            await self._step(step)

    async def _step(self, step: Step) -> None:
        if step.declare:
            await self._ask("declares the incident", Declare(step.declare, step.reason))
        elif step.arm:
            await self._ask("arms", Arm(step.arm))
        elif step.act:
            await self._act(step)
        elif step.until:
            while self._clock.now() < self._opened + span(step.until) and not self._over():
                await self._clock.sleep(_LOOK)
        else:
            await self._wait(step)

    async def _wait(self, step: Step) -> None:
        end = self._clock.now() + span(step.most)
        while self._clock.now() < end and not self._over():
            if step.wait == "finding":
                rows = await rows_of(self._session, "findings")
                found = [row for row in rows if isinstance(row, FindingRow) and step.title in row.title]
                if found:
                    self._tell(f"sees {len(found)} findings")
                    return
            await self._clock.sleep(_LOOK)

    async def _ask(self, what: str, request: Declare | Arm) -> None:
        answer = await self._session.ask(request)
        self._tell(f"{what}: refused, {answer.text}" if isinstance(answer, Refusal) else what)

    async def _act(self, step: Step) -> None:
        pattern = f"{step.kind}/{step.namespace}/{step.name}"
        targets = [pattern]
        if "*" in step.name:
            topic = f"browse:{step.kind}" + (f":{step.namespace}" if step.namespace else "")
            targets = [row.key for row in await rows_of(self._session, topic) if fnmatchcase(row.key, pattern)]
        if not targets:
            self._tell(f"finds no {pattern}")
        for target in targets:
            if not self._over():
                await self._contain(step, target)

    async def _contain(self, step: Step, target: str) -> None:
        plan = await self._session.ask(PlanAction(step.act, target))
        if not isinstance(plan, PlanView):
            self._tell(f"{step.act} {target}: {_words(plan)}")
            return
        alone = _ALONE if plan.approvers else ""
        request = Approve(plan.digest, plan.id, step.reason or "drill", plan.type_name, alone, step.skip_evidence)
        answer = await self._session.ask(request)
        end = self._clock.now() + _FOLLOW
        while isinstance(answer, OutcomeView) and not answer.final and self._clock.now() < end:
            await self._clock.sleep(_LOOK)
            answer = await self._session.ask(ActionOutcome(plan.digest))
        self._tell(f"{step.act} {target}: {_words(answer)}")


def _words(answer: object) -> str:
    if isinstance(answer, Refusal):
        return f"refused, {answer.text}"
    if not isinstance(answer, OutcomeView):
        return "no outcome"
    left = (*answer.residual, *answer.unverifiable)
    return answer.stage + (f", left: {'; '.join(left)}" if left else "")


async def rows_of(session: Session, topic: str) -> list[Row]:
    """All rows of a topic as they are now."""
    rows: dict[Clean, Row] = {}
    updates = session.subscribe(topic)
    try:
        async for update in updates:
            if not isinstance(update, Snapshot):
                continue
            if update.first:
                rows.clear()
            rows |= {row.key: row for row in update.rows}
            if update.last:
                break
    finally:
        await updates.aclose()  # type: ignore[attr-defined]  # every implementation is an async generator
    return list(rows.values())
