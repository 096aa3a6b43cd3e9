"""The control plane itself keeps the promises other tests rely on."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.controlplane.running import ControlPlane
from tests.controlplane.waiting import eventually


def pod(name: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "containers": [{"name": "app", "image": "registry.example/app:1"}],
            "terminationGracePeriodSeconds": 1,
        },
    }


@pytest.fixture
def running_pod(controlplane: ControlPlane, namespace: str) -> str:
    controlplane.kubectl("apply", "-n", namespace, "-f", "-", input=json.dumps(pod("victim")))
    controlplane.kubectl("wait", "-n", namespace, "--for=condition=Ready", "pod/victim", "--timeout=30s")
    return "victim"


@pytest.fixture
def long_exec(controlplane: ControlPlane, namespace: str, running_pod: str) -> Iterator[subprocess.Popen[str]]:
    """An exec that would go on for an hour, already answered by the kubelet."""
    controlplane.exec_rules([{"pod": f"{namespace}/.*", "command": "sleep 3600", "seconds": 3600}])
    command = controlplane.command("exec", "-n", namespace, running_pod, "--", "sleep", "3600")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        eventually(lambda: f"exec pod={namespace}/victim" in controlplane.log("nodes"))
        yield process
        process.kill()
    controlplane.default_exec_rules()


def test_it_is_the_version_its_binary_names(controlplane: ControlPlane) -> None:
    answer = json.loads(controlplane.kubectl("version", "-o", "json").stdout)

    assert answer["serverVersion"]["gitVersion"] == "v1.36.2"


def test_exec_is_answered_from_rules_and_runs_nothing(
    controlplane: ControlPlane, namespace: str, running_pod: str
) -> None:
    controlplane.exec_rules([{"pod": f"{namespace}/.*", "command": "hostname", "stdout": "canned\n", "exit": 3}])
    try:
        done = controlplane.kubectl("exec", "-n", namespace, running_pod, "--", "hostname", check=False)
        unknown = controlplane.kubectl("exec", "-n", namespace, running_pod, "--", "touch", "x", check=False)
    finally:
        controlplane.default_exec_rules()

    assert (done.stdout, done.returncode) == ("canned\n", 3)
    assert "executable file not found" in unknown.stderr


def test_exec_stream_is_cut_when_its_pod_is_deleted(
    controlplane: ControlPlane, namespace: str, long_exec: subprocess.Popen[str]
) -> None:
    assert long_exec.poll() is None

    controlplane.kubectl("delete", "pod", "victim", "-n", namespace)
    _, stderr = long_exec.communicate(timeout=10)

    assert (long_exec.returncode, "exit code 137" in stderr) == (137, True), stderr


def test_exec_stream_outlives_a_change_of_its_pod(
    controlplane: ControlPlane, namespace: str, long_exec: subprocess.Popen[str]
) -> None:
    controlplane.kubectl("label", "pod", "victim", "-n", namespace, "quarantined=true")

    time.sleep(1)

    assert long_exec.poll() is None


def test_responder_may_do_nothing_until_granted(controlplane: ControlPlane, namespace: str) -> None:
    def may_list() -> bool:
        return (
            controlplane.kubectl(
                "auth", "can-i", "list", "pods", "-n", namespace, user="responder", check=False
            ).returncode
            == 0
        )

    assert not may_list()

    controlplane.grant([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}], namespace=namespace)

    eventually(may_list)


def test_audit_log_names_who_did_what(controlplane: ControlPlane, namespace: str) -> None:
    controlplane.kubectl("get", "secrets", "-n", namespace, user="responder", check=False)

    def denied() -> bool:
        events = [json.loads(line) for line in controlplane.audit_log.read_text().splitlines()]
        return any(
            event["user"].get("username") == "responder"
            and event["objectRef"].get("namespace") == namespace
            and event["objectRef"]["resource"] == "secrets"
            and event["responseStatus"]["code"] == 403
            for event in events
            if "objectRef" in event
        )

    eventually(denied)


def test_a_killed_part_comes_back(controlplane: ControlPlane, namespace: str) -> None:
    controlplane.kill("scheduler")
    controlplane.kubectl("apply", "-n", namespace, "-f", "-", input=json.dumps(pod("late")))
    time.sleep(0.5)
    before = controlplane.get("pod", "late", namespace)["spec"].get("nodeName")

    controlplane.start("scheduler")

    controlplane.kubectl("wait", "-n", namespace, "--for=condition=Ready", "pod/late", "--timeout=30s")
    assert before is None


def test_killed_nodes_come_back_to_their_pods_at_once(
    controlplane: ControlPlane, namespace: str, running_pod: str
) -> None:
    controlplane.kill("nodes")
    controlplane.start("nodes")

    controlplane.kubectl("delete", "pod", running_pod, "-n", namespace, timeout=15)


def test_a_killed_api_server_comes_back(controlplane: ControlPlane) -> None:
    controlplane.kill("apiserver")
    down = controlplane.kubectl("get", "nodes", "--request-timeout=1s", check=False)

    controlplane.start("apiserver")

    assert down.returncode != 0
    assert "node-0" in controlplane.kubectl("get", "nodes").stdout
