"""What an attacker writes into his objects keeps nobody from containing them; a real API server takes all of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from console.errors import Refused
from console.model.action import Danger
from console.model.ref import BY_KIND
from console.model.verdict import Stage
from console.ports.clock import SystemClock
from tests.cluster import acting as layers
from tests.cluster.accounts import account, binding, role, sa
from tests.cluster.acting import Acting, acting_on, ref_of
from tests.cluster.workloads import bare, deployment
from tests.controlplane import ControlPlane


async def test_a_note_that_anybody_may_write_makes_no_static_pod(acting: Acting, namespace: str) -> None:
    """`kubernetes.io/config.source` may be set on a running pod; only the mirror's own mark may not."""
    await acting.make(bare(namespace, "miner"))
    (pod,) = await acting.ready_pods(namespace, "app=miner", 1)
    await acting.kubectl("annotate", "pod", "miner", "-n", namespace, "kubernetes.io/config.source=file")

    await acting.plan("pod.quarantine", ref_of(pod))
    outcome = await acting.run(await acting.plan("pod.delete", ref_of(pod)))

    assert outcome.stage is Stage.EFFECTIVE, outcome


async def test_a_pod_that_names_its_node_as_owner_can_be_captured(acting: Acting, namespace: str) -> None:
    """As the mirrors of static pods do: a node has no namespace, its pod has one."""
    node = acting.controlplane.nodes(1, f"own-{namespace[-6:]}")[0]
    found = await acting.get("Node", "", node)
    owner = {
        "apiVersion": "v1",
        "kind": "Node",
        "name": node,
        "uid": (found or {})["metadata"]["uid"],
        "controller": True,
    }
    made = bare(namespace, "mirror", nodeName=node)
    made["metadata"]["ownerReferences"] = [owner]
    await acting.make(made)
    (pod,) = await acting.ready_pods(namespace, "app=mirror", 1)

    outcome = await acting.run(await acting.plan("evidence.pod", ref_of(pod)))
    await acting.kubectl("delete", "node", node)

    assert outcome.stage is Stage.EFFECTIVE, outcome
    assert any(one.kind == "owner.yaml" and not one.failed for one in acting.case.state.captured)


async def test_an_account_is_not_replaced_by_one_that_has_rights_or_is_there(acting: Acting, namespace: str) -> None:
    """A binding may name an account before it exists: whoever makes it gets the rights."""
    await acting.make(
        account(namespace, "stolen"),
        account(namespace, "there"),
        role(namespace, "read", ("get", "secrets")),
        binding(namespace, "waiting", "read", sa(namespace, "trap")),
    )
    target = BY_KIND["ServiceAccount"].ref(namespace, "stolen")

    with pytest.raises(Refused, match="exists already"):
        await acting.plan("sa.replace", target, name="there")
    with pytest.raises(Refused, match="would have rights at once, by RoleBinding"):
        await acting.plan("sa.replace", target, name="trap")


async def test_pods_made_since_the_plan_are_captured_before_they_are_killed(acting: Acting, namespace: str) -> None:
    await acting.make(deployment(namespace, "web", 1))
    (first,) = await acting.ready_pods(namespace, "app=web", 1)
    await acting.run(await acting.plan("evidence.pod", ref_of(first)))
    plan = await acting.plan("workload.suspend", ref_of(first))
    assert plan.danger is Danger.D2
    await acting.kubectl("delete", "pod", first["metadata"]["name"], "-n", namespace, "--wait=true")
    second: list[dict[str, object]] = []

    async def replaced() -> bool:
        second[:] = [
            p for p in await acting.listed("pods", namespace) if p["metadata"]["uid"] != first["metadata"]["uid"]
        ]
        return bool(second)

    await acting.until(replaced, "the controller made another pod")
    await asyncio.sleep(1)
    outcome = await acting.run(plan)

    assert outcome.stage is Stage.EFFECTIVE, outcome
    uid = ref_of(second[0]).uid
    assert any(one.uid == uid and one.kind == "pod.yaml" and not one.failed for one in acting.case.state.captured)


class Ahead(SystemClock):
    """Ten minutes ahead of everybody else."""

    def now(self) -> float:
        return super().now() + 600


async def test_a_clock_that_is_ahead_does_not_hide_that_a_pod_came_back(
    controlplane: ControlPlane, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "SystemClock", Ahead)
    async with acting_on(controlplane, tmp_path) as acting:
        await acting.make(deployment(namespace, "web", 1))
        (pod,) = await acting.ready_pods(namespace, "app=web", 1)
        plan = await acting.plan("pod.delete", ref_of(pod))
        await acting.runner.approve(plan.digest, acting.approval(plan))

        async def told() -> bool:
            return any("was made again by ReplicaSet" in line for line in acting.runner.outcome(plan.digest).residual)

        await acting.until(told, "the pod that came back is told")
