"""How an object stands: from what was observed of the actions that are to contain it, and of no others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from console.hygiene.exporting import known_safe
from console.incident.affected import status_of
from console.model import entry as e
from console.model.ref import BY_KIND
from console.model.state import IncidentState
from console.ports.clock import ManualClock
from console.ports.cluster import Request
from console.ports.session import Approve, Arm, PlanAction
from console.ports.views import FindingRow, PlanView, ResourceRow
from tests.console.incident.room import ACCOUNT, Room, drill_engine
from tests.drills.planting import ADMIN


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


async def test_what_was_done_to_an_account_says_nothing_of_one_made_anew_under_its_name(room: Room) -> None:
    ana = await room.sit()
    await room.ask(ana, Arm("stop it"))
    plan = await room.ask(ana, PlanAction("sa.revoke", ACCOUNT))
    assert isinstance(plan, PlanView)
    await room.ask(ana, Approve(plan.digest, plan.id, "stop it"))
    await room.pass_time(10)
    assert (await _row(room)).status not in ("open", "drift", "running")

    server = room.engine.cluster._transport._sim  # type: ignore[attr-defined]  # the attacker's way in
    kind = BY_KIND["ServiceAccount"]
    server.send(ADMIN, Request("DELETE", kind.path("shop", "deployer")))
    again = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "deployer", "namespace": "shop"}}
    server.send(ADMIN, Request("POST", kind.path("shop"), body=msgspec.json.encode(again)))
    await room.pass_time(5)

    after = await _row(room)
    assert (after.status, "made anew since sa.revoke: nothing was done to this one" in after.left) == ("open", True)
    assert not [one for one in await room.rows("findings", FindingRow) if one.target_key == ACCOUNT and one.contained]


async def _row(room: Room) -> ResourceRow:
    (row,) = [one for one in await room.rows("resources", ResourceRow) if one.key == ACCOUNT]
    return row


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
    assert status_of(state.actions.values(), "u1") == ("unverifiable", "no data path")
    assert status_of(state.actions.values(), "u2")[0] == "open"
    state.apply(
        e.Entry(99, 99.0, c("engine"), e.Drifted(c("a1"), c("Pod shop/web"), c("bo"), c("was deleted")), "", "")
    )
    assert status_of(state.actions.values(), "u2") == ("drift", "was deleted")
