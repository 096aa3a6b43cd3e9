"""How an object stands: from what was observed of the actions that are to contain it, and of no others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.hygiene.exporting import known_safe
from console.incident.affected import status_of
from console.model import entry as e
from console.model.state import IncidentState
from console.ports.clock import ManualClock
from console.ports.session import Approve, PlanAction
from console.ports.views import FindingRow, PlanView, ResourceRow
from tests.console.incident.room import Room, drill_engine


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with drill_engine(tmp_path, ManualClock()) as room:
        yield room


async def test_evidence_contains_nothing(room: Room) -> None:
    """Sealing a pod's logs has its effect, but the pod is as free as it was."""
    ana = await room.sit()
    before = {row.key: row for row in await room.rows("resources", ResourceRow) if row.kind == "Pod"}
    key = next(iter(before))

    plan = await room.ask(ana, PlanAction("evidence.pod", key))
    assert isinstance(plan, PlanView)
    await room.ask(ana, Approve(plan.digest, plan.id, "to look at it"))
    await room.pass_time(5)

    (row,) = [row for row in await room.rows("resources", ResourceRow) if row.key == key]
    about = [one for one in await room.rows("findings", FindingRow) if one.target_key == key]
    assert room.engine.runner.outcome(plan.digest).stage == "effective"
    assert (row.status, [one.contained for one in about if one.contained]) == (before[key].status, [])


def test_an_action_that_wrote_nothing_does_not_hide_what_an_earlier_one_did() -> None:
    """The pod is isolated, as far as can be seen; that deleting it failed changes nothing of that."""
    c = known_safe
    records: list[e.Record] = []
    for digest, action, status, seen in (
        ("a1", "pod.quarantine", 200, "converged"),
        ("b2", "pod.delete", 403, "failed"),
    ):
        planned = (c("Pod shop/web"), c("Pod"), c("shop"), c("web"), c("u1"), c("D2"), c("blob"))
        records += [
            e.Planned(c(digest), c(action), *planned),
            e.Intent(c(digest), 1, c(f"id-{digest}"), c("PATCH"), c("/x")),
            e.Effect(c(digest), 1, c(f"id-{digest}"), status),
            e.Verified(c(digest), c(seen), unverifiable=(c("no data path"),) if status == 200 else ()),
        ]
    state = IncidentState()
    for number, record in enumerate(records, 1):
        state.apply(e.Entry(number, float(number), c("engine"), record, "", ""))

    assert status_of(state.actions.values()) == ("unverifiable", "no data path")
