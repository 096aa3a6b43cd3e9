"""What an engine that was killed left armed, for whoever sits down next."""

from __future__ import annotations

from pathlib import Path

from console.ports.clock import ManualClock
from console.ports.session import Approve, Arm, PlanAction
from console.ports.views import PlanView, Refusal
from tests.console.incident.room import ACCOUNT, STRANGER, drill_engine


async def test_a_seat_that_was_armed_when_the_engine_was_killed_arms_nobody_of_its_name(tmp_path: Path) -> None:
    """A command's seat comes and goes without a record of its own; a name is no proof of anything."""
    clock = ManualClock()
    async with drill_engine(tmp_path, clock, attacked=False) as room:
        await (await room.sit("ana", 1000, screen=False)).ask(Arm("stolen deployer"))

    async with drill_engine(tmp_path, clock, attacked=False) as room:
        mallory = await room.sit("ana", STRANGER)
        plan = await room.ask(mallory, PlanAction("sa.revoke", ACCOUNT))
        assert isinstance(plan, PlanView)

        answer = await room.ask(mallory, Approve(plan.digest, plan.id))

    assert isinstance(answer, Refusal)
    assert "READ-ONLY" in answer.text
