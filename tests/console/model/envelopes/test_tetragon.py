"""Tetragon's events are read as its exporter writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from console.errors import DataError
from console.model.envelopes.reading import read_record
from console.model.runtime import Alert, Flow, Place, Process
from console.model.severity import Severity

TIME = "2026-11-23T07:00:00.123456789Z"
PROCESS: dict[str, Any] = {
    "exec_id": "d29ya2VyLTE6MTIzOjQ1", "pid": 45, "uid": 0, "cwd": "/app", "binary": "/usr/bin/curl",
    "arguments": "-k https://kubernetes.default.svc/api", "flags": "execve clone", "start_time": TIME,
    "pod": {
        "namespace": "shop", "name": "web-1", "workload": "web", "workload_kind": "Deployment",
        "container": {
            "id": "containerd://3b1c", "name": "web", "pid": 12,
            "image": {"id": "docker.io/library/web@sha256:00", "name": "docker.io/library/web:1"},
        },
    },
    "docker": "3b1c", "parent_exec_id": "d29ya2VyLTE6MTIyOjQ0",
}  # fmt: skip
PARENT = {"binary": "/bin/sh", "arguments": "-i", "pid": 44}
PLACE = Place("shop", "web-1", "web", "docker.io/library/web:1", "worker-1", "web")


def record(**event: Any) -> bytes:
    return json.dumps({**event, "node_name": "worker-1", "time": TIME}).encode()


def caught(function: str, *args: Any, **more: Any) -> bytes:
    event = {"process": PROCESS, "parent": PARENT, "function_name": function, "args": args, "policy_name": "watch"}
    return record(process_kprobe={**event, "action": "KPROBE_ACTION_POST", **more})


@pytest.mark.parametrize("form", ["auto", "tetragon"])
def test_a_started_program_is_a_process_with_its_pod_and_parent(form: str) -> None:
    (one,) = read_record(record(process_exec={"process": PROCESS, "parent": PARENT}), form)
    assert isinstance(one, Process)
    assert one.at == pytest.approx(1795417200.123456, abs=1e-5)
    assert (one.binary, one.arguments) == ("/usr/bin/curl", "-k https://kubernetes.default.svc/api")
    assert (one.place, one.parent, one.parent_arguments) == (PLACE, "/bin/sh", "-i")
    assert (one.id, one.directory, one.user, one.flags) == (PROCESS["exec_id"], "/app", "0", ("execve", "clone"))


@pytest.mark.parametrize("silent", [{"process_exit": {"process": PROCESS}}, {"lost_events": {"num_events_lost": 3}}])
def test_what_tells_nothing_tells_nothing_in_a_shippers_envelope_either(silent: dict[str, Any]) -> None:
    inside = json.dumps(silent)
    for text in (inside, json.dumps({"log": f"2026-11-23T07:00:00Z stdout F {inside}"}), json.dumps({"event": silent})):
        assert read_record(text.encode()) == []
    with pytest.raises(DataError):
        read_record(json.dumps({"log": "no record at all {}"}).encode())


def test_the_other_spelling_of_field_names_says_the_same() -> None:
    camel = {"execId": "x", "binary": "/bin/id", "pod": {"namespace": "shop", "name": "web-1"}}
    text = json.dumps({"processExec": {"process": camel}, "nodeName": "worker-1", "time": TIME}).encode()
    (one,) = read_record(text)
    assert isinstance(one, Process)
    assert (one.id, one.binary, one.place.who, one.place.node) == ("x", "/bin/id", "shop/web-1", "worker-1")


def test_a_traced_connection_is_a_flow() -> None:
    socket = {"family": "AF_INET", "type": "SOCK_STREAM", "protocol": "IPPROTO_TCP", "saddr": "10.0.1.5",
              "daddr": "203.0.113.9", "sport": 40000, "dport": 3333, "cookie": "1"}  # fmt: skip
    (one,) = read_record(caught("tcp_connect", {"sock_arg": socket}))
    assert isinstance(one, Flow)
    assert (one.source, one.destination.ip, one.port, one.protocol) == (PLACE, "203.0.113.9", 3333, "TCP")
    assert one.binary == "/usr/bin/curl"


def test_anything_else_a_policy_caught_is_an_alert_of_that_policy() -> None:
    args = ({"file_arg": {"path": "/etc/shadow", "permission": "-rw-------"}}, {"int_arg": 4})
    (one,) = read_record(caught("security_file_permission", *args))
    assert isinstance(one, Alert)
    assert (one.sensor, one.rule, one.severity, one.place) == ("tetragon", "watch", Severity.LOW, PLACE)
    assert one.tags == ("security_file_permission", "/etc/shadow", "4")

    (stopped,) = read_record(caught("security_file_permission", *args, action="KPROBE_ACTION_SIGKILL", policy_name=""))
    assert isinstance(stopped, Alert)
    assert (stopped.rule, stopped.severity) == ("security_file_permission", Severity.MEDIUM)
    assert stopped.text.endswith("stopped")


@pytest.mark.parametrize("kind", ["process_exit", "process_throttle", "rate_limit_info"])
def test_what_says_nothing_here_is_no_fault(kind: str) -> None:
    assert read_record(record(**{kind: {"process": PROCESS}})) == []


@pytest.mark.parametrize("process", [None, 7, {}, {"binary": None}, {"binary": ["x"]}])
def test_a_start_of_nothing_is_malformed(process: Any) -> None:
    with pytest.raises(DataError):
        read_record(record(process_exec={"process": process}))


@pytest.mark.parametrize("field", ["pod", "uid", "cwd", "arguments", "flags", "exec_id", "docker"])
@pytest.mark.parametrize("value", [None, 7, [], {}, "x", {"container": 7}, {"name": ["x"]}])
def test_a_field_of_another_type_is_a_field_that_is_not_there(field: str, value: Any) -> None:
    (one,) = read_record(record(process_exec={"process": {**PROCESS, field: value}, "parent": value}))
    assert isinstance(one, Process)
    assert one.binary == "/usr/bin/curl"
