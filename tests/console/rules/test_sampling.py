"""Samples that do not hold are told as sentences; those that hold are silent (`test_samples` runs the shipped ones)."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.errors import BadInput
from console.rules.compiling import RuleSet
from console.rules.loading import load_rule
from console.rules.sampling import misjudged

RULE = """
title: secret read
id: MY-SECRET
level: {level}
detection:
  selection: {{verb: get, objectRef.resource: secrets}}
  condition: selection
---
"""
SECRET = "{verb: get, objectRef: {resource: secrets, name: a}}"
POD = "{verb: get, objectRef: {resource: pods, name: a}}"


def judged(folder: Path, samples: str, level: str = "high") -> list[str]:
    path = folder / "secret.yml"
    path.write_text(RULE.format(level=level) + samples)
    return misjudged(path, RuleSet([load_rule(path)]))


def test_samples_that_hold_are_silent(tmp_path: Path) -> None:
    assert judged(tmp_path, f"match: [{SECRET}]\nsilent: [{POD}]\nquiet: [{POD}]\n") == []
    assert judged(tmp_path, f"match: [{SECRET}]\nquiet: [{SECRET}]\n", level="low") == []


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ("", "no sample that it must find"),
        (f"match: [{POD}]", 'MY-SECRET does not find {"verb":"get"'),
        (f"match: [{SECRET}]\nsilent: [{SECRET}]", "MY-SECRET finds what it must keep silent about"),
        (f"match: [{SECRET}]\nquiet: [{SECRET}]", "MY-SECRET finds what it must call less than medium"),
    ],
)
def test_a_sample_that_does_not_hold_is_a_sentence(tmp_path: Path, samples: str, words: str) -> None:
    (sentence,) = judged(tmp_path, samples)
    assert words in sentence


def test_samples_that_are_no_events_are_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="`match` of its samples is no list of events"):
        judged(tmp_path, "match: all")


def test_the_samples_of_a_count_are_judged_together(tmp_path: Path) -> None:
    path = tmp_path / "many.yml"
    counted = RULE.replace("---", "threshold: {{count: 2, within: 1m}}\n---")
    path.write_text(counted.format(level="high") + f"match: [{SECRET}, {SECRET}]\n")

    assert misjudged(path, RuleSet([load_rule(path)])) == []
