"""Any JSON line is matched, counted or skipped: nothing raises, and nothing takes long."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.hygiene.exporting import Exporter
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.ledger import StreamLedger
from console.rules.offline import detect, feed_lines, line_of, sentence_of, shipped_rules
from tests.console.rules.events import read, whole

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
VERBS = st.sampled_from(["create", "update", "patch", "get", "list", "watch", "delete", "deletecollection", "x"])
_RESOURCES = (
    "pods deployments daemonsets cronjobs secrets configmaps roles clusterroles clusterrolebindings services "
    "ingresses nodes serviceaccounts mutatingwebhookconfigurations certificatesigningrequests events x"
)
RESOURCES = st.sampled_from(_RESOURCES.split())
SUBS = st.sampled_from(["", "exec", "token", "approval", "proxy", "ephemeralcontainers", "status", "\x00"])
NAMES = st.sampled_from(
    [
        *("", "jane", "system:anonymous", "system:node:n1", "system:serviceaccount:shop:web", "\u202e"),
        *("system:serviceaccount:", "system:serviceaccount:kube-system:replicaset-controller", "system:apiserver"),
    ]
)
_WORDS = (
    "spec template jobTemplate containers initContainers volumes hostPath path securityContext privileged capabilities "
    "add metadata annotations rules verbs resources apiGroups subjects name roleRef webhooks clientConfig url data op "
    "value"
)
POD_WORDS = st.sampled_from(_WORDS.split())
BODIES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["/", "*", "add", "/spec/containers/-", "x" * 300, "\x1b[2J"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(POD_WORDS, inner, max_size=6),
    max_leaves=30,
)


@cache
def _rules() -> RuleSet:
    return shipped_rules()


@given(JSON)
def test_any_json_is_skipped_or_read(value: Any) -> None:
    detector = Detector(_rules())
    feed_lines([msgspec.json.encode(value)], detector)
    detector.findings()


_SENSOR_WORDS = (
    "rule priority time output output_fields k8s.ns.name k8s.pod.name ka.user.name ka.target.resource source tags uuid "
    "hostname process_exec process_kprobe process parent pod container image name namespace binary arguments flags "
    "args sock_arg file_arg path daddr dport function_name policy_name action exec_id node_name flow verdict l4 TCP "
    "UDP source_port destination_port destination IP labels pod_name workloads l7 dns query qtypes is_reply"
)
RECORDS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["2026-11-23T07:00:00Z", "Critical", "/bin/sh", "\x1b[2J\u202e", "x" * 5000, "\ud800", "<NA>"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_SENSOR_WORDS.split()), inner, max_size=8)
    ),
    max_leaves=40,
)


@settings(max_examples=400)
@given(RECORDS, st.sampled_from(["auto", "falco", "tetragon", "hubble"]))
def test_whatever_a_sensor_seems_to_tell_is_read_or_skipped_and_draws_nothing(value: Any, form: str) -> None:
    at = {"time": "2026-11-23T07:00:00Z"}
    head: dict[str, dict[str, Any]] = {
        "falco": {"rule": "\x1b]0;x\x07", "priority": "Error", "output_fields": value, "tags": value, **at},
        "tetragon": {"process_exec": {"process": {"binary": "/tmp/\x1b[1m", "arguments": "x", "pod": value}}, **at},
        "hubble": {"flow": {"verdict": "DROPPED", "source": value, "destination": {}, "l4": value, **at}},
    }
    detector, export = Detector(_rules()), Exporter(b"k" * 32)
    for record in (value, *(head.values() if form == "auto" else [head[form]])):
        try:
            text = json.dumps(record).encode()
        except UnicodeEncodeError:
            continue
        feed_lines([text], detector, form=form)
    assert detector.failures == 0
    for finding in detector.findings():
        line = line_of(finding, export) + sentence_of(finding, export)
        assert not set(line) & {chr(code) for code in (*range(32), *range(127, 160), 0x202E)}


@given(st.binary(max_size=200))
def test_any_bytes_are_skipped_or_read(record: bytes) -> None:
    detector = Detector(_rules())
    assert feed_lines([record], detector) + detector.events <= 1


@settings(max_examples=400)
@given(VERBS, RESOURCES, SUBS, NAMES, BODIES, JSON, st.integers(-5, 700), st.text(max_size=40))
def test_no_body_of_any_request_breaks_a_rule(
    verb: str, resource: str, sub: str, user: str, body: Any, noise: Any, code: int, uri: str
) -> None:
    event = {
        "verb": verb,
        "objectRef": {"resource": resource, "subresource": sub, "namespace": "kube-system", "name": "x"},
        "user": {"username": user, "groups": ["system:masters"], "extra": {"a": []}},
        "requestObject": body,
        "responseObject": noise,
        "responseStatus": {"code": code},
        "requestURI": f"/api/v1/x?{uri}&command={uri}",
    }
    detector = Detector(_rules())
    feed_lines([msgspec.json.encode(whole(event))], detector)
    StreamLedger().feed(read([event]))
    assert (detector.events, detector.failures) == (1, 0)


@pytest.mark.parametrize(
    "field",
    ["user", "objectRef", "responseStatus", "annotations", "sourceIPs", "userAgent", "impersonatedUser", "stage"],
)
@pytest.mark.parametrize("value", [None, 3, "x", [], {}, [[]], {"username": 3, "code": "403"}, True])
def test_a_field_of_the_wrong_type_does_not_hide_the_event(field: str, value: Any) -> None:
    event = whole({"verb": "list", "objectRef": {"resource": "secrets"}, "requestURI": "/api/v1/secrets"}) | {
        field: value
    }
    detector = Detector(_rules())
    assert feed_lines([json.dumps(event).encode()], detector) == 0
    assert (detector.events, detector.failures) == (1, 0)


def test_a_body_nested_beyond_reason_is_no_body() -> None:
    deep = b'{"spec":' * 3000 + b"1" + b"}" * 3000
    line = msgspec.json.encode(whole({"verb": "create", "objectRef": {"resource": "pods", "namespace": "shop"}}))
    record = line[:-1] + b',"requestObject":' + deep + b"}"
    detector = Detector(_rules())
    feed_lines([record], detector)
    assert detector.failures == 0


def test_hostile_text_leaves_detect_harmless(tmp_path: Path) -> None:
    evil = "\x1b]52;c;Y3VybA==\x07\u202e\x00[@click=app.quit]"
    event = whole({"verb": "get", "objectRef": {"resource": "pods", "subresource": "exec", "name": evil}})
    log = tmp_path / "audit.log"
    log.write_bytes(json.dumps(event | {"userAgent": evil, "auditID": evil}).encode())
    out = io.StringIO()
    assert detect([str(log)], min_severity="info", out=out, err=io.StringIO(), rules=_rules()) == 10
    assert not set(out.getvalue()) & set("\x1b\x00\x07\u202e")
    assert not any(
        sign in json.loads(line)["target"]["name"] for line in out.getvalue().splitlines() for sign in "\x1b\u202e"
    )
