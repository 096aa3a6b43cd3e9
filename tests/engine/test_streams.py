"""Open requests of an intruder, found in the real audit log by a real engine: cut and proved, or told as left.

Nothing is handed in: the shell and the watch are held open by real clients with a stolen token.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cluster.everyday import Person
from tests.controlplane.running import ControlPlane
from tests.controlplane.waiting import eventually
from tests.engine.running import Installation
from tests.engine.test_first_light import approved, break_in


@pytest.fixture
def thief(controlplane: ControlPlane, namespace: str) -> Iterator[Person]:
    """Somebody with the token of `ci`, which is cluster-admin, and a pod `web` that runs."""
    break_in(controlplane, namespace)
    controlplane.kubectl("-n", namespace, "run", "web", "--image=registry.example/web:1", "--restart=Never")
    controlplane.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/web", "--timeout=40s")
    token = controlplane.kubectl("-n", namespace, "create", "token", "ci").stdout.strip()
    yield Person(controlplane, {"token": token}, f"thief-{namespace}")
    controlplane.kubectl("delete", "clusterrolebinding", f"x-{namespace}", "--ignore-not-found")


@contextmanager
def holding(plane: ControlPlane, thief: Person, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """The thief's kubectl, which goes on until it is ended; the audit log has its beginning."""
    already = plane.audit_log.read_text().count('"stage":"ResponseStarted"')
    command = [str(plane.binary), "kubectl", f"--kubeconfig={thief.kubeconfig}", *args]
    environment = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        eventually(lambda: plane.audit_log.read_text().count('"stage":"ResponseStarted"') > already, timeout=30)
        yield process
        process.kill()


def test_an_intruders_shell_is_seen_cut_and_proved(
    warroom: Installation, controlplane: ControlPlane, namespace: str, thief: Person
) -> None:
    controlplane.exec_rules([{"pod": f"{namespace}/.*", "command": "sh", "seconds": 3600}])
    try:
        with holding(controlplane, thief, "-n", namespace, "exec", "web", "--", "sh") as shell:
            approved(warroom, "contain", "evidence.pod", "pod/web", "-n", namespace)
            cut = ("contain", "stream.cut", "sa/ci", "-n", namespace)
            plan: dict[str, object] = {}

            def seen() -> bool:
                done = warroom.run(*cut, "--plan", "--json")
                plan.update(json.loads(done.stdout) if done.returncode == 0 else {})
                return bool(plan)

            eventually(seen, timeout=60, every=0.5)
            assert f"exec {namespace}/web" in json.dumps(plan) or "exec" in json.dumps(plan["blast"])
            assert shell.poll() is None

            done = warroom.run(
                *cut, "--approve", str(plan["digest"]), "--reason", "his shell", "--break-glass", "--json"
            )

            outcome = json.loads(done.stdout.splitlines()[-1])
            assert (outcome["stage"], done.returncode) == ("effective", 0), outcome
            eventually(lambda: shell.poll() is not None, timeout=20)
    finally:
        controlplane.default_exec_rules()


def test_a_watch_that_goes_on_after_the_rights_are_gone_is_left_aloud(
    warroom: Installation, controlplane: ControlPlane, namespace: str, thief: Person
) -> None:
    with holding(controlplane, thief, "get", "secrets", "-A", "--watch") as watch:
        revoke = ("contain", "sa.revoke", "sa/ci", "-n", namespace)

        def seen() -> bool:
            return "watch secrets" in json.dumps(warroom.json(*revoke, "--plan")["residual"])

        eventually(seen, timeout=60, every=0.5)
        digest = warroom.json(*revoke, "--plan")["digest"]
        done = warroom.run(*revoke, "--approve", digest, "--reason", "stolen", "--json")

        outcome = json.loads(done.stdout.splitlines()[-1])
        assert watch.poll() is None, "it was authorized once and goes on"
    assert (outcome["stage"], done.returncode) == ("effective", 4), outcome
    assert any("watch secrets" in line for line in outcome["residual"])
