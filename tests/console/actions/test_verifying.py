"""What of a verdict goes on record while answers come in one by one, and what of an action is owed an undo."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from console.actions.base import Applied
from console.model.verdict import Stage, Verdict
from console.ports.facts import Facts
from tests.console.actions.incident import Incident, SwiftClock, eventually, incident, node
from tests.console.actions.sample import Labelling, only
from tests.controlplane import ControlPlane


class Reviewing(Labelling):
    """Waits for 48 access reviews, of which so many as the test says are not answered."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 48
        self.judged = -1
        self.why = "being asked"

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        self.judged = self.left
        if not self.left:
            return Verdict(True, "48 access reviews denied")
        return Verdict(None, f"{self.left} of 48 access reviews have no answer yet: {self.why}")

    async def answer(self, room: Incident, left: int) -> None:
        """So many are open now, and the verdict was made with that."""
        self.left = left
        room.book.touch()
        await eventually(lambda: self.judged == left)


async def applied(room: Incident, name: str) -> str:
    room.arm()
    plan = await room.runner.plan("sample.label", node(name))
    await room.approve(plan)
    await eventually(lambda: room.runner.outcome(plan.digest).stage is Stage.ACCEPTED)
    return plan.digest


def seen(room: Incident) -> list[tuple[str, tuple[str, ...]]]:
    return [(record.stage, record.unverifiable) for record in room.records("verified")]


async def test_answers_that_come_in_are_shown_each_and_recorded_when_all_are_there(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    action = Reviewing()
    async with incident(controlplane.kubeconfig(), tmp_path, only(action)) as room:
        digest = await applied(room, pair[0])

        for left in (47, 30, 12, 2, 1):
            await action.answer(room, left)
            await eventually(lambda left=left: f"{left} of 48" in room.runner.outcome(digest).text)  # type: ignore[misc]
        assert seen(room) == [("accepted", ("48 of 48 access reviews have no answer yet: being asked",))]

        await action.answer(room, 0)
        await eventually(lambda: room.runner.is_final(digest))
        assert seen(room)[1:] == [("effective", ())]


async def test_another_reason_is_recorded_and_so_is_how_it_ended(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    action, clock = Reviewing(), Stopping()
    async with incident(controlplane.kubeconfig(), tmp_path, only(action), clock) as room:
        digest = await applied(room, pair[0])
        action.why = "no answer within 15 s"
        await action.answer(room, 30)
        await action.answer(room, 12)
        assert [texts[0][:8] for _, texts in seen(room)] == ["48 of 48", "30 of 48"]

        clock.stopped = False
        await eventually(lambda: room.runner.is_final(digest))
        await eventually(lambda: len(seen(room)) == 3)
        assert seen(room)[2] == ("accepted", ("12 of 48 access reviews have no answer yet: no answer within 15 s",))
        await action.answer(room, 11)
        await eventually(lambda: "11 of 48" in room.runner.outcome(digest).text)
        assert len(seen(room)) == 3


class Stopping(SwiftClock):
    """A swift clock that takes its time until the test lets it go."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped = True

    async def sleep(self, seconds: float) -> None:
        if self.stopped:
            await asyncio.sleep(min(seconds, 0.5))
        else:
            await super().sleep(seconds)


async def test_what_cannot_be_undone_is_no_debt(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    """Else the register could never be empty again, and no incident with a deleted pod could be closed."""
    with_undo, without = Labelling(undo="sample.unlabel"), Labelling()
    without.spec = msgspec.structs.replace(without.spec, id="sample.burn")
    actions = only(with_undo)
    actions.add(without)
    async with incident(controlplane.kubeconfig(), tmp_path, actions) as room:
        room.arm()
        burnt = await room.runner.plan("sample.burn", node(pair[0]))
        assert (await room.finish(burnt)).stage is Stage.EFFECTIVE
        assert room.case.state.actions[burnt.digest].wrote
        assert room.case.state.open_undo() == []

        labelled = await room.runner.plan("sample.label", node(pair[1]))
        assert (await room.finish(labelled)).stage is Stage.EFFECTIVE
        assert [one.planned.digest for one in room.case.state.open_undo()] == [labelled.digest]
