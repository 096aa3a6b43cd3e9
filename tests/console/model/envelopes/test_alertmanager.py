"""Alertmanager's alerts are read as its API and its webhook write them, whoever made them, whatever is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.envelopes import alertmanager
from console.model.envelopes.alertmanager import SLACK, fires, signal_of
from console.model.envelopes.reading import read_record
from console.model.finding import Target
from console.model.runtime import Alert, Place
from console.model.severity import Severity
from tests.console.model.envelopes.test_falco import SHELL

LISTED: dict[str, Any] = {
    "annotations": {
        "description": "Pod shop/web-1 (web) is in waiting state (reason: \"CrashLoopBackOff\").",
        "runbook_url": "https://runbooks.example/kubepodcrashlooping", "summary": "Pod is crash looping.",
    },
    "endsAt": "2026-11-23T07:05:00.000Z", "fingerprint": "d9aa4b26973f4be3", "receivers": [{"name": "w"}],
    "startsAt": "2026-11-23T07:00:00.936Z",
    "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"}, "updatedAt": "2026-11-23T07:01:00.936Z",
    "generatorURL": "http://prometheus/graph?g0.expr=x",
    "labels": {
        "alertname": "KubePodCrashLooping", "container": "web", "job": "kube-state-metrics", "namespace": "shop",
        "pod": "web-1", "prometheus": "monitoring/k8s", "severity": "warning",
    },
}  # fmt: skip
"""As the API v2 lists it."""
POSTED: dict[str, Any] = {
    "status": "firing", "labels": LISTED["labels"], "annotations": LISTED["annotations"],
    "startsAt": "2026-11-23T07:00:00.936058415Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "",
    "fingerprint": "d9aa4b26973f4be3",
}  # fmt: skip
"""As the webhook posts it."""


def alert(record: dict[str, Any]) -> Alert:
    found = signal_of(json.loads(json.dumps(record)))
    assert found is not None
    return found


def labelled(**labels: str) -> Alert:
    return alert({"labels": {"alertname": "A", **labels}, "startsAt": "2026-11-23T07:00:00Z"})


def from_falco(**labels: str) -> dict[str, Any]:
    """What Falcosidekick makes of `SHELL`, as Alertmanager lists it."""
    fields = {
        name.replace(".", "_"): str(value) for name, value in SHELL["output_fields"].items() if value is not None
    } | {
        "source": "falco", "rule": SHELL["rule"], "eventsource": "syscall", "hostname": SHELL["hostname"],
        "priority": "Notice", "severity": "information", "tags": ",".join(SHELL["tags"]),
    }  # fmt: skip
    notes = {"info": SHELL["output"], "description": SHELL["output"], "summary": SHELL["rule"]}
    return {**LISTED, "labels": {**fields, **labels}, "annotations": notes}


def test_an_alert_says_what_where_how_bad_and_since_when() -> None:
    one = alert(LISTED)
    assert (one.sensor, one.rule, one.severity) == ("alertmanager", "KubePodCrashLooping", Severity.MEDIUM)
    assert one.at == pytest.approx(1795417200.936)
    assert one.place == Place(namespace="shop", pod="web-1", container="web")
    assert one.target == Target(kind="Pod", namespace="shop", name="web-1")
    assert one.id == "d9aa4b26973f4be3"
    assert one.text == f"Pod is crash looping.: {LISTED['annotations']['description']}"


def test_listed_and_posted_it_is_the_same() -> None:
    """The API cuts the time to milliseconds, the webhook writes it in full."""
    assert alert(POSTED) == alert(LISTED)
    assert read_record(json.dumps(POSTED).encode(), "alertmanager") == [alert(LISTED)]


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", "critical"), ("Error", "high"), ("high", "high"), ("warning", "medium"), ("info", "info"),
        ("none", "info"), ("page", "low"), ("", "low"),
    ],
)  # fmt: skip
def test_each_word_of_severity_is_one_of_ours(word: str, severity: str) -> None:
    assert labelled(severity=word).severity == severity


@pytest.mark.parametrize(
    ("labels", "target"),
    [
        ({"namespace": "mon", "pod": "ksm", "exported_namespace": "shop", "exported_pod": "web"}, "Pod/shop/web"),
        ({"k8s_ns_name": "shop", "k8s_pod_name": "web", "namespace": "falco"}, "Pod/shop/web"),
        ({"namespace": "shop", "deployment": "web"}, "Deployment/shop/web"),
        ({"namespace": "shop", "job_name": "backup", "job": "kube-state-metrics"}, "Job/shop/backup"),
        ({"node": "worker-1", "namespace": "kube-system"}, "Node//worker-1"),
        ({"job": "node-exporter", "pod": "node-exporter-x", "namespace": "m", "instance": "10.0.0.7:9100"},
         "Node//10.0.0.7"),
        ({"job": "apiserver", "namespace": "default", "service": "kubernetes"}, "Service/default/kubernetes"),
        ({"namespace": "shop", "resource": "cpu"}, "Namespace//shop"),
    ],
)  # fmt: skip
def test_it_is_about_what_its_labels_name(labels: dict[str, str], target: str) -> None:
    on = labelled(**labels).target
    assert on is not None
    assert f"{on.kind}/{on.namespace}/{on.name}" == target


def test_without_a_place_it_is_about_what_is_left_of_its_labels() -> None:
    assert labelled(severity="critical", prometheus="m/k8s").target == Target(path="cluster")
    assert labelled(verb="GET", long="1h").target == Target(path="long=1h,verb=GET")


@pytest.mark.parametrize(
    ("labels", "tags"),
    [
        ({"attack": "T1059.004, T1496"}, ("T1059.004", "T1496")),
        ({"tactic": "credential-access"}, ("credential-access",)),
        ({"tags": "mitre_execution,shell"}, ("mitre_execution", "shell")),
        ({"category": "Cloud-Security"}, ("security",)), ({"team": "secops"}, ("security",)),
        ({"security": "true"}, ("security",)), ({"category": "insecurity"}, ()), ({"team": "siemens"}, ()),
        ({"security": "false", "namespace": "security"}, ()),
    ],
)  # fmt: skip
def test_labels_that_say_it_is_about_security_are_kept(labels: dict[str, str], tags: tuple[str, ...]) -> None:
    assert labelled(**labels).tags == tags


def test_falco_s_alert_that_came_through_falcosidekick_is_falco_s_own_at_its_own_time() -> None:
    (straight,) = read_record(json.dumps(SHELL).encode())
    assert isinstance(straight, Alert)
    through = alert(from_falco())
    assert (through.sensor, through.rule, through.severity) == ("falco", straight.rule, straight.severity)
    assert (through.at, through.slack) == (straight.at, 0.0)
    assert (through.place, through.text, through.tags) == (straight.place, straight.text, straight.tags)
    assert through.id == LISTED["fingerprint"]


def test_without_falco_s_own_time_it_is_near_when_alertmanager_got_it() -> None:
    """Told to expire, Falcosidekick names an end alone, and Alertmanager takes it for the beginning too."""
    record = from_falco(evt_time="")
    assert alert(record).at == pytest.approx(1795417200.936)
    assert alert(record).slack == SLACK
    late = {**record, "startsAt": "2026-11-23T08:00:00Z", "updatedAt": "2026-11-23T07:00:01.5Z"}
    assert alert(late).at == pytest.approx(1795417201.5)


def test_falco_s_alert_that_rests_on_the_audit_trail_names_user_and_object() -> None:
    labels = {
        "eventsource": "k8s_audit", "rule": "Attach to cluster-admin Role", "ka_user_name": "mallory",
        "ka_target_resource": "clusterrolebindings", "ka_target_name": "x",
    }  # fmt: skip
    one = alert(from_falco(**labels))
    assert one.user == "mallory"
    assert one.target == Target("rbac.authorization.k8s.io", "ClusterRoleBinding", "", "", "x")


def test_one_without_falco_s_priority_is_as_bad_as_its_severity_says() -> None:
    assert alert(from_falco(priority="", severity="critical")).severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("firing", True), ("resolved", False), ({"state": "active"}, True), ({"state": "unprocessed"}, True),
        ({"state": "suppressed"}, False), (None, True), ({}, True),
    ],
)  # fmt: skip
def test_what_is_resolved_or_suppressed_does_not_fire(status: Any, told: bool) -> None:
    assert fires({**LISTED, "status": status}) is told


@pytest.mark.parametrize("missing", ["annotations", "fingerprint", "status", "updatedAt", "endsAt"])
@pytest.mark.parametrize("other", [None, 7, [], "x", {"a": None}])
def test_nothing_but_labels_and_a_beginning_is_needed(missing: str, other: Any) -> None:
    for record in (LISTED, from_falco()):
        assert alert({**record, missing: other}).severity in (Severity.MEDIUM, Severity.LOW)
        assert alert({name: value for name, value in record.items() if name != missing}).rule


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("labels", None), ("labels", {}), ("labels", {"a": None}), ("labels", [1]), ("startsAt", None),
        ("startsAt", "soon"), ("startsAt", "0001-01-01T00:00:00Z"), ("startsAt", 17),
    ],
)  # fmt: skip
def test_without_labels_or_a_beginning_it_is_none(field: str, value: Any) -> None:
    assert signal_of({**LISTED, field: value}) is None


VALUES = st.recursive(
    st.none() | st.integers() | st.sampled_from(["falco", "Notice", "9" * 19, "x" * 5000, "\ud800\x1b[2J", "1" * 40])
    | st.sampled_from(["2026-11-23T07:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
NAMES = st.sampled_from(
    ["alertname", "rule", "source", "priority", "severity", "namespace", "pod", "job", "evt_time", "tags", "category"]
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "labels": st.dictionaries(NAMES, VALUES) | VALUES, "annotations": VALUES, "startsAt": VALUES,
            "updatedAt": VALUES, "fingerprint": VALUES, "status": VALUES,
        },
    )
)  # fmt: skip
def test_whatever_is_posted_is_an_alert_or_none(value: dict[str, Any]) -> None:
    fires(value)
    one = signal_of(value)
    assert one is None or (one.at > 0 and one.rule and one.sensor in ("falco", "alertmanager"))


def test_the_longest_labels_are_bounded() -> None:
    one = labelled(**{f"l{number}": "x" * 9000 for number in range(300)})
    assert one.target is not None
    assert len(one.target.path) == 200
    assert alertmanager._MOST == 100
