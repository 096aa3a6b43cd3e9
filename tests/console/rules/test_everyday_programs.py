"""Programs that ordinary software starts are silent or low; what attackers start is not, however near it looks.

`data/programs.jsonl` has them as Tetragon tells them.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.model.runtime import Flow, Place, Process
from console.rules.detector import Detector
from console.rules.offline import shipped_rules

RULES = shipped_rules()
PROGRAMS = [json.loads(line) for line in (Path(__file__).parent / "data" / "programs.jsonl").read_text().splitlines()]
"""What a rule must find names it and its severity; what is ordinary names none."""


def named(step: dict[str, str]) -> str:
    return f"{step['program']} {step['arguments']}"[:60]


def found(step: dict[str, str]) -> set[tuple[str, str]]:
    place = Place(namespace=step["namespace"], pod="p-1", container="c")
    started = Process(
        1.0, step["program"], step["arguments"], place, "x",
        parent=step["parent"], parent_arguments=step["parent_arguments"],
    )  # fmt: skip
    return told(started)


@pytest.mark.parametrize("step", [one for one in PROGRAMS if "rule" not in one], ids=named)
def test_what_ordinary_software_starts_is_low_at_most(step: dict[str, str]) -> None:
    assert {one for one in found(step) if one[1] not in ("info", "low")} == set()


@pytest.mark.parametrize("step", [one for one in PROGRAMS if "rule" in one], ids=named)
def test_what_attackers_start_is_found(step: dict[str, str]) -> None:
    assert (step["rule"], step["severity"]) in found(step)


def told(*what: Flow | Process) -> set[tuple[str, str]]:
    detector = Detector(RULES)
    detector.sense(what)
    return {(one.rule, one.severity.value) for one in detector.findings()}


def flow(
    pod: str, namespace: str, ip: str, port: int, to: Place | None = None, query: str = "", kind: str = ""
) -> Flow:
    there = to or Place(ip=ip)
    return Flow(
        1.0, Place(namespace=namespace, pod=pod), there, protocol="TCP", source_port=40000, port=port, query=query,
        verdict="FORWARDED", direction="EGRESS", record_types=(kind,) if kind else (),
    )  # fmt: skip


def test_flows_of_an_ordinary_cluster_are_low_at_most() -> None:
    webhook = Place(namespace="cert-manager", pod="webhook-0", ip="10.0.2.9")
    searched = [
        flow("web-1", "shop", "169.254.20.10", 53, query=f"{host}.example.com{suffix}", kind=kind)
        for host in (f"api-{number}" for number in range(30))
        for suffix in (".shop.svc.cluster.local", ".svc.cluster.local", ".cluster.local", ".eu.compute.internal", "")
        for kind in ("A", "AAAA")
    ]
    seen = told(
        *searched,
        *(flow("prometheus-0", "monitoring", f"10.0.0.{host}", 10250) for host in range(40)),
        flow("web-1", "shop", "", 10250, webhook),
        flow("web-1", "shop", "169.254.169.254", 53, query="api.example.com", kind="A"),
    )
    assert {rule for rule, severity in seen if severity not in ("info", "low")} == set()


def test_flows_of_attackers_are_found() -> None:
    assert ("FLOW-KUBELET", "medium") in told(flow("web-1", "shop", "10.0.0.3", 10250))
    assert ("FLOW-METADATA", "medium") in told(flow("web-1", "shop", "169.254.169.254", 80))
    assert ("FLOW-DNS-ENUM", "medium") in told(
        flow("web-1", "shop", "10.0.0.10", 53, query="ANY.any.svc.cluster.local")
    )
    tunnel = (
        flow("web-1", "shop", "10.0.0.10", 53, query=f"{number:050x}.t.evil.example", kind="A") for number in range(30)
    )
    assert ("FLOW-DNS-TUNNEL", "medium") in told(*tunnel)
