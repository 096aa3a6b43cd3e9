"""A control plane that starts from a seed is the one the seed was made of; one whose owner died leaves nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.controlplane.running import PARTS, ControlPlane
from tests.controlplane.seeding import provide_seed
from tests.controlplane.waiting import eventually
from tests.means.cache import Missing, give_up

PODS = 60

ABANDON = """
import os
from tests.controlplane.running import PARTS, ControlPlane
plane = ControlPlane()
print(plane.folder, *(plane.pid(part) for part in PARTS), flush=True)
os._exit(1)
"""


@pytest.fixture(scope="module")
def seeded() -> Iterator[ControlPlane]:
    try:
        seed = provide_seed(PODS)
    except Missing as missing:
        give_up("the control plane", missing)
    with ControlPlane(seed=seed) as plane:
        yield plane


def test_pods_of_a_seed_are_as_heavy_as_real_ones(seeded: ControlPlane) -> None:
    pods = json.loads(seeded.kubectl("get", "--raw", "/api/v1/pods").stdout)["items"]
    sizes = [len(json.dumps(pod, separators=(",", ":"))) for pod in pods]

    assert len(pods) == PODS
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}
    assert 8_000 < min(sizes) <= max(sizes) < 11_000
    assert {entry["manager"] for pod in pods for entry in pod["metadata"]["managedFields"]} == {
        "controller-manager",
        "kwok",
    }


def test_controllers_go_on_where_the_seed_stopped(seeded: ControlPlane) -> None:
    victim = seeded.kubectl("get", "pods", "-n", "team-00", "-o", "jsonpath={.items[0].metadata.name}").stdout
    seeded.kubectl("delete", "pod", victim, "-n", "team-00")

    def replaced() -> bool:
        status = seeded.get("deployment", "service-0000", "team-00")["status"]
        return bool(status.get("readyReplicas") == 50)

    eventually(replaced)


def test_accounts_of_a_seed_still_get_tokens_the_api_server_takes(seeded: ControlPlane) -> None:
    token = seeded.kubectl("create", "token", "app", "-n", "team-00").stdout.strip()

    done = seeded.kubectl(
        "auth",
        "whoami",
        f"--token={token}",
        "--kubeconfig=/dev/null",
        f"--server={seeded.url}",
        f"--certificate-authority={seeded.folder / 'ca.crt'}",
        "-o",
        "json",
    )

    assert json.loads(done.stdout)["status"]["userInfo"]["username"] == "system:serviceaccount:team-00:app"


def test_a_control_plane_ends_with_its_owner(controlplane: ControlPlane) -> None:
    done = subprocess.run([sys.executable, "-c", ABANDON], capture_output=True, text=True, timeout=60)
    folder, *pids = done.stdout.split()

    def gone() -> bool:
        return not Path(folder).exists() and not any(_runs(int(pid)) for pid in pids)

    assert len(pids) == len(PARTS), done.stderr
    eventually(gone)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
