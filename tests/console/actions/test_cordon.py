"""`node.cordon` and its undo on a real API server: planned, refused, applied, proved, watched, undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.errors import ApiStatus, BadInput, Refused
from console.model.instants import stamp
from console.model.plan import Plan
from console.model.ref import BY_KIND
from console.model.verdict import Outcome, Stage
from console.ports.cluster import Reply, Request
from tests.console.actions.incident import Incident, eventually, incident, node
from tests.controlplane import ControlPlane

RIGHTS = {
    ("get", "nodes"): {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]},
    ("patch", "nodes"): {"apiGroups": [""], "resources": ["nodes"], "verbs": ["patch"]},
}
WATCHES = [
    {"apiGroups": [""], "resources": ["nodes", "pods", "namespaces"], "verbs": ["list", "watch"]},
    {
        "apiGroups": ["admissionregistration.k8s.io"],
        "resources": ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
        "verbs": ["list", "watch"],
    },
]


@pytest.fixture
def spare(controlplane: ControlPlane) -> Iterator[str]:
    """A node of the test's own."""
    (name,) = controlplane.nodes(1, "spare")
    yield name
    controlplane.kubectl("delete", "node", name, "--ignore-not-found")


async def cordon(room: Incident, name: str) -> Plan:
    room.arm()
    return await room.runner.plan("node.cordon", node(name))


def patched_at(controlplane: ControlPlane, name: str) -> list[str]:
    """Audit-IDs of the patches of a node that reached the API server and were not dry-runs."""
    events = [json.loads(line) for line in controlplane.audit_log.read_text().splitlines() if '"patch"' in line]
    return [
        event["auditID"]
        for event in events
        if event["stage"] == "ResponseComplete"
        and event["verb"] == "patch"
        and event["objectRef"].get("name") == name
        and "dryRun" not in event["requestURI"]
    ]


async def test_cordon_is_proved_and_undone(controlplane: ControlPlane, spare: str, tmp_path: Path) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, spare)
        before = controlplane.get("node", spare)

        outcome = await room.finish(plan)

        assert (outcome.stage, outcome.residual, outcome.unverifiable) == (Stage.EFFECTIVE, (), ())
        assert any("its own kubelet" in limit or "node's own kubelet" in limit for limit in outcome.limits)
        assert controlplane.get("node", spare)["spec"]["unschedulable"] is True
        assert [a.planned.digest for a in room.case.state.open_undo()] == [plan.digest]

        undo = await room.runner.plan_undo(plan.digest)
        outcome = await room.finish(undo)

        assert outcome.stage is Stage.EFFECTIVE
        assert room.runner.outcome(plan.digest).stage is Stage.UNDONE
        assert controlplane.get("node", spare)["spec"] == before["spec"]
        assert room.case.state.open_undo() == []


async def test_planning_and_its_dry_run_write_nothing(controlplane: ControlPlane, spare: str, tmp_path: Path) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        before = controlplane.get("node", spare)["metadata"]["uid"], controlplane.get("node", spare)["spec"]

        plan = await room.runner.plan("node.cordon", node(spare))
        tried = await room.runner.dry_run(plan)

        assert [(one.ok, one.able) for one in tried] == [(True, True)]
        assert (controlplane.get("node", spare)["metadata"]["uid"], controlplane.get("node", spare)["spec"]) == before
        assert room.records("intent") == []


async def test_kubectl_line_of_a_plan_does_the_same(controlplane: ControlPlane, spare: str, tmp_path: Path) -> None:
    import shlex

    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await room.runner.plan("node.cordon", node(spare))
        words = shlex.split(plan.steps[0].call.kubectl)

        assert words[0] == "kubectl"
        controlplane.kubectl(*words[1:])

        assert controlplane.get("node", spare)["spec"]["unschedulable"] is True


async def test_a_node_made_again_since_the_plan_is_refused(
    controlplane: ControlPlane, spare: str, tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, spare)
        controlplane.kubectl("delete", "node", spare)
        controlplane.nodes(1, "spare")

        outcome = await room.finish(plan)

        assert (outcome.stage, outcome.exit_code) == (Stage.REFUSED, 5)
        assert plan.target.uid in outcome.text
        assert "unschedulable" not in controlplane.get("node", spare)["spec"]
        assert room.records("intent") == []


async def test_a_pinned_field_that_changed_is_refused_and_shown(
    controlplane: ControlPlane, spare: str, tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, spare)
        controlplane.kubectl("cordon", spare)

        outcome = await room.finish(plan)

        assert outcome.stage is Stage.REFUSED
        assert "it was spec.unschedulable=null; it is spec.unschedulable=true" in outcome.text


async def test_a_status_heartbeat_does_not_void_a_plan(controlplane: ControlPlane, spare: str, tmp_path: Path) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, spare)
        beat = {"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "beat"}]}}
        controlplane.kubectl("patch", "node", spare, "--subresource=status", "-p", json.dumps(beat))

        outcome = await room.finish(plan)

        assert outcome.stage is Stage.EFFECTIVE


async def test_a_conflict_is_read_and_sent_again_under_a_new_id(
    controlplane: ControlPlane, spare: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody labels the node between our read and our write: no pinned field, so the write is tried again."""
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, spare)
        send = room.cluster.send
        raced: list[str] = []

        async def race(request: Request, within: float = 10.0) -> Reply:
            if request.method == "PATCH" and not request.query[1:] and len(raced) < 2:
                raced.append(request.audit_id)
                controlplane.kubectl("label", "node", spare, f"race={len(raced)}", "--overwrite")
            return await send(request, within)

        monkeypatch.setattr(room.cluster, "send", race)

        outcome = await room.finish(plan)

        assert outcome.stage is Stage.EFFECTIVE
        assert [effect.status for effect in room.records("effect")] == [409, 409, 200]
        ids = [intent.audit_id for intent in room.records("intent")]
        assert len(set(ids)) == 3
        assert ids[:2] == raced
        assert set(ids) <= set(patched_at(controlplane, spare))


@pytest.mark.parametrize("left_out", list(RIGHTS))
async def test_each_right_left_out_is_named_by_preflight(
    controlplane: ControlPlane, spare: str, tmp_path: Path, left_out: tuple[str, str]
) -> None:
    controlplane.grant([*(rule for right, rule in RIGHTS.items() if right != left_out), *WATCHES], name=tmp_path.name)
    try:
        async with incident(controlplane.kubeconfig("responder"), tmp_path) as room:
            if left_out == ("get", "nodes"):
                with pytest.raises(ApiStatus, match="get nodes"):
                    await cordon(room, spare)
                return
            plan = await cordon(room, spare)

            found = await room.runner.preflight(plan)
            with pytest.raises(Refused, match="patch nodes"):
                await room.approve(plan)

            assert found.missing == ("patch nodes",)
            assert room.records("approved") == []
    finally:
        controlplane.ungrant(tmp_path.name)


async def test_the_declared_rights_are_enough(controlplane: ControlPlane, spare: str, tmp_path: Path) -> None:
    controlplane.grant([*RIGHTS.values(), *WATCHES], name=tmp_path.name)
    try:
        async with incident(controlplane.kubeconfig("responder"), tmp_path) as room:
            plan = await cordon(room, spare)

            assert (await room.finish(plan)).stage is Stage.EFFECTIVE
            assert (await room.finish(await room.runner.plan_undo(plan.digest))).stage is Stage.EFFECTIVE
    finally:
        controlplane.ungrant(tmp_path.name)


async def test_the_plan_names_the_webhook_that_will_see_it(
    controlplane: ControlPlane, spare: str, tmp_path: Path
) -> None:
    hook: dict[str, Any] = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "watcher"},
        "webhooks": [
            {
                "name": "nodes.watcher.example",
                "clientConfig": {"url": "https://198.51.100.7/see"},
                "failurePolicy": "Ignore",
                "timeoutSeconds": 1,
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "rules": [{"operations": ["UPDATE"], "apiGroups": [""], "apiVersions": ["*"], "resources": ["nodes"]}],
                "objectSelector": {"matchLabels": {"kubernetes.io/hostname": spare}},
            }
        ],
    }
    controlplane.apply(hook)
    try:
        async with incident(controlplane.kubeconfig(), tmp_path) as room:
            plan = await room.runner.plan("node.cordon", node(spare))

            (line,) = plan.webhooks
            assert "watcher/nodes.watcher.example sees this write at https://198.51.100.7/see" in line
            assert "outside the cluster" in line
    finally:
        controlplane.kubectl("delete", "validatingwebhookconfiguration", "watcher")


async def test_a_cordon_that_another_hand_lifts_is_drift(
    controlplane: ControlPlane, spare: str, tmp_path: Path
) -> None:
    """`unschedulable: false` leaves no owner behind: nobody is accused, the hands that wrote are named apart."""
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, spare)
        await room.finish(plan)

        controlplane.kubectl("label", "node", spare, "team=night", "--field-manager=night-shift")
        controlplane.kubectl("patch", "node", spare, "-p", '{"spec":{"unschedulable":false}}')

        await eventually(lambda: room.records("drift"))
        await eventually(lambda: room.runner.outcome(plan.digest).stage is Stage.ACCEPTED)
        (drift,) = room.records("drift")
        assert (drift.digest, drift.manager) == (plan.digest, "")
        assert "spec.unschedulable is no longer as we left it" in drift.text
        assert "night-shift" in {hand.who for hand in room.records("other-hand")}
        assert room.runner.outcome(plan.digest).exit_code == 4


async def test_our_own_undo_is_no_drift(controlplane: ControlPlane, spare: str, tmp_path: Path) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, spare)
        await room.finish(plan)
        await room.finish(await room.runner.plan_undo(plan.digest))
        again = await cordon(room, spare)
        await room.finish(again)
        controlplane.kubectl("label", "node", spare, "later=yes", "--field-manager=somebody")
        await eventually(lambda: any(hand.who == "somebody" for hand in room.records("other-hand")))

        assert room.records("drift") == []


async def test_cordoning_twice_writes_once(controlplane: ControlPlane, spare: str, tmp_path: Path) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        await room.finish(await cordon(room, spare))

        again = await cordon(room, spare)
        outcome: Outcome = await room.finish(again)

        assert (again.steps, outcome.stage) == ((), Stage.EFFECTIVE)
        assert "cordoned already" in again.warnings[0]
        assert len(room.records("intent")) == 1


async def test_a_pod_stands_for_its_node(controlplane: ControlPlane, namespace: str, tmp_path: Path) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "victim", "namespace": namespace},
        "spec": {"nodeName": "node-0", "containers": [{"name": "app", "image": "registry.example/app:1"}]},
    }
    controlplane.apply(pod)
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await room.runner.plan("node.cordon", BY_KIND["Pod"].ref(namespace, "victim"))

        assert (plan.target.kind, plan.target.name) == ("Node", "node-0")


async def test_a_target_that_is_not_there_is_named(controlplane: ControlPlane, tmp_path: Path) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        with pytest.raises(Refused, match="no Node node-77"):
            await room.runner.plan("node.cordon", node("node-77"))
        with pytest.raises(BadInput, match="takes Node"):
            await room.runner.plan("node.cordon", BY_KIND["Secret"].ref("default", "x"))
        with pytest.raises(BadInput, match=r"Did you mean node\.cordon"):
            await room.runner.plan("node.cordn", node("node-0"))
        with pytest.raises(BadInput, match="no parameter 'force'"):
            await room.runner.plan("node.cordon", node("node-0"), {"force": "yes"})


async def test_the_last_control_plane_node_wants_its_name_typed(
    controlplane: ControlPlane, spare: str, tmp_path: Path
) -> None:
    controlplane.kubectl("label", "node", spare, "node-role.kubernetes.io/control-plane=")
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, spare)

        with pytest.raises(Refused, match=f"Type its name, {spare}"):
            await room.approve(plan)

        assert (await room.finish(plan, typed_name=spare)).stage is Stage.EFFECTIVE


async def test_the_attacker_reads_no_word_of_us(controlplane: ControlPlane, spare: str, tmp_path: Path) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        await room.finish(await cordon(room, spare))

        text = json.dumps(controlplane.get("node", spare)).lower()
        shown = controlplane.kubectl("get", "node", spare, "--show-managed-fields", "-o", "yaml").stdout

        assert "warroom" not in text + shown.lower()
        assert room.case.names.manager in shown
        assert ("name", room.case.names.manager) in {(r.topic, r.value) for r in room.records("recorded")}


async def test_a_pod_that_lands_there_all_the_same_is_residual(
    controlplane: ControlPlane, spare: str, namespace: str, tmp_path: Path
) -> None:
    """A pod that names its node passes by the scheduler, and so by the cordon."""
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, spare)
        await room.finish(plan)
        marks = controlplane.kubectl("get", "node", spare, "--show-managed-fields", "-o", "json").stdout
        newest = max(entry["time"] for entry in json.loads(marks)["metadata"]["managedFields"])
        await eventually(lambda: stamp(room.clock.now() - 2) > newest)
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "miner", "namespace": namespace},
            "spec": {"nodeName": spare, "containers": [{"name": "app", "image": "registry.example/app:1"}]},
        }
        controlplane.apply(pod)

        await eventually(lambda: room.runner.outcome(plan.digest).exit_code == 4)

        outcome = room.runner.outcome(plan.digest)
        assert outcome.residual == (f"placed on the node after the cordon: {namespace}/miner",)
        assert outcome.stage is Stage.CONVERGED
