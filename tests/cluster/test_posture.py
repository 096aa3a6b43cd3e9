"""`warroom posture` against a real API server: what every cluster has is silent, what was made weak is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from console.bootstrap.surveying import survey
from console.config.options import Options
from console.posture import grants
from console.posture.scanning import scan
from tests.console.posture.manifests import pod, rbac
from tests.controlplane import ControlPlane
from tests.controlplane.fixtures import fresh_plane

DEFAULTS = Path(grants.__file__).with_name("defaults.yml")


def options(plane: ControlPlane, state: Path, user: Any = "admin") -> Options:
    return Options(kubeconfig=str(plane.kubeconfig(user)), state=str(state))


def posture(plane: ControlPlane, state: Path, *args: str, user: Any = "admin") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "console", "posture", "--json", "--kubeconfig", str(plane.kubeconfig(user)), *args]
    return subprocess.run([*command, "--state", str(state)], capture_output=True, text=True, timeout=60)


def told(done: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


async def test_what_a_new_cluster_has_of_its_own_is_what_is_written_down_and_is_silent(tmp_path: Path) -> None:
    with fresh_plane() as plane:
        found = await survey(options(plane, tmp_path))
        written = yaml.safe_load(DEFAULTS.read_text())

        assert found.faults == []
        assert grants.defaults_of(found.manifests) == {name: written[name] for name in ("roles", "bindings")}
        assert scan(found.manifests) == ([], [])
        clean = posture(plane, tmp_path)
        assert (clean.returncode, clean.stdout, clean.stderr) == (0, "", "")


def test_what_was_made_weak_is_told_with_the_object_and_the_field(
    controlplane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    admin = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    subject = {"kind": "ServiceAccount", "name": "ci", "namespace": namespace}
    binding = rbac("ClusterRoleBinding", f"{namespace}-ci", roleRef=admin, subjects=[subject])
    controlplane.apply(pod("web", namespace, hostPID=True), binding)
    try:
        done = posture(controlplane, tmp_path, "-n", namespace)
    finally:
        controlplane.kubectl("delete", "clusterrolebinding", f"{namespace}-ci")

    assert done.returncode == 10, done.stderr
    rows = told(done)
    assert all(set(row) == {"object", "standard", "control", "message", "field"} for row in rows)
    here = {(row["object"], row["control"], row["field"]) for row in rows}
    assert {
        (f"Pod/{namespace}/web", "hostNamespaces", "spec.hostPID"),
        (f"ClusterRoleBinding/{namespace}-ci", "clusterAdmin", "subjects[0]"),
        (f"Namespace/{namespace}", "noIngressPolicy", ""),
    } <= here
    assert {row["object"] for row in rows if row["object"].startswith("Namespace/")} == {f"Namespace/{namespace}"}


def test_the_servers_version_judges_unless_another_is_named(
    controlplane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    sysctl = {"sysctls": [{"name": "net.ipv4.tcp_notsent_lowat", "value": "1"}]}
    controlplane.apply(pod("web", namespace, securityContext=sysctl))

    def controls(*args: str) -> set[str]:
        return {row["control"] for row in told(posture(controlplane, tmp_path, "-n", namespace, *args))}

    assert "sysctls" in controls()
    assert "sysctls" not in controls("--psa-version", "v1.37")


def test_what_may_not_be_read_is_said_and_nothing_is_called_clean(controlplane: ControlPlane, tmp_path: Path) -> None:
    done = posture(controlplane, tmp_path, user="responder")

    assert (done.returncode, done.stdout) == (2, "")
    assert "pods are not judged: " in done.stderr
    assert "Traceback" not in done.stderr
