"""Names that look like secrets: they are redacted wherever they are shown, and recognised all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from console.drill.callers import Caller
from console.drill.responder import rows_of
from console.model.ref import BY_KIND
from console.ports.cluster import Request
from console.ports.session import ActionOutcome, Approve, Arm, PlanAction
from console.ports.views import OutcomeView, PlanView, ResourceRow
from tests.drills.planting import ADMIN
from tests.drills.room import Room, room

BINDING = "token=hunter22"
POD = "abcdef.0123456789abcdef"
"""A pod may be called like a bootstrap token."""


def put(at: Room, kind: str, name: str, **more: Any) -> None:
    known = BY_KIND[kind]
    version = f"{known.group}/v1" if known.group else "v1"
    body = {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, **more}
    reply = at.drill.server.send(ADMIN, Request("POST", known.path("shop"), body=msgspec.json.encode(body)))
    assert reply.status == 201, reply.body


async def done(at: Room, action: str, target: str) -> OutcomeView:
    plan = await at.session.ask(PlanAction(action, target))
    assert isinstance(plan, PlanView), plan
    outcome: Any = await at.session.ask(
        Approve(plan.digest, plan.id, "test", plan.type_name, "nobody else is here", "")
    )
    end = at.clock.now() + 120
    while isinstance(outcome, OutcomeView) and not outcome.final and at.clock.now() < end:
        await at.clock.sleep(1)
        outcome = await at.session.ask(ActionOutcome(plan.digest))
    assert isinstance(outcome, OutcomeView), outcome
    return outcome


def said(at: Room, tag: str) -> list[str]:
    return [str(entry.record) for entry in at.read() if entry.record.__struct_config__.tag == tag]


async def test_our_own_write_to_it_is_no_alarm_and_its_name_stays_out_of_the_record(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.session.ask(Arm("test"))
        subjects = [{"kind": "ServiceAccount", "namespace": "shop", "name": "web"}]
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
        put(at, "RoleBinding", BINDING, subjects=subjects, roleRef=role)
        await at.clock.sleep(5)

        outcome = await done(at, "sa.revoke", "ServiceAccount/shop/web")
        await at.clock.sleep(10)
        patched = [one for one in said(at, "intent") if "rolebindings/token" in one]
        alarms = [one for one in said(at, "alarm") if "request ids" in one]

    assert outcome.stage == "effective"
    assert patched
    assert "hunter22" not in "".join(patched)
    assert alarms == []


async def test_its_row_says_how_it_stands_and_takes_further_actions(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.session.ask(Arm("test"))
        put(at, "Pod", POD, spec={"containers": [{"name": "app", "image": "registry.example/app:1"}]})
        await at.clock.sleep(5)

        await done(at, "pod.quarantine", f"Pod/shop/{POD}")
        await at.clock.sleep(2)
        rows = [one for one in await rows_of(at.session, "resources") if isinstance(one, ResourceRow)]
        (row,) = [one for one in rows if one.kind == "Pod" and "bootstrap#" in one.name]
        again = await at.session.ask(PlanAction("evidence.pod", row.key))
        known = at.engine.board.affected.keys()

    assert row.status in ("converged", "unverifiable", "residual"), row
    assert isinstance(again, PlanView), again
    assert f"Pod/shop/{POD}" in known
    assert not [key for key in known if "⟨" in key], "no second, nameless member for the same pod"


async def test_other_hands_on_it_are_told(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.session.ask(Arm("test"))
        put(at, "Pod", POD, spec={"containers": [{"name": "app", "image": "registry.example/app:1"}]})
        await at.clock.sleep(5)
        await done(at, "pod.quarantine", f"Pod/shop/{POD}")
        colleague = Caller("bo", ("system:masters", "system:authenticated"))

        patch = Request("PATCH", BY_KIND["Pod"].path("shop", POD), body=b'{"metadata":{"labels":{"a":"b"}}}',
                        content_type="application/merge-patch+json")  # fmt: skip
        at.drill.server.send(colleague, patch)
        await at.clock.sleep(10)
        told = [one for one in said(at, "other-hand") if "bo" in one]

    assert told


async def test_all_of_that_is_known_again_after_a_restart(tmp_path: Path) -> None:
    """The record alone has redacted names; the exact ones are in the plan's bytes and in seals."""
    async with room(tmp_path) as at:
        await at.session.ask(Arm("test"))
        put(at, "Pod", POD, spec={"containers": [{"name": "app", "image": "registry.example/app:1"}]})
        await at.clock.sleep(5)
        await done(at, "pod.quarantine", f"Pod/shop/{POD}")
        state, seal = at.engine.state, at.engine.export.seal
        at.engine.runner._targets.clear()
        at.engine.board.rebuild()
        known = set(at.engine.board.affected)
        path = BY_KIND["Pod"].path("shop", POD)

    assert f"Pod/shop/{POD}" in known
    assert f"PATCH {seal(path)}" in state.audit_ids.values()
