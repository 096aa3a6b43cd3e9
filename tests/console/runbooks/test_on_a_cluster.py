"""The checklist over a real control plane: real objects, real access reviews, real token Secrets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from console.checks import asking
from console.checks.shipped import shipped
from console.cluster.connecting import connect
from console.cluster.live import LiveCluster
from console.cluster.options import ConnectOptions
from console.incident.factbook import FactBook
from console.model.action import Right
from console.model.entry import Entry, Recorded
from console.model.facts import Known
from console.model.ref import BY_KIND, ResourceRef
from console.model.state import IncidentState
from console.model.text import Clean
from console.model.verdict import Verdict
from console.policy.rbac import account_groups, account_user
from console.ports.clock import SystemClock
from console.ports.tasks import Tasks
from console.runbooks.checklist import Checklist
from console.runbooks.loading import load_items
from console.runbooks.states import ItemState
from tests.controlplane.running import ControlPlane

PODS = {
    "apiVersion": "apps/v1", "kind": "Deployment",
    "spec": {
        "replicas": 1, "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "main", "image": "registry.example/web:1"}]},
        },
    },
}  # fmt: skip


class NoAudit:
    blind_before = 0.0

    def open_streams(self, user: str) -> list[tuple[str, str, str, str, float]]:
        return []

    def calls_since(self, user: str, since: float) -> int:
        return 0


class Seen:
    """A checklist and its facts over a live cluster."""

    def __init__(self, cluster: LiveCluster) -> None:
        self.affected: list[ResourceRef] = []
        self.state, self.clock = IncidentState(), SystemClock()
        self.book = FactBook(cluster, lambda: self.state, NoAudit(), lambda: self.affected, lambda: (), self.clock)
        self.checklist = Checklist(load_items(shipped()), shipped())

    def items(self) -> dict[str, ItemState]:
        facts = self.book.reading()
        return {one.item: one for one in self.checklist.evaluate(facts, self.state, self.affected, facts.now())}

    async def until(self, name: str, target: ResourceRef, good: Callable[[Verdict], bool]) -> Verdict:
        """Judge on every change until the verdict is as wanted."""
        async with asyncio.timeout(30):
            while True:
                seen = self.book.revision
                verdict = shipped()[name](self.book.reading(), target)
                if good(verdict):
                    return verdict
                await self.book.wait_change(seen)


@asynccontextmanager
async def seeing(plane: ControlPlane, folder: Path) -> AsyncIterator[Seen]:
    clock, tasks = SystemClock(), Tasks()
    cluster = LiveCluster(await connect(ConnectOptions((plane.kubeconfig(),), folder), clock), clock, bytes(range(32)))
    seen = Seen(cluster)
    seen.book.start(tasks)
    try:
        yield seen
    finally:
        await tasks.close()
        seen.book.close()
        await cluster.close()


def is_(truth: bool | None) -> Callable[[Verdict], bool]:
    return lambda verdict: verdict.truth is truth


def owned(obj: dict[str, Any], name: str, namespace: str) -> dict[str, Any]:
    return {**obj, "metadata": {"name": name, "namespace": namespace}}


async def test_a_default_cluster_has_no_powerful_binding_to_judge_until_somebody_makes_one(
    controlplane: ControlPlane, tmp_path: Path
) -> None:
    """On a cluster of its own: the one of the run has the bindings of other tests."""
    assert controlplane.binary.is_file()
    with ControlPlane() as own:
        async with seeing(own, tmp_path) as seen:
            before = await seen.until("rbac.tight", ResourceRef(), lambda v: v.truth is not None)
            own.kubectl("create", "clusterrolebinding", "backdoor", "--clusterrole=cluster-admin", "--user=eve")
            after = await seen.until(
                "rbac.tight", ResourceRef(), lambda v: v.truth is False and "backdoor" in v.observed
            )
    assert "backdoor" not in before.observed
    assert "cluster-admin for User eve" in after.observed


async def test_access_reviews_and_token_secrets_are_probed(
    controlplane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    secret = {
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
        "metadata": {
            "name": "old-token", "namespace": namespace,
            "annotations": {"kubernetes.io/service-account.name": "default"},
        },
    }  # fmt: skip
    controlplane.apply(secret)
    user, groups = account_user(namespace, "default"), account_groups(namespace)
    right = Right("list", "secrets", "", namespace)
    async with seeing(controlplane, tmp_path) as seen:
        account = BY_KIND["ServiceAccount"].ref(namespace, "default")
        verdict = await seen.until("account.stripped", account, is_(False))
        assert "old-token" in verdict.observed
        tokens = seen.book.get(asking.token_secrets(namespace, "default"))
        assert isinstance(tokens, Known)
        assert tokens.value == (("old-token", ""),)
        controlplane.kubectl(
            "label", "secret", "old-token", "-n", namespace, "kubernetes.io/legacy-token-invalid-since=2026-05-01"
        )
        seen.book.renew("token_secrets")
        assert (await seen.until("account.stripped", account, is_(True))).truth is True
        controlplane.kubectl(
            "create",
            "rolebinding",
            "reader",
            "-n",
            namespace,
            "--clusterrole=edit",
            f"--serviceaccount={namespace}:default",
        )
        verdict = await seen.until("account.stripped", account, is_(False))
        assert "bindings still reach it" in verdict.observed
        async with asyncio.timeout(20):
            while not (isinstance(fact := seen.book.get(asking.allowed(user, right, groups)), Known) and fact.value):
                await seen.book.wait_change()


async def test_items_tick_and_regress_with_the_real_objects(
    controlplane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    controlplane.apply(owned(PODS, "web", namespace))
    node = BY_KIND["Node"].ref("", "node-0", controlplane.get("node", "node-0")["metadata"]["uid"])
    work = BY_KIND["Deployment"].ref(namespace, "web", controlplane.get("deploy", "web", namespace)["metadata"]["uid"])
    space = BY_KIND["Namespace"].ref("", namespace)
    async with seeing(controlplane, tmp_path) as seen:
        seen.affected = [node, work]
        await seen.until("workload.quiet", work, is_(False))
        controlplane.kubectl("cordon", "node-0")
        try:
            await seen.until("node.closed", node, is_(True))
        finally:
            controlplane.kubectl("uncordon", "node-0")
        await seen.until("node.closed", node, is_(False))
        controlplane.kubectl("scale", "deploy", "web", "-n", namespace, "--replicas=0")
        await seen.until("workload.quiet", work, is_(True))
        assert (await seen.until("namespace.denied", space, is_(False))).observed.startswith("policies 0")
        controlplane.apply(
            {
                "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                "metadata": {"name": "deny", "namespace": namespace},
                "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
            }
        )  # fmt: skip
        await seen.until("namespace.denied", space, is_(True))
        states = seen.items()
    assert states["CON-01"].total == 1
    assert states["SVC-01"].observed.startswith(f"Deployment {namespace}/web stands still")
    assert "must hold 10 m" in states["SVC-01"].observed


async def test_an_intruders_webhook_and_cron_job_are_listed_since_t0(
    controlplane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    cron = {
        "apiVersion": "batch/v1", "kind": "CronJob",
        "spec": {
            "schedule": "0 0 1 1 *",
            "jobTemplate": {
                "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": "x"}]}}}
            },
        },
    }  # fmt: skip
    controlplane.apply(owned(cron, "miner", namespace))
    made = controlplane.get("cronjob", "miner", namespace)["metadata"]["creationTimestamp"]
    async with seeing(controlplane, tmp_path) as seen:
        # Not earlier: the cluster of the run has what other tests made, and only the first few are named.
        said = Recorded(Clean("t0.estimate"), Clean(made), Clean("ana"))
        seen.state.apply(Entry(1, seen.clock.now(), Clean("ana"), said, "", ""))
        listed = await seen.until("autorun.judged", ResourceRef(), is_(False))
        assert f"CronJob {namespace}/miner" in listed.observed
