"""An incident from the first finding to the last undo, by keys alone, on the smallest and on a large terminal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.everyday import deployment
from tests.cluster.intrusion import Intruder, clean_up, run_all
from tests.controlplane.running import ControlPlane
from tests.engine.running import Installation
from tests.rooms.sitting import Sitting


@pytest.fixture
def intruder(controlplane: ControlPlane, namespace: str) -> Iterator[Intruder]:
    """The scripted intrusion, all of it, and a miner it left behind."""
    one = Intruder(controlplane, namespace)
    run_all(one)
    one.kubectl("apply", "-f", "-", stdin=deployment(namespace, "miner", 1, "registry.example/miner:1"))
    one.kubectl("-n", namespace, "rollout", "status", "deployment/miner", "--timeout=60s")
    yield one
    clean_up(one)
    controlplane.kubectl("uncordon", "node-0")


class Cluster:
    """What is so, by kubectl, independent of anything we say about it."""

    def __init__(self, plane: ControlPlane, one: Intruder) -> None:
        self._plane, self._one = plane, one

    def may_read_secrets(self) -> bool:
        can = ("auth", "can-i", "list", "secrets", "-A", f"--as={self._one.user}")
        return self._plane.kubectl(*can, check=False).stdout.strip() == "yes"

    def replicas(self) -> int:
        spec: dict[str, int] = self._plane.get("deployment", "miner", self._one.namespace)["spec"]
        return spec["replicas"]

    def cordoned(self) -> bool:
        return bool(self._plane.get("node", "node-0")["spec"].get("unschedulable"))

    def pods(self) -> str:
        return self._plane.kubectl("-n", self._one.namespace, "get", "pods", "-o", "name").stdout


@pytest.mark.slow
@pytest.mark.parametrize(("cols", "rows"), [(80, 24), (200, 60)])
def test_an_intrusion_is_contained_by_keys_and_put_back(
    warroom: Installation, controlplane: ControlPlane, intruder: Intruder, cols: int, rows: int
) -> None:
    space, cluster = intruder.namespace, Cluster(controlplane, intruder)
    with Sitting(warroom, controlplane.audit_log, cols, rows) as seat:
        seat.see("CRIT !!")
        assert "READ-ONLY" in seat.terminal.text()
        seat.arm("stolen token of web")

        seat.affected("account", f"{space}/web")
        seat.approve(seat.plan("r"))
        assert not cluster.may_read_secrets()

        for pod in ("miner-", "node-tuner"):
            seat.browse("pods", space, pod)
            seat.capture()
        seat.browse("deployments", space, "miner")
        seat.approve(seat.plan("w"))
        assert cluster.replicas() == 0
        assert "miner" not in cluster.pods()

        seat.affected("pod", f"{space}/node-tuner")
        short = seat.plan("k")
        seat.break_glass("alone at night")
        seat.approve(short)
        assert "node-tuner" not in cluster.pods()

        seat.affected("node", "node-0")
        seat.approve(seat.plan("o"))
        assert cluster.cordoned()

        seat.undo("node.cordon")
        assert not cluster.cordoned()
        seat.undo("workload.suspend")
        assert cluster.replicas() == 1
        seat.undo("sa.revoke")
        assert cluster.may_read_secrets()

        seat.terminal.send("u")
        seat.see("Nothing to undo")  # the delete has no undo: nobody owes one
        assert not any(word in seat.terminal.text() for word in ("node.cordon", "workload.suspend", "sa.revoke"))
    assert warroom.run("journal", "verify").returncode == 0
