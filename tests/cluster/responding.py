"""A responder at work with warroom itself: every action that a person takes first, then everything undone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.controlplane.running import ControlPlane
from tests.engine.running import Installation

DONE = (0, 3, 4)
"""Effective; not verifiable (nothing enforces a NetworkPolicy here); something is left."""


@contextmanager
def responder_of(plane: ControlPlane) -> Iterator[Installation]:
    """An installation under an identity that nothing else uses, with the rights that warroom says it needs."""
    command = [sys.executable, "-m", "console", "rbac", "render", "--user", "responder"]
    role = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    plane.kubectl("apply", "-f", "-", input=role)
    one = Installation(plane.kubeconfig("responder"), plane.audit_log)
    try:
        yield one
    finally:
        one.stop()
        shutil.rmtree(one.state, ignore_errors=True)
        plane.kubectl("delete", "-f", "-", "--wait=false", input=role)


def contains(responder: Installation, plane: ControlPlane, namespace: str, app: str, account: str) -> None:
    """Evidence, quarantine, suspension, a revoked account, a cordoned node; then the register is emptied."""
    first = _pod_of(plane, namespace, app)
    for action, target in (("evidence.pod", first), ("pod.quarantine", first)):
        _approves(responder, "contain", action, target, "-n", namespace)
    plane.kubectl("-n", namespace, "rollout", "status", f"deployment/{app}", "--timeout=40s")
    second = _pod_of(plane, namespace, app)
    assert second != first, "the pod in quarantine was not replaced"
    more = (("evidence.pod", second), ("workload.suspend", f"deployment/{app}"), ("sa.revoke", f"sa/{account}"))
    for action, target in more:
        _approves(responder, "contain", action, target, "-n", namespace)
    _approves(responder, "contain", "node.cordon", "node/node-1")
    for line in responder.run("undo", "--json").stdout.splitlines():
        if open_debt := json.loads(line).get("id"):
            _approves(responder, "undo", open_debt)


def _pod_of(plane: ControlPlane, namespace: str, app: str) -> str:
    """The one pod that its workload still counts as its own."""
    return plane.kubectl("-n", namespace, "get", "pods", "-l", f"app={app}", "-o", "name").stdout.strip()


def _approves(responder: Installation, *command: str) -> None:
    """Plans a command and approves exactly that plan."""
    digest = responder.json(*command, "--plan")["digest"]
    done = responder.run(*command, "--approve", digest, "--reason", "stolen account", "--json")
    assert done.returncode in DONE, f"{command}: {done.returncode} {done.stdout} {done.stderr}"
