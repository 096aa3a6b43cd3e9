"""Every action of the first issue, planned, applied, proved and undone on the drill's cluster through a seat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from console.drill.responder import rows_of
from console.ports.session import ActionOutcome, Approve, Arm, Ask, PlanAction, PlanUndo
from console.ports.views import OutcomeView, PlanView
from tests.drills.room import Room, room

_STAY = 120.0
"""Seconds of the drill's clock an outcome is waited for."""


async def _apply(at: Room, request: Ask) -> tuple[PlanView, OutcomeView]:
    plan = await at.session.ask(request)
    assert isinstance(plan, PlanView), plan
    alone = "nobody else is here" if plan.approvers else ""
    outcome: Any = await at.session.ask(Approve(plan.digest, plan.id, "test", plan.type_name, alone, ""))
    end = at.clock.now() + _STAY
    while isinstance(outcome, OutcomeView) and not outcome.final and at.clock.now() < end:
        await at.clock.sleep(1)
        outcome = await at.session.ask(ActionOutcome(plan.digest))
    assert isinstance(outcome, OutcomeView), outcome
    return plan, outcome


async def _first(at: Room, kind: str, start: str) -> str:
    for _ in range(30):
        keys = [row.key for row in await rows_of(at.session, f"browse:{kind}:shop")]
        found = [key for key in keys if key.startswith(f"{kind}/shop/{start}")]
        if found:
            return found[0]
        await at.clock.sleep(1)
    raise AssertionError(f"no {kind} {start}")


@pytest.mark.parametrize(
    ("action", "target"),
    [
        ("workload.suspend", "Deployment/shop/cart"),
        ("workload.suspend", "StatefulSet/shop/db"),
        ("workload.suspend", "DaemonSet/kube-system/kube-proxy"),
        ("workload.suspend", "CronJob/shop/backup"),
        ("node.cordon", "Node//node-2"),
        ("sa.revoke", "ServiceAccount/shop/web"),
    ],
)
async def test_it_is_effective_and_its_undo_too(tmp_path: Path, action: str, target: str) -> None:
    async with room(tmp_path) as at:
        await at.session.ask(Arm("test"))
        await at.clock.sleep(5)

        plan, done = await _apply(at, PlanAction(action, target))
        _, undone = await _apply(at, PlanUndo(plan.digest))

    assert (done.stage, done.exit_code) == ("effective", 0), done
    assert (undone.stage, undone.exit_code) == ("effective", 0), undone


async def test_a_quarantine_names_the_policy_that_is_left_and_is_released(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.session.ask(Arm("test"))
        target = await _first(at, "Pod", "web-")

        plan, done = await _apply(at, PlanAction("pod.quarantine", target))
        _, released = await _apply(at, PlanUndo(plan.digest))

    assert done.stage == "converged"
    assert any("same-namespace allows ingress" in text for text in done.residual)
    assert any("no data path seen" in text for text in done.unverifiable)
    assert released.stage == "effective"


async def test_evidence_is_sealed_and_a_deleted_pod_is_made_again(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.session.ask(Arm("test"))
        target = await _first(at, "Pod", "metrics-proxy-")

        _, sealed = await _apply(at, PlanAction("evidence.pod", target))
        _, deleted = await _apply(at, PlanAction("pod.delete", target))
        kinds = {capture.kind for capture in at.engine.state.captured if not capture.failed}

    assert sealed.stage == "effective"
    assert {"pod.yaml", "pod.logs", "events"} <= kinds
    assert deleted.stage == "effective"
    assert any("was made again by ReplicaSet" in text for text in deleted.residual)


async def test_the_attackers_shell_is_cut(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.session.ask(Arm("test"))
        await at.clock.sleep(5)
        before = at.drill.server.streams.count()

        _, cut = await _apply(at, PlanAction("stream.cut", "ServiceAccount/shop/deployer"))
        after = at.drill.server.streams.count()

    assert cut.stage == "effective"
    assert (before, after) == (1, 0)


async def test_an_account_is_replaced_under_a_new_name(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.session.ask(Arm("test"))
        await at.clock.sleep(5)

        _, done = await _apply(at, PlanAction("sa.replace", "ServiceAccount/shop/backup", params={"name": "backup-2"}))
        accounts = {row.key for row in await rows_of(at.session, "browse:ServiceAccount:shop")}

    assert done.stage == "effective", done
    assert "ServiceAccount/shop/backup-2" in accounts
    assert "ServiceAccount/shop/backup" not in accounts
