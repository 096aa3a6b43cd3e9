"""How long writes wait for evidence: isolation five seconds of the incident's time, destruction for all of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from console.actions.base import Desk
from console.errors import Refused
from console.model.action import Danger
from console.model.plan import Plan
from console.model.verdict import Stage
from tests.console.actions.incident import SwiftClock, incident, node
from tests.console.actions.sample import Labelling, only
from tests.controlplane import ControlPlane
from tests.failpoints.killing import writes


class Slow(Labelling):
    """The manifest comes at once; the logs only when the test lets them."""

    def __init__(self, destroys: bool = False) -> None:
        super().__init__(destroys=destroys, protects=("node.yaml", "logs"))
        self.go_on = asyncio.Event()
        self.waited_from = 0.0

    async def collect(self, desk: Desk, plan: Plan) -> None:
        self.waited_from = desk.now()
        await desk.capture("node.yaml", plan.target, b"{}")
        await self.go_on.wait()
        await desk.capture("logs", plan.target, b"late")


class Looking(Labelling):
    """A D0 action: reads and captures, writes nothing."""

    def __init__(self, fails: bool = False) -> None:
        super().__init__(Danger.D0)
        self.fails = fails

    async def plan(self, desk: Desk, target, params) -> Plan:  # type: ignore[no-untyped-def]  # as its base
        whole = await super().plan(desk, target, params)
        return Plan(self.spec.id, whole.target, Danger.D0, whole.created)

    async def collect(self, desk: Desk, plan: Plan) -> None:
        await desk.capture("node.yaml", plan.target, b"{}")
        if self.fails:
            raise Refused("The logs cannot be read.")


async def test_isolation_goes_on_after_five_seconds_and_the_rest_follows(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    action = Slow()
    async with incident(controlplane.kubeconfig(), tmp_path, only(action), SwiftClock()) as room:
        room.arm()
        plan = await room.runner.plan("sample.label", node(pair[0]), {})

        outcome = await room.finish(plan)

        written = room.case.state.actions[plan.digest].wrote_at
        assert outcome.stage is Stage.EFFECTIVE
        assert 5.0 <= written - action.waited_from < 15.0
        assert [item.kind for item in room.records("captured")] == ["node.yaml"]

        action.go_on.set()
        async with asyncio.timeout(10):
            while len(room.records("captured")) < 2:
                await asyncio.sleep(0.01)


async def test_destruction_waits_for_its_evidence(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    action = Slow(destroys=True)
    async with incident(controlplane.kubeconfig(), tmp_path, only(action)) as room:
        room.arm()
        plan = await room.runner.plan("sample.label", node(pair[0]), {})
        await room.approve(plan)
        async with asyncio.timeout(10):
            while not room.records("captured"):
                await asyncio.sleep(0.01)
        assert writes(controlplane, pair[0]) == {}

        action.go_on.set()

        assert (await room.runner.follow(plan.digest)).stage is Stage.EFFECTIVE


async def test_a_reading_action_needs_no_arming_and_opens_no_undo(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    controlplane.kubectl("label", "node", pair[0], "sample=yes")
    async with incident(controlplane.kubeconfig(), tmp_path, only(Looking())) as room:
        plan = await room.runner.plan("sample.label", node(pair[0]), {})

        outcome = await room.finish(plan)

        assert (outcome.stage, outcome.exit_code) == (Stage.EFFECTIVE, 0)
        assert room.records("intent") == []
        assert room.case.state.open_undo() == []
        assert room.evidence.get(room.records("captured")[0].blob) == b"{}"


async def test_a_reading_that_fails_says_so_and_keeps_what_it_has(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, only(Looking(fails=True))) as room:
        plan = await room.runner.plan("sample.label", node(pair[0]), {})

        outcome = await room.finish(plan)

        assert (outcome.stage, outcome.text) == (Stage.REFUSED, "The logs cannot be read.")
        assert len(room.records("captured")) == 1
