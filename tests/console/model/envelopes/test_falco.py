"""Falco's alerts are read as Falco and Falcosidekick write them, whatever is missing or of another type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from console.errors import DataError
from console.model.envelopes.reading import read_record
from console.model.finding import Target
from console.model.runtime import Alert, Place
from console.model.severity import Severity

SHELL: dict[str, Any] = {
    "hostname": "worker-1",
    "output": "22:09:57.827858816: Notice A shell was spawned in a container with an attached terminal (user=root "
    "user_loginuid=-1 k8s.ns=shop k8s.pod=web-1 container=d34690e67a3a shell=sh parent=runc cmdline=sh -c uptime)",
    "priority": "Notice",
    "rule": "Terminal shell in container",
    "source": "syscall",
    "tags": ["T1059", "container", "mitre_execution", "shell"],
    "time": "2026-11-23T07:00:00.827858816Z",
    "output_fields": {
        "container.id": "d34690e67a3a", "container.image.repository": None, "evt.time": 1795417200827858816,
        "k8s.ns.name": "shop", "k8s.pod.name": "web-1", "proc.cmdline": "sh -c uptime", "proc.name": "sh",
        "proc.pid": 6461, "proc.pname": "runc", "proc.tty": 34816, "user.loginuid": -1, "user.name": "root",
    },
}  # fmt: skip
"""As Falco's JSON output writes it."""


def alert(record: dict[str, Any], form: str = "auto") -> Alert:
    (one,) = read_record(json.dumps(record).encode(), form)
    assert isinstance(one, Alert)
    return one


@pytest.mark.parametrize("form", ["auto", "falco"])
def test_an_alert_says_what_where_and_when(form: str) -> None:
    one = alert(SHELL, form)
    assert (one.sensor, one.rule, one.severity) == ("falco", "Terminal shell in container", Severity.LOW)
    assert one.at == pytest.approx(1795417200.827858, abs=1e-5)
    assert one.place == Place(namespace="shop", pod="web-1", container="d34690e67a3a", node="worker-1")
    assert one.user == "", "root of a container is nobody the API server knows"


def test_falcosidekick_adds_an_id_and_may_write_underscores_for_dots() -> None:
    fields = {name.replace(".", "_"): value for name, value in SHELL["output_fields"].items()}
    one = alert({**SHELL, "uuid": "5b1b2c6e-1111-4222-8333-444455556666", "output_fields": fields})
    assert one.id == "5b1b2c6e-1111-4222-8333-444455556666"
    assert one.place.who == "shop/web-1"


def test_an_alert_that_rests_on_the_audit_trail_names_the_user_and_the_object() -> None:
    fields = {
        "jevt.time": "07:00:00.0", "ka.user.name": "system:serviceaccount:shop:ci", "ka.verb": "create",
        "ka.target.resource": "clusterrolebindings", "ka.target.name": "x", "ka.target.namespace": "<NA>",
    }  # fmt: skip
    record = {**SHELL, "rule": "Attach to cluster-admin Role", "source": "k8s_audit", "output_fields": fields}
    one = alert(record)
    assert one.user == "system:serviceaccount:shop:ci"
    assert one.target == Target("rbac.authorization.k8s.io", "ClusterRoleBinding", "", "", "x")


@pytest.mark.parametrize(
    ("priority", "severity"),
    [
        ("Emergency", "critical"), ("Alert", "critical"), ("CRITICAL", "critical"), ("Error", "high"),
        ("warning", "medium"), ("Notice", "low"), ("Informational", "info"), ("Debug", "info"),
    ],
)  # fmt: skip
def test_each_priority_is_a_severity(priority: str, severity: str) -> None:
    assert alert({**SHELL, "priority": priority}).severity == severity


@pytest.mark.parametrize("missing", ["output_fields", "hostname", "output", "source", "tags"])
@pytest.mark.parametrize("other", [None, 7, [], "x", {"a": None}])
def test_nothing_but_rule_priority_and_time_is_needed(missing: str, other: Any) -> None:
    assert alert({**SHELL, missing: other}).rule == "Terminal shell in container"
    assert alert({name: value for name, value in SHELL.items() if name != missing}).severity is Severity.LOW


@pytest.mark.parametrize("needed", ["rule", "priority", "time"])
def test_without_one_of_them_it_is_malformed(needed: str) -> None:
    with pytest.raises(DataError):
        read_record(json.dumps({**SHELL, needed: None}).encode())


def test_an_alert_inside_a_log_line_of_the_container_runtime_is_read() -> None:
    line = f"2026-11-23T07:00:01.0Z stdout F {json.dumps(SHELL)}"
    assert alert({"log": line}).rule == "Terminal shell in container"
