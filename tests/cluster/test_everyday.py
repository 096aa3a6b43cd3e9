"""An everyday of a cluster, recorded by a real API server that logs all it can: nothing of it is medium or higher.

Each kind of work is judged by itself, and the whole log from its first line at the end: what is counted, or comes after
something else, must not add up either. The audit policy keeps all bodies of writes: no rule is silent for want of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from console.model.audit import AuditEvent, ObjectReference
from console.model.envelopes.reading import read_lines
from console.model.envelopes.times import event_time, format_time
from console.model.finding import Finding
from console.model.severity import Severity
from console.ports.views import FindingRow, HeaderView
from console.rules.detector import Detector
from console.rules.offline import shipped_rules
from tests.cluster import everyday
from tests.cluster.autoscaling import load_rises_and_falls
from tests.cluster.day import Day, administrator
from tests.cluster.delivering import pipeline_delivers
from tests.cluster.disquieting import (
    installs_node_agent,
    installs_old_monitoring,
    mints_a_token,
    removes_policy_engine,
    runs_a_command,
)
from tests.cluster.installing import installs_ingress, installs_monitoring
from tests.cluster.leading import elects_leaders, joins
from tests.cluster.recording import Record, recorded
from tests.cluster.renewing import cert_manager_renews, lets_nodes_renew, node_renews_its_certificates
from tests.cluster.responding import contains, responder_of
from tests.cluster.serving_metrics import GROUP
from tests.controlplane.running import ControlPlane
from tests.engine.running import now, until
from tests.means.cache import Missing, give_up
from tests.means.helm import provide_helm

pytestmark = pytest.mark.slow
POLICY = """
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- {level: Metadata, verbs: [get, list, watch]}
- {level: RequestResponse}
"""
WORKS: dict[str, Callable[[Day], None]] = {
    "deployments": lambda day: everyday.deploys(day.dana, day.namespace),
    "rollouts": lambda day: everyday.rolls_out(day.dana, day.namespace),
    "jobs": lambda day: everyday.runs_jobs(day.dana, day.namespace),
    "developers": lambda day: everyday.develops(day.dana, day.namespace),
    "autoscaling": load_rises_and_falls,
    "monitoring by Helm": installs_monitoring,
    "ingress by Helm": installs_ingress,
    "certificates of a node": node_renews_its_certificates,
    "certificates of a server": cert_manager_renews,
    "a pipeline": pipeline_delivers,
    "an operator": lambda day: everyday.installs(day.plane, day.namespace),
    "a colleague who looks": lambda day: everyday.responder_looks(day.plane),
    "a wrong namespace": lambda day: everyday.wrong_namespace(day.dana),
}
LOUD: dict[str, tuple[Callable[[Day], object], set[str]]] = {
    "a token for a pipeline": (mints_a_token, {"K8S-TOKEN-MINTED"}),
    "a command in one's own pod": (runs_a_command, {"K8S-EXEC-POD"}),
    "monitoring through nodes/proxy": (installs_old_monitoring, {"K8S-ROLE-NODES-PROXY"}),
    "an agent that reads its node": (installs_node_agent, {"K8S-HOST-PID", "K8S-HOST-NETWORK", "K8S-HOSTPATH"}),
    "a policy engine taken out": (removes_policy_engine, {"K8S-ADMISSION-REMOVED"}),
}


_CONTROLLER = "system:serviceaccount:kube-system:"
EXPECTED = (
    (f"{_CONTROLLER}horizontal-pod-autoscaler", "controller-manager/", "update", "deployments/scale"),
    (f"{_CONTROLLER}horizontal-pod-autoscaler", "controller-manager/", "list", "pods.metrics.k8s.io"),
    (f"{_CONTROLLER}certificate-controller", "controller-manager/", "update", "certificatesigningrequests/approval"),
    (f"{_CONTROLLER}certificate-controller", "controller-manager/", "update", "certificatesigningrequests/status"),
    (f"{_CONTROLLER}clusterrole-aggregation-controller", "controller-manager/", "patch", "clusterroles"),
    (f"{_CONTROLLER}cronjob-controller", "controller-manager/", "", "cronjobs"),
    ("system:kube-controller-manager", "controller-manager/", "update", "leases"),
    ("system:kube-scheduler", "scheduler/", "create", "pods/binding"),
    ("system:node:node-0", "kubelet/", "create", "nodes"),
    ("system:node:", "kubelet/", "create", "serviceaccounts/token"),
    ("system:apiserver", "", "create", "clusterroles"),
    ("olga", "Helm/", "create", "secrets"),
    ("olga", "Helm/", "create", "clusterrolebindings"),
    ("olga", "Helm/", "delete", "validatingwebhookconfigurations"),
    ("system:serviceaccount:shop:cert-manager", "cert-manager-", "watch", "secrets"),
    ("system:serviceaccount:shop:cert-manager", "cert-manager-", "patch", "secrets"),
    ("system:serviceaccount:shop:pipeline", "Helm/", "create", "deployments"),
    ("dana", "kubectl/", "patch", "deployments"),
    ("dana", "kubectl/", "", "pods/portforward"),
)
"""Who, with which program, did what: beginnings of what must stand in the record."""


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane of its own: its log begins with these tests."""
    policy: Path = tmp_path_factory.mktemp("audit") / "policy.yaml"
    policy.write_text(POLICY)
    try:
        provide_helm()
        plane = ControlPlane(audit_policy=policy)
    except Missing as missing:
        give_up("the everyday of a cluster", missing)
    with plane:
        for number in range(2):
            joins(plane, f"node-{number}")
        yield plane


@pytest.fixture(scope="module")
def whole(plane: ControlPlane) -> Record:
    """The log from its first line: what the parts of a control plane do as they start."""
    return Record(plane, start=0)


@pytest.fixture(scope="module")
def day(plane: ControlPlane, whole: Record) -> Day:
    lets_nodes_renew(plane)
    elects_leaders(plane)
    plane.namespaces("shop")
    return Day(plane, "shop", everyday.developer(plane, "shop"), administrator(plane), whole)


def loud(findings: list[Finding]) -> list[tuple[str, ...]]:
    """What should not be there. `kwok` plays all kubelets under one name: it deletes the pods of a whole cluster."""
    told = [one for one in findings if one.who.user != "kwok"]
    return [(f.severity.value, f.rule, f.who.user, f.target.name or str(f.target), f.note) for f in told]


def hand_of(line: bytes) -> tuple[str, str, str, str] | None:
    """Who, program, verb and resource of a request that was carried out; groups only where a name is used twice."""
    event = json.loads(line)
    on = event.get("objectRef") or {}
    if event["stage"] == "RequestReceived" or event.get("responseStatus", {}).get("code", 0) >= 400:
        return None
    group = f".{on['apiGroup']}" if on.get("apiGroup") == GROUP else ""
    what = "/".join(part for part in (on.get("resource", "") + group, on.get("subresource", "")) if part)
    return event["user"]["username"], event.get("userAgent", ""), event["verb"], what


def test_parts_of_a_control_plane_start_without_a_finding_of_medium(day: Day, whole: Record) -> None:
    assert len(whole.lines()) > 1000, "hardly anything happened"
    assert loud(whole.findings(Severity.MEDIUM)) == []


@pytest.mark.parametrize("work", WORKS)
def test_everyday_work_makes_no_finding_of_medium(day: Day, whole: Record, work: str) -> None:
    with recorded(day.plane, whole) as record:
        day.record = record
        WORKS[work](day)
    assert len(record.lines()) > 3, "hardly anything happened"
    assert loud(record.findings(Severity.MEDIUM)) == []


def test_the_whole_log_of_the_day_makes_no_finding_of_medium(day: Day, whole: Record) -> None:
    whole.settle()
    hands = {hand for line in whole.lines() if (hand := hand_of(line))}
    missing = [hand for hand in EXPECTED if not any(all(map(str.startswith, one, hand)) for one in hands)]
    assert missing == [], "silence about what did not happen shows nothing"
    assert loud(whole.findings(Severity.MEDIUM)) == []


@pytest.mark.parametrize("unusual", ["", "Helm/", "kubectl/"], ids=["the same", "Helm for once", "kubectl for once"])
def test_days_like_this_one_become_habits_and_a_tool_that_is_new_is_a_hint(whole: Record, unusual: str) -> None:
    """Four days as this one was, without one of its tools; then this day, with all of them."""
    detector = Detector(shipped_rules())
    for start in (start for day in range(4) for start in (day * 24, day * 24 + 9)):
        detector.feed([event for event in shifted(whole, start) if not unusual or unusual not in event.user_agent])
    assert detector.baseline.known > 20

    detector.feed(shifted(whole, 96))

    first = {one.rule for one in detector.findings() if one.rule.startswith("K8S-FIRST")}
    assert bool(first) == bool(unusual)
    assert loud([one for one in detector.findings() if one.severity.at_least(Severity.MEDIUM)]) == []


def test_a_controller_that_does_another_deed_with_its_own_program_is_found_after_such_days(whole: Record) -> None:
    detector = Detector(shipped_rules())
    for start in range(0, 96, 12):
        detector.feed(shifted(whole, start))
    ended = (one for one in shifted(whole, 97) if one.stage == "ResponseComplete")
    known = next(one for one in ended if one.user.username == f"{_CONTROLLER}deployment-controller")

    on = ObjectReference(resource="clusterroles", api_group="rbac.authorization.k8s.io", name="view")
    detector.feed([msgspec.structs.replace(known, audit_id="stolen", verb="patch", object_ref=on)])

    found = {one.rule: one.severity for one in detector.findings() if "stolen" in one.events}
    assert found["K8S-FIRST-DEED"] == Severity.HIGH


def shifted(record: Record, hours: int) -> list[AuditEvent]:
    """The record's requests, so many hours after it was made."""
    events, _ = read_lines(record.lines())
    for event in events:
        event.request_received_timestamp = format_time(event_time(event) + hours * 3600)
    return events


async def test_our_own_responder_at_work_is_no_finding_and_no_alarm(day: Day, whole: Record) -> None:
    """The engine knows its own hand; `warroom detect` over the same record cannot, and finds what was done."""
    plane, namespace = day.plane, day.namespace
    with recorded(plane, whole) as record, record.left_out():
        day.dana.kubectl("apply", "-f", "-", stdin=everyday.deployment(namespace, "suspect", 1))
        day.dana.kubectl("-n", namespace, "rollout", "status", "deployment/suspect", "--timeout=40s")
        plane.kubectl("-n", namespace, "create", "serviceaccount", "stolen")
        plane.kubectl("-n", namespace, "create", "rolebinding", "stolen", "--clusterrole=edit",
                      f"--serviceaccount={namespace}:stolen")  # fmt: skip
        with responder_of(plane) as responder:
            with recorded(plane) as deeds:
                contains(responder, plane, namespace, "suspect", "stolen")
            plane.kubectl("create", "clusterrolebinding", "afterwards", "--clusterrole=cluster-admin", "--user=eve")
            async with responder.seat() as seat:
                findings = await until(
                    seat, "findings", FindingRow, lambda rows: any(r.target == "afterwards" for r in rows)
                )
                (header,) = await now(seat, "header", HeaderView)
        plane.kubectl("delete", "clusterrolebinding", "afterwards")
    seen = {found.rule for found in deeds.findings(Severity.MEDIUM) if found.who.user == "responder"}
    assert seen == {"K8S-SECRETS-DUMP"}, "whose tokens an account has is read from the secrets of their type"
    ours = [(row.severity, row.rule, row.target) for row in findings if "responder" in row.who]
    assert [one for one in ours if one[0] not in ("info", "low")] == []
    assert header.alarms == ()


@pytest.mark.parametrize("work", LOUD)
def test_what_honest_people_do_and_is_found_all_the_same(day: Day, whole: Record, work: str) -> None:
    """Everyday only for some, and what an attacker wants most: one finding that a responder can put aside."""
    act, expected = LOUD[work]
    with recorded(day.plane, whole) as record, record.left_out(), recorded(day.plane) as deed:
        act(day)
    assert {found.rule for found in deed.findings(Severity.MEDIUM)} == expected
