"""`node.cordon` and its undo on a real API server: planned, applied, proved, undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.model.verdict import Stage
from tests.console.actions.incident import incident, node
from tests.controlplane import ControlPlane


@pytest.fixture
def spare(controlplane: ControlPlane) -> Iterator[str]:
    """A node of the test's own."""
    (name,) = controlplane.nodes(1, "spare")
    yield name
    controlplane.kubectl("delete", "node", name, "--ignore-not-found")


async def test_cordon_is_proved_and_undone(controlplane: ControlPlane, spare: str, tmp_path: Path) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        room.arm()
        plan = await room.runner.plan("node.cordon", node(spare))
        before = controlplane.get("node", spare)

        outcome = await room.finish(plan)

        assert (outcome.stage, outcome.residual, outcome.unverifiable) == (Stage.EFFECTIVE, (), ())
        assert controlplane.get("node", spare)["spec"]["unschedulable"] is True
        assert [a.planned.digest for a in room.case.state.open_undo()] == [plan.digest]

        undo = await room.runner.plan_undo(plan.digest)
        outcome = await room.finish(undo)

        assert outcome.stage is Stage.EFFECTIVE
        assert room.runner.outcome(plan.digest).stage is Stage.UNDONE
        assert controlplane.get("node", spare)["spec"] == before["spec"]
        assert room.case.state.open_undo() == []
