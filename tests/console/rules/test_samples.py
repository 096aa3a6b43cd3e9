"""Every shipped rule carries its own samples, and they hold."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from console.model.provider import EKS
from console.model.severity import Severity
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.loading import SHIPPED, load_rule, load_rules, load_samples
from tests.console.rules.events import read

FILES = sorted(SHIPPED.rglob("*.yml"))


@cache
def _rules() -> RuleSet:
    loaded = load_rules()
    return RuleSet(loaded.rules, loaded.faults)


def _found(events: list[dict[str, object]], floor: Severity = Severity.INFO) -> set[str]:
    _rules().run_at(EKS)  # some samples are of its own hands
    detector = Detector(_rules())
    detector.feed(read(events))
    return {finding.rule for finding in detector.findings() if finding.severity.at_least(floor)}


def test_every_shipped_rule_can_be_used() -> None:
    assert _rules().faults == []
    assert len(_rules().rules) == len(FILES) >= 45


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rule_finds_its_samples_and_keeps_silent_on_the_others(path: Path) -> None:
    rule, samples = load_rule(path), load_samples(path)
    assert samples.get("match"), "a rule without a sample that matches is not shown to work"
    together = rule.threshold is not None or rule.after is not None
    for case in [samples["match"]] if together else [[event] for event in samples["match"]]:
        assert rule.id in _found(case), case
    for event in samples.get("silent", ()):
        assert rule.id not in _found([event]), event
    for event in samples.get("quiet", ()):
        assert rule.id not in _found([event], Severity.MEDIUM), event


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rule_says_what_a_responder_needs(path: Path) -> None:
    rule = load_rule(path)
    assert rule.description.endswith(".")
    assert rule.attack
    assert rule.title[0] != " "
