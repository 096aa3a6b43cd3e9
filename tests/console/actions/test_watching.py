"""The eye on what was written to stays open, whatever happens meanwhile. Over the drill, on a clock of the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.actions.approving import Approval
from console.cluster.live import LiveCluster
from console.model.audit import AuditEvent
from console.model.entry import Alarm, Drifted, OtherHand
from console.model.objects import Pod
from console.model.plan import Plan
from console.model.ref import BY_KIND, ResourceRef
from console.ports.clock import ManualClock
from console.ports.cluster import Reply, Request
from tests.console.incident.room import Room, drill_engine


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with drill_engine(tmp_path, ManualClock(), attacked=False) as room:
        yield room


def pod_of(room: Room) -> ResourceRef:
    """A running pod of a ReplicaSet."""
    pods = room.engine.cluster.view("Pod").all("shop")
    pod = next(one for one in pods if one.metadata.controller and one.metadata.controller.kind == "ReplicaSet")
    return BY_KIND["Pod"].ref("shop", pod.metadata.name, pod.metadata.uid)


async def carry_out(room: Room, plan: Plan, settle: float = 5.0) -> None:
    """Approve, and let time pass until nothing more is to be waited for: evidence is sealed in threads of their own."""
    approval = Approval("ana", 1000, plan.id, "a test", plan.target.name, "nobody else is here", arm=True)
    await room.engine.runner.approve(plan.digest, approval)
    async with asyncio.timeout(30):
        while not room.engine.runner.is_final(plan.digest):
            await room.clock.advance(0.25)
            await asyncio.sleep(0.001)
    await room.pass_time(settle)


async def write(room: Room, method: str, path: str, body: dict[str, Any], manager: str = "kubectl-edit") -> None:
    """Somebody else's write."""
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    query = (("fieldManager", manager),)
    reply = await room.engine.cluster.send(Request(method, path, query, msgspec.json.encode(body), kind, "theirs"))
    assert reply.status < 300, reply.body
    await room.pass_time(2)


def records(room: Room, kind: type) -> list[Any]:
    return [entry.record for entry in room.engine.chronicle.journal.read() if isinstance(entry.record, kind)]


async def test_a_change_of_an_object_that_is_no_longer_watched_does_not_end_the_watch(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pod was released; it changes while another touched object is read. The cordon is still to be watched."""
    runner, cluster, pod = room.engine.runner, room.engine.cluster, pod_of(room)
    assert isinstance(cluster, LiveCluster)
    found = cluster.view("Pod").get("shop", pod.name)
    assert isinstance(found, Pod)
    node = found.spec.node_name
    cordon = await runner.plan("node.cordon", BY_KIND["Node"].ref("", node))
    await carry_out(room, cordon)
    quarantine = await runner.plan("pod.quarantine", pod)
    await carry_out(room, quarantine)
    release, fetch = await runner.plan_undo(quarantine.digest), cluster.fetch

    async def meanwhile(ref: ResourceRef) -> Any:
        for kind, space, name in (("Pod", "shop", pod.name), ("Node", "", node)):
            if found := cluster.view(kind).get(space, name):
                cluster._tell("updated", kind, found, found)
        return await fetch(ref)

    monkeypatch.setattr(cluster, "fetch", meanwhile)
    await carry_out(room, release)
    monkeypatch.setattr(cluster, "fetch", fetch)
    await write(room, "PATCH", f"/api/v1/nodes/{node}", {"spec": {"unschedulable": None}})

    assert [one.text for one in records(room, Alarm) if "runner" in one.text] == []
    assert [one.digest for one in records(room, Drifted)] == [cordon.digest]


@pytest.mark.parametrize("mode", ["network", "reattach"])
async def test_our_own_undo_is_no_drift_of_what_it_undoes(room: Room, mode: str) -> None:
    """Its first write is seen long before all of it has had its effect."""
    runner, pod = room.engine.runner, pod_of(room)
    quarantine = await runner.plan("pod.quarantine", pod)
    await carry_out(room, quarantine)

    await carry_out(room, await runner.plan_undo(quarantine.digest, mode))

    assert runner.outcome(quarantine.digest).stage == "undone"
    assert records(room, Drifted) == []


async def test_who_borrows_our_field_manager_is_not_taken_for_us(room: Room) -> None:
    """He has read its name in the object's managedFields."""
    runner, pod = room.engine.runner, pod_of(room)
    quarantine = await runner.plan("pod.quarantine", pod)
    await carry_out(room, quarantine)

    body = {"metadata": {"labels": {room.engine.case.names.of("label key"): "free"}}}
    await write(room, "PATCH", f"/api/v1/namespaces/shop/pods/{pod.name}", body, room.engine.case.names.manager)

    (told,) = records(room, Drifted)
    assert "is no longer as we left it" in told.text


async def test_who_changes_his_name_with_each_write_does_not_fill_the_record(room: Room) -> None:
    runner, pod = room.engine.runner, pod_of(room)
    quarantine = await runner.plan("pod.quarantine", pod)
    await carry_out(room, quarantine)
    key = room.engine.case.names.of("label key")
    mine = quarantine.context_value()["value"]

    for number in range(40):
        body = {"metadata": {"labels": {key: mine if number % 2 else "free"}}}
        await write(room, "PATCH", f"/api/v1/namespaces/shop/pods/{pod.name}", body, f"editor-{number}")

    hands = [one for one in records(room, OtherHand) if one.text.startswith(("Update by", "more than"))]
    assert 6 <= len(hands) <= 12
    assert any(one.text.startswith("more than 5 field managers") for one in hands)
    assert 1 <= len(records(room, Drifted)) <= 10


async def test_what_was_done_of_an_action_that_stopped_half_way_is_watched_too(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protecting the node failed, but the pod is isolated: who lets it out must be seen."""
    runner, cluster, pod = room.engine.runner, room.engine.cluster, pod_of(room)
    quarantine, send = await runner.plan("pod.quarantine", pod), cluster.send

    async def refusing(request: Request, within: float = 10.0) -> Reply:
        if request.method == "PATCH" and "/nodes/" in request.path and ("dryRun", "All") not in request.query:
            return Reply(403, b'{"kind":"Status","message":"no","reason":"Forbidden"}')
        return await send(request, within)

    monkeypatch.setattr(cluster, "send", refusing)
    await carry_out(room, quarantine)
    monkeypatch.setattr(cluster, "send", send)
    assert runner.outcome(quarantine.digest).stage == "partial"

    body = {"metadata": {"labels": {room.engine.case.names.of("label key"): "free"}}}
    await write(room, "PATCH", f"/api/v1/namespaces/shop/pods/{pod.name}", body)

    (told,) = records(room, Drifted)
    assert (told.digest, told.manager) == (quarantine.digest, "kubectl-edit")


async def test_who_writes_to_what_an_action_made_is_named_by_the_audit_record(room: Room) -> None:
    """The policy of a quarantine is no target of anything, and a delete leaves no manager behind."""
    runner, pod = room.engine.runner, pod_of(room)
    quarantine = await runner.plan("pod.quarantine", pod)
    await carry_out(room, quarantine)
    (policy,) = [step.call.ref for step in quarantine.steps if step.call.ref.kind == "NetworkPolicy"]
    event = {
        "kind": "Event", "auditID": "x1", "level": "Metadata", "stage": "ResponseComplete", "verb": "delete",
        "requestURI": BY_KIND["NetworkPolicy"].path(policy.namespace, policy.name), "userAgent": "curl/8",
        "user": {"username": "mallory"}, "sourceIPs": ["192.0.2.7"], "responseStatus": {"code": 200},
        "objectRef": {"resource": "networkpolicies", "apiGroup": "networking.k8s.io", "apiVersion": "v1",
                      "namespace": policy.namespace, "name": policy.name},
        "requestReceivedTimestamp": "2026-11-23T07:00:00.000000Z", "stageTimestamp": "2026-11-23T07:00:00.000000Z",
    }  # fmt: skip

    room.engine.hands.feed([msgspec.convert(event, AuditEvent)])

    (told,) = [one for one in records(room, OtherHand) if one.who == "mallory"]
    assert str(told.target) == f"NetworkPolicy {policy}"
