"""Events that no rule can match are passed over without being read in full, and nothing that is found changes."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from console.model.envelopes.blocks import Block
from console.model.envelopes.reading import read_lines
from console.model.glimpse import Glimpse
from console.rules import compiling as module
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.loading import SHIPPED, load_samples
from console.rules.offline import feed_file, feed_lines, shipped_rules
from console.rules.skimming import unskimmed
from tests.console.rules.events import line

CALM = {"verb": "get", "objectRef": {"resource": "pods", "namespace": "shop"}}
LEASE = {
    "verb": "update",
    "objectRef": {"resource": "leases", "namespace": "kube-node-lease"},
    "user": {"username": "system:node:n1"},
    "userAgent": "kubelet/v1.33.1 (linux/amd64)",
}


@cache
def _rules() -> RuleSet:
    return shipped_rules()


def _known(*partials: dict[str, Any]) -> RuleSet:
    """Rules that have seen these events."""
    rules = shipped_rules()
    Detector(rules).feed(read_lines([line(one) for one in partials])[0])
    return rules


def _left(rules: RuleSet, *partials: dict[str, Any]) -> int:
    return len(unskimmed(Block(b"\n".join(line(one) for one in partials)), lambda one: rules.chooses_none(one, _met)))


def _met(glimpse: Glimpse) -> bool:
    return True


def test_an_event_is_passed_over_once_one_like_it_is_known_to_have_no_candidate() -> None:
    assert _left(shipped_rules(), CALM, LEASE) == 2
    assert _left(_known(CALM, LEASE), CALM, LEASE) == 0


@pytest.mark.parametrize(
    "other",
    [
        {"verb": "list"},
        {"objectRef": {"resource": "leases", "subresource": "status"}},
        {"objectRef": {"resource": "secrets"}},
        {"user": {"username": "system:node:n2"}},
        {"userAgent": "curl/8"},
        {"impersonatedUser": {"username": "bob"}},
        {"responseStatus": {"code": 403}},
        {"responseStatus": {"status": "Failure"}},
        {"annotations": {"authorization.k8s.io/decision": "forbid"}},
        {"requestURI": "/apis/x?dryRun=All"},
    ],
)
def test_an_event_that_differs_in_what_rules_are_chosen_by_is_read(other: dict[str, Any]) -> None:
    rules = _known(LEASE)
    assert _left(rules, LEASE) == 0
    assert _left(rules, LEASE | other) == 1


def test_a_stage_that_is_never_matched_is_passed_over() -> None:
    assert _left(shipped_rules(), CALM | {"stage": "RequestReceived"}) == 0


def test_another_cluster_s_names_are_looked_at_anew() -> None:
    rules = _known(LEASE)
    assert _left(rules, LEASE) == 0
    rules.run_at("eks")
    assert _left(rules, LEASE) == 1


def test_glimpses_by_the_thousand_or_very_long_ones_do_not_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 50)
    rules = _known(LEASE)
    long = LEASE | {"userAgent": "kubelet/" + "x" * 10_000}
    assert _left(rules, long) == 0
    assert rules._chosen_none == set()
    for number in range(200):
        assert _left(rules, LEASE | {"userAgent": f"kubelet/v1.{number}"}) == 0
    assert len(rules._chosen_none) <= 50


def _corpus() -> list[bytes]:
    """Samples of all rules, each several times by other callers, among everyday work and lines that are no events."""
    draw = random.Random(3)
    samples: list[dict[str, Any]] = [CALM, LEASE] * 100
    for path in sorted(SHIPPED.rglob("*.yml")):
        read = load_samples(path)
        samples += [one for part in ("match", "silent", "quiet") for one in read.get(part, [])]
    users = [one["user"] for one in samples if "user" in one]
    lines = []
    for second in range(3000):
        event = draw.choice(samples)
        changes: dict[str, Any] = {}
        if draw.random() < 0.3:
            changes["user"] = draw.choice(users)
        if draw.random() < 0.1:
            changes["responseStatus"] = draw.choice([{"code": 403}, {"code": 401}, {"status": "Failure"}])
        if draw.random() < 0.05:
            changes["stage"] = "RequestReceived"
        if draw.random() < 0.01:
            changes["user"] = {"username": "jane", "groups": "not a list"}
        lines.append(line(event | changes, second))
    for torn in (b"", b"{torn", b'{"kind": 0}', lines[0] + lines[1], b" " + lines[2], lines[3] + b"\r"):
        lines.insert(draw.randrange(2000), torn)
    return lines


def test_a_file_has_the_findings_and_counts_that_its_lines_have_one_by_one(tmp_path: Path) -> None:
    lines = _corpus()
    file = tmp_path / "audit.log"
    file.write_bytes(b"\n".join(lines))
    skimmed, whole = Detector(_rules()), Detector(shipped_rules())
    expected = sum(feed_lines([one], whole, "audit.log") for one in lines)

    malformed = feed_file(str(file), skimmed)

    assert (malformed, skimmed.events) == (expected, whole.events)
    assert expected == 3
    assert skimmed.findings() == whole.findings()
    assert len(whole.findings()) > 100
    assert skimmed.dump() == whole.dump()


def test_a_file_read_twice_over_is_judged_by_what_was_learnt_and_finds_the_same(tmp_path: Path) -> None:
    file = tmp_path / "audit.log"
    file.write_bytes(b"\n".join(_corpus()))
    first, second = Detector(_rules()), Detector(_rules())
    for detector in (first, second):
        feed_file(str(file), detector)
    assert first.findings() == second.findings()
