"""Hubble's flows are read as its exporter and its command line write them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from console.errors import DataError
from console.model.envelopes.reading import read_record
from console.model.runtime import Flow, Place

TIME = "2026-11-23T07:00:00.202450754Z"
FLOW: dict[str, Any] = {
    "time": TIME, "uuid": "cd75b2ac-8dd3-486b-beca-3d17d9d56cff", "verdict": "DROPPED", "drop_reason": 181,
    "ethernet": {"source": "62:6b:d0:a4:c5:63", "destination": "6e:d0:ea:78:fc:0a"},
    "IP": {"source": "10.0.1.235", "destination": "10.0.0.21", "ipVersion": "IPv4"},
    "l4": {"TCP": {"source_port": 60524, "destination_port": 80, "flags": {"SYN": True}}},
    "source": {
        "ID": 423, "identity": 24753, "namespace": "shop", "labels": ["k8s:app=web"], "pod_name": "web-1",
        "workloads": [{"name": "web", "kind": "Deployment"}],
    },
    "destination": {"identity": 24075, "namespace": "pay", "labels": ["k8s:app=db"], "pod_name": "db-0"},
    "Type": "L3_L4", "node_name": "c/worker-1", "event_type": {"type": 5}, "traffic_direction": "EGRESS",
    "drop_reason_desc": "POLICY_DENY", "Summary": "TCP Flags: SYN",
}  # fmt: skip


def flow(record: dict[str, Any], form: str = "auto") -> Flow:
    (one,) = read_record(json.dumps(record).encode(), form)
    assert isinstance(one, Flow)
    return one


@pytest.mark.parametrize("form", ["auto", "hubble"])
def test_a_flow_says_who_speaks_to_whom_and_what_became_of_it(form: str) -> None:
    one = flow({"flow": FLOW, "node_name": "c/worker-1", "time": TIME}, form)
    assert one.source == Place(
        "shop", "web-1", node="c/worker-1", workload="web", labels=("k8s:app=web",), ip="10.0.1.235"
    )
    assert one.destination == Place("pay", "db-0", labels=("k8s:app=db",), ip="10.0.0.21")
    assert (one.protocol, one.source_port, one.port) == ("TCP", 60524, 80)
    assert (one.verdict, one.reason, one.direction, one.reply) == ("DROPPED", "POLICY_DENY", "EGRESS", False)


def test_a_bare_flow_of_an_older_exporter_is_read_too() -> None:
    assert flow(FLOW) == flow({"flow": FLOW})


def test_a_dns_question_is_read_and_its_answer_is_no_second_one() -> None:
    dns = {"query": "db.pay.svc.cluster.local.", "qtypes": ["A"]}
    asked = {**FLOW, "l7": {"type": "REQUEST", "dns": dns}}
    answered = {**FLOW, "l7": {"type": "RESPONSE", "dns": {**dns, "ips": ["10.0.0.21"]}}, "is_reply": True}
    assert (flow(asked).query, flow(asked).record_types) == ("db.pay.svc.cluster.local", ("A",))
    assert (flow(answered).query, flow(answered).reply) == ("", True)


@pytest.mark.parametrize("field", [name for name in FLOW if name not in ("time", "verdict")])
@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [None], {"TCP": 7}, {"namespace": 7, "labels": 7}])
def test_every_other_field_may_be_masked_or_of_another_type(field: str, value: Any) -> None:
    assert flow({"flow": {**FLOW, field: value}}).verdict == "DROPPED"


@pytest.mark.parametrize("record", [{"lost_events": {"source": "PERF_EVENT"}}, {"node_status": {}, "time": TIME}])
def test_what_is_no_flow_is_no_fault(record: dict[str, Any]) -> None:
    assert read_record(json.dumps(record).encode()) == []


@pytest.mark.parametrize(
    "record", [{"flow": 7}, {"flow": {}}, {"flow": {**FLOW, "time": None}}, {"verdict": "DROPPED"}]
)
def test_what_is_no_record_of_hubble_is_malformed(record: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        read_record(json.dumps(record).encode(), "hubble")
