"""One incident, end to end, by commands: seen in the audit log, planned, approved, proved, undone, on record.

Everything is real: API server, controllers, audit log, engine process, socket, journal.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from console.incident.pipeline import COUNTS
from console.model.instants import stamp
from console.ports.views import ChangeRow, FindingRow, ResourceRow
from tests.cluster.intrusion import Intruder, approves_client_certificate, clean_up
from tests.controlplane.running import ControlPlane
from tests.engine.running import Installation, until


def break_in(controlplane: ControlPlane, namespace: str) -> None:
    """A stolen account is made cluster-admin, dumps the secrets and enters a pod."""
    controlplane.kubectl("-n", namespace, "create", "serviceaccount", "ci")
    controlplane.kubectl("create", "clusterrolebinding", f"x-{namespace}", "--clusterrole=cluster-admin",
                         f"--serviceaccount={namespace}:ci")  # fmt: skip
    controlplane.kubectl("get", "secrets", "-A", f"--as=system:serviceaccount:{namespace}:ci")


def approved(warroom: Installation, *command: str) -> dict[str, object]:
    """Plan a command, approve exactly that plan with a reason, and return the outcome it ended with."""
    digest = warroom.json(*command, "--plan")["digest"]
    done = warroom.run(*command, "--approve", digest, "--reason", "stolen account", "--json")
    outcome: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr
    return outcome


def may_list_secrets(controlplane: ControlPlane, namespace: str) -> str:
    account = f"--as=system:serviceaccount:{namespace}:ci"
    return controlplane.kubectl("auth", "can-i", "list", "secrets", "-A", account, check=False).stdout.strip()


async def test_an_intrusion_is_seen_contained_proved_and_undone(
    warroom: Installation, controlplane: ControlPlane, namespace: str
) -> None:
    break_in(controlplane, namespace)
    assert warroom.run("status").returncode == 1, "status must not start an engine"
    revoke = ("contain", "sa.revoke", "sa/ci", "-n", namespace)
    warroom.json(*revoke, "--plan")
    async with warroom.seat() as seat:
        findings = await until(seat, "findings", FindingRow, lambda rows: bound(rows, namespace) != [])
        assert {"cluster-admin bound", "all secrets listed"} <= {row.title for row in findings}

    assert approved(warroom, *revoke)["stage"] == "effective"
    assert may_list_secrets(controlplane, namespace) == "no"
    async with warroom.seat() as seat:
        rows = await until(seat, "resources", ResourceRow, lambda rows: any(r.status == "effective" for r in rows))
        assert [row.status for row in rows if row.key == f"ServiceAccount/{namespace}/ci"] == ["effective"]

    register = warroom.json("undo")
    assert approved(warroom, "undo", register["id"])["stage"] == "effective"
    assert may_list_secrets(controlplane, namespace) == "yes"
    assert warroom.run("undo").stdout.strip() == "Nothing is left to undo."
    assert warroom.run("journal", "verify").returncode == 0


def bound(rows: list[FindingRow], namespace: str) -> list[int]:
    """Counts of the finding that cluster-admin was bound in this test."""
    return [row.count for row in rows if row.target == f"x-{namespace}" and row.severity == "critical"]


async def test_what_happened_before_anybody_looked_shows_on_opening_without_any_source(
    warroom: Installation, controlplane: ControlPlane, namespace: str
) -> None:
    """The breach began before the tool did: the cluster's own marks are all there is, and they are shown at once."""
    break_in(controlplane, namespace)
    controlplane.kubectl("-n", namespace, "create", "deployment", "web", "--image=registry.example/web:1")
    controlplane.kubectl("-n", namespace, "rollout", "status", "deployment/web", "--timeout=60s")
    controlplane.kubectl("-n", namespace, "set", "image", "deployment/web", "*=registry.example/miner:1")
    intruder = Intruder(controlplane, namespace)
    try:
        approves_client_certificate(intruder)
        warned = {"metadata": {"name": "odd", "namespace": namespace}, "apiVersion": "v1", "kind": "Event"}
        about = {"kind": "Pod", "namespace": namespace, "name": "web", "apiVersion": "v1"}
        more = {"involvedObject": about, "type": "Warning", "reason": "Odd", "lastTimestamp": stamp(time.time())}
        controlplane.apply({**warned, **more})
        warroom.run("undo", sources=False)
        async with warroom.seat() as seat:
            wanted = {f"x-{namespace}", f"{namespace}/ci", f"{namespace}/web", intruder.certificate}
            rows = await until(seat, "changes", ChangeRow, lambda rows: wanted <= {row.name for row in rows})
    finally:
        clean_up(intruder)

    hands = {(str(row.verb), str(row.kind), str(row.name)): row.manager for row in rows}
    assert hands["created", "Deployment", f"{namespace}/web"] == "kubectl-set"
    assert hands["created", "ClusterRoleBinding", f"x-{namespace}"] == "kubectl-create"
    assert ("warned", "Pod", f"{namespace}/web") in hands
    (signed,) = [row.text for row in rows if row.name == intruder.certificate]
    assert signed.startswith(f"Approved, asked by {intruder.user} for kubernetes.io/kube-apiserver-client")


def test_nothing_is_written_without_a_reason(warroom: Installation, controlplane: ControlPlane) -> None:
    cordon = ("contain", "node.cordon", "node/node-1")
    plan = warroom.json(*cordon, "--plan")

    refused = warroom.run(*cordon, "--approve", plan["digest"])

    assert refused.returncode == 5
    assert "READ-ONLY" in refused.stderr
    assert controlplane.kubectl("get", "node", "node-1", "-o", "jsonpath={.spec.unschedulable}").stdout == ""


async def test_a_killed_engine_comes_back_with_everything_it_knew(
    warroom: Installation, controlplane: ControlPlane, namespace: str
) -> None:
    break_in(controlplane, namespace)
    warroom.run("contain", "node.cordon", "node/node-0", "--plan")
    async with warroom.seat() as seat:
        before = await until(seat, "findings", FindingRow, lambda rows: bound(rows, namespace) != [])
    warroom.kill()
    assert warroom.run("status").returncode == 1

    warroom.run("undo")
    async with warroom.seat() as seat:
        after = await until(seat, "findings", FindingRow, lambda rows: len(rows) >= len(before), before)

    known = {row.key: row.count for row in after}
    assert all(known[row.key] >= row.count for row in before if row.target == f"x-{namespace}")
    assert bound(after, namespace) == [1], "the log must not be read twice"
    assert warroom.run("journal", "verify").returncode == 0


async def test_what_an_attacker_does_in_small_steps_is_counted_across_a_killed_engine(
    warroom: Installation, controlplane: ControlPlane, namespace: str
) -> None:
    """Secrets of five namespaces within ten minutes are a finding, though the engine had seen only four of them."""
    account = f"system:serviceaccount:{namespace}:ci"
    break_in(controlplane, namespace)
    warroom.run("contain", "node.cordon", "node/node-0", "--plan")
    for other in ("default", "kube-system", "kube-public", "kube-node-lease"):
        controlplane.kubectl("-n", other, "get", "secrets", f"--as={account}")
    async with asyncio.timeout(60):
        while len(counted(warroom.state, "K8S-SECRETS-SWEEP", account)) < 4:
            await asyncio.sleep(0.05)
    warroom.kill()

    controlplane.kubectl("-n", namespace, "get", "secrets", f"--as={account}")
    warroom.run("undo")
    async with warroom.seat() as seat:
        rows = await until(seat, "findings", FindingRow, lambda rows: sweeps(rows, f"{namespace}/ci") != [])
    assert sweeps(rows, f"{namespace}/ci") == [5]


def counted(state: Path, rule: str, caller: str) -> list[object]:
    """What an engine has put on disk of a count that is under way."""
    (base,) = state.glob("*/findings.db")
    with closing(sqlite3.connect(f"file:{base}?mode=ro", uri=True)) as reading:
        kept = reading.execute("SELECT position FROM positions WHERE source = ?", (COUNTS,)).fetchone()
    windows = json.loads(kept[0])[0] if kept else {}
    return [seen for key, *_, seen in windows.get(rule, ()) if key == [caller] for seen in seen]


def sweeps(rows: list[FindingRow], caller: str) -> list[int]:
    """Counts of the finding that secrets of many namespaces were listed by that caller."""
    return [row.count for row in rows if row.rule == "K8S-SECRETS-SWEEP" and caller in row.who]
