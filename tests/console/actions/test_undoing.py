"""The way back: exactly, whatever was lost, changed or taken away meanwhile. Over the drill, on a clock of the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.actions.approving import Approval
from console.actions.base import Applied
from console.actions.contain.quarantine import KEEP_NODE
from console.actions.identity.unrevoke import SaUnrevoke, _goal
from console.actions.pinning import canonical
from console.errors import Unreachable
from console.model.access import Binding, Subject
from console.model.action import Danger, Right
from console.model.facts import Ask, Fact, Known
from console.model.meta import Metadata
from console.model.objects import Pod
from console.model.plan import Call, Plan, Step
from console.model.ref import BY_KIND
from console.ports.clock import ManualClock
from console.ports.cluster import Reply, Request, Ruling
from console.ports.cluster import Subject as Whose
from tests.console.actions.test_watching import carry_out, pod_of, write
from tests.console.incident.room import Room, drill_engine

DEPLOYER = BY_KIND["ServiceAccount"].ref("shop", "deployer")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with drill_engine(tmp_path, ManualClock(), attacked=False) as room:
        yield room


async def without_answers(room: Room, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Carry out a plan all of whose writes arrive, and none of whose answers comes back."""
    cluster = room.engine.cluster
    send = cluster.send

    async def lost(request: Request, within: float = 10.0) -> Reply:
        reply = await send(request, within)
        if request.method != "GET" and ("dryRun", "All") not in request.query and "reviews" not in request.path:
            raise Unreachable("The connection was reset.")
        return reply

    with monkeypatch.context() as patched:
        patched.setattr(cluster, "send", lost)
        await carry_out(room, plan)


async def whole(room: Room, kind: str, namespace: str, name: str) -> dict[str, Any]:
    found = await room.engine.cluster.fetch(BY_KIND[kind].ref(namespace, name))
    assert found is not None
    return found


async def test_rights_come_back_also_when_the_answers_to_their_removal_were_lost(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = room.engine.runner
    revoke = await runner.plan("sa.revoke", DEPLOYER)
    refs = [step.call.ref for step in revoke.steps if step.call.ref.kind != "Secret"]
    before = [(await whole(room, ref.kind, ref.namespace, ref.name))["subjects"] for ref in refs]
    await without_answers(room, revoke, monkeypatch)
    assert (await whole(room, refs[0].kind, refs[0].namespace, refs[0].name))["subjects"] != before[0]

    await carry_out(room, await runner.plan_undo(revoke.digest))

    assert [(await whole(room, ref.kind, ref.namespace, ref.name))["subjects"] for ref in refs] == before
    assert runner.outcome(revoke.digest).stage == "undone"


async def test_a_pod_is_released_also_when_the_answers_to_its_isolation_were_lost(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = room.engine.runner
    quarantine = await runner.plan("pod.quarantine", pod_of(room))
    await without_answers(room, quarantine, monkeypatch)

    await carry_out(room, await runner.plan_undo(quarantine.digest, "network"))

    assert runner.outcome(quarantine.digest).stage == "undone"


async def test_what_was_reviewed_before_a_write_does_not_prove_it(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights are taken away, given back and taken away again; by then no review is answered any more."""
    runner, cluster = room.engine.runner, room.engine.cluster
    await write(room, "DELETE", "/api/v1/namespaces/shop/secrets/deployer-token", {})
    first = await runner.plan("sa.revoke", DEPLOYER)
    await carry_out(room, first)
    assert runner.outcome(first.digest).stage == "effective"
    await carry_out(room, await runner.plan_undo(first.digest), settle=0)
    again = await runner.plan("sa.revoke", DEPLOYER)
    review = cluster.review

    async def silent(rights: Sequence[Right], subject: Whose | None = None) -> tuple[Ruling, ...]:
        if subject is not None:
            await asyncio.Event().wait()
        return await review(rights)

    monkeypatch.setattr(cluster, "review", silent)
    approval = Approval("ana", 1000, again.id, "a test", again.target.name, arm=True)
    await runner.approve(again.digest, approval)
    stages = set()
    for _ in range(40):
        await room.clock.advance(0.25)
        await asyncio.sleep(0.005)
        stages.add(str(runner.outcome(again.digest).stage))

    assert stages <= {"planned", "approved", "running", "unknown", "accepted", "converged"}
    assert "converged" in stages


async def node_and_labels_of(room: Room, name: str) -> tuple[str, dict[str, str]]:
    """Node of a pod, and its labels."""
    pod = await whole(room, "Pod", "shop", name)
    return pod["spec"]["nodeName"], pod["metadata"].get("labels") or {}


async def notes_of(room: Room, node: str) -> dict[str, str]:
    return (await whole(room, "Node", "", node))["metadata"].get("annotations") or {}


async def test_a_pod_that_is_back_with_its_owner_leaves_no_mark_on_its_node(room: Room) -> None:
    runner, pod = room.engine.runner, pod_of(room)
    node, _ = await node_and_labels_of(room, pod.name)
    before = await notes_of(room, node)
    quarantine = await runner.plan("pod.quarantine", pod)
    await carry_out(room, quarantine)
    assert await notes_of(room, node) != before

    await carry_out(room, await runner.plan_undo(quarantine.digest, "reattach"))

    assert await notes_of(room, node) == before


async def test_a_node_stays_protected_while_another_isolated_pod_is_on_it(room: Room) -> None:
    runner, pod = room.engine.runner, pod_of(room)
    node, _ = await node_and_labels_of(room, pod.name)
    pods = [one for one in room.engine.cluster.view("Pod").all("shop") if isinstance(one, Pod)]
    others = [one for one in pods if one.spec.node_name == node and one.metadata.name != pod.name]
    other = next(one for one in others if one.metadata.controller)
    first = await runner.plan("pod.quarantine", pod)
    await carry_out(room, first)
    await carry_out(room, await runner.plan("pod.quarantine", BY_KIND["Pod"].ref("shop", other.metadata.name)))

    release = await runner.plan_undo(first.digest, "reattach")
    await carry_out(room, release)

    assert KEEP_NODE.items() <= (await notes_of(room, node)).items()
    assert any("stays protected" in line for line in release.residual)


async def test_a_release_that_keeps_the_pod_says_what_stays_of_the_isolation(room: Room) -> None:
    runner, pod = room.engine.runner, pod_of(room)
    node, _ = await node_and_labels_of(room, pod.name)
    quarantine = await runner.plan("pod.quarantine", pod)
    await carry_out(room, quarantine)

    release = await runner.plan_undo(quarantine.digest, "network")

    assert any(f"node {node} stays protected" in line for line in release.residual)


async def test_labels_and_notes_that_others_set_meanwhile_are_not_overwritten_in_silence(room: Room) -> None:
    runner, pod = room.engine.runner, pod_of(room)
    _, labels = await node_and_labels_of(room, pod.name)
    quarantine = await runner.plan("pod.quarantine", pod)
    await carry_out(room, quarantine)
    label, note = next(iter(labels)), "cluster-autoscaler.kubernetes.io/safe-to-evict"
    body = {"metadata": {"labels": {label: "theirs", "new": "theirs"}, "annotations": {note: "true"}}}
    await write(room, "PATCH", f"/api/v1/namespaces/shop/pods/{pod.name}", body)

    release = await runner.plan_undo(quarantine.digest, "reattach")
    await carry_out(room, release)

    told = " ".join(release.warnings)
    assert f"{label}=theirs" in told
    assert f"{note}=true" in told
    back = (await whole(room, "Pod", "shop", pod.name))["metadata"]
    assert (back["labels"], back["annotations"][note]) == ({**labels, "new": "theirs"}, "true")


async def test_a_binding_made_anew_by_another_hand_gets_back_what_was_taken_out_and_keeps_the_rest(room: Room) -> None:
    """Its uid is another one: it was neither deleted for good, nor is it ours to make again."""
    runner, path = room.engine.runner, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    binding = await whole(room, "ClusterRoleBinding", "", "ci-deployer")
    revoke = await runner.plan("sa.revoke", DEPLOYER)
    await carry_out(room, revoke)
    theirs = {"kind": "User", "name": "carol", "apiGroup": "rbac.authorization.k8s.io"}
    await write(room, "DELETE", f"{path}/ci-deployer", {})
    made = {key: binding[key] for key in ("apiVersion", "kind", "roleRef")}
    await write(room, "POST", path, {**made, "metadata": {"name": "ci-deployer"}, "subjects": [theirs]})

    undo = await runner.plan_undo(revoke.digest)
    await carry_out(room, undo)

    assert any("made anew by another hand" in line for line in undo.warnings)
    subjects = (await whole(room, "ClusterRoleBinding", "", "ci-deployer"))["subjects"]
    assert {one["name"] for one in subjects} == {"carol", "deployer"}
    assert runner.outcome(revoke.digest).stage == "undone"


def test_an_account_of_another_namespace_does_not_pass_for_the_one_that_is_missing() -> None:
    """Both are called ci; only one of them was put back."""
    both = [{"kind": "ServiceAccount", "namespace": space, "name": "ci"} for space in ("shop", "other")]
    ref = BY_KIND["ClusterRoleBinding"].ref("", "shared", "u1")
    step = Step(Call("PATCH", "/x", ref, body=canonical({"subjects": both})))
    plan = Plan("sa.unrevoke", DEPLOYER, Danger.D2, 0.0, (step,), context=canonical({"goals": [_goal(step)]}))
    left = Binding(
        metadata=Metadata(name="shared"), subjects=[Subject(kind="ServiceAccount", name="ci", namespace="other")]
    )

    class Seen:
        def now(self) -> float:
            return 1.0

        def get(self, ask: Ask) -> Fact:
            return Known(left, 1.0, "watch")

    assert SaUnrevoke().effective(Seen(), Applied(plan, 0.0, {}, {})).truth is False


async def test_a_debt_is_paid_when_what_was_owed_is_gone_or_given_back_by_another_hand(room: Room) -> None:
    """Else the register could never be empty again, and no incident whose namespace was deleted could be closed."""
    runner, pod = room.engine.runner, pod_of(room)
    quarantine = await runner.plan("pod.quarantine", pod)
    suspend = await runner.plan("workload.suspend", BY_KIND["Deployment"].ref("shop", "web"))
    revoke = await runner.plan("sa.revoke", DEPLOYER)
    for plan in (quarantine, suspend, revoke):
        await carry_out(room, plan)
    for step in (await runner.plan_undo(revoke.digest)).steps:
        if step.call.ref.kind != "Secret":
            await write(room, "PATCH", step.call.path, {"subjects": msgspec.json.decode(step.call.body)["subjects"]})
    policy = quarantine.context_value()["policy"]
    for path in (
        BY_KIND["NetworkPolicy"].path("shop", policy),
        BY_KIND["Pod"].path("shop", pod.name),
        BY_KIND["Deployment"].path("shop", "web"),
        BY_KIND["Secret"].path("shop", "deployer-token"),
    ):
        await write(room, "DELETE", path, {})
    await room.pass_time(40)

    for plan in (quarantine, suspend, revoke):
        undo = await runner.plan_undo(plan.digest)
        assert undo.steps == ()
        assert any("nothing is written" in line for line in undo.warnings)
        await carry_out(room, undo)

    assert [str(one.planned.action) for one in room.engine.state.open_undo()] == []


async def test_a_cordon_that_another_hand_lifted_is_no_debt_any_more(room: Room) -> None:
    runner, pod = room.engine.runner, pod_of(room)
    node, _ = await node_and_labels_of(room, pod.name)
    cordon = await runner.plan("node.cordon", BY_KIND["Node"].ref("", node))
    await carry_out(room, cordon)
    await write(room, "PATCH", f"/api/v1/nodes/{node}", {"spec": {"unschedulable": None}})

    await carry_out(room, await runner.plan_undo(cordon.digest))

    assert room.engine.state.open_undo() == []


async def test_the_account_itself_is_sealed_before_its_rights_are_taken_away(room: Room) -> None:
    await carry_out(room, await room.engine.runner.plan("sa.revoke", DEPLOYER))

    sealed = [one for one in room.engine.state.captured if one.kind == "account.yaml" and not one.failed]
    assert str(sealed[0].target) == f"ServiceAccount {DEPLOYER}"
