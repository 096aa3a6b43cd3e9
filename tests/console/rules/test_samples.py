"""Every shipped rule carries its own samples, and they hold."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from console.rules.compiling import RuleSet
from console.rules.loading import SHIPPED, load_rule, load_rules
from console.rules.sampling import misjudged

FILES = sorted(SHIPPED.rglob("*.yml"))


@cache
def _rules() -> RuleSet:
    loaded = load_rules()
    return RuleSet(loaded.rules, loaded.faults)


def test_every_shipped_rule_can_be_used() -> None:
    assert _rules().faults == []
    assert len(_rules().rules) == len(FILES) >= 45


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rule_finds_its_samples_and_keeps_silent_on_the_others(path: Path) -> None:
    assert misjudged(path, _rules()) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rule_says_what_a_responder_needs(path: Path) -> None:
    rule = load_rule(path)
    assert rule.description.endswith(".")
    assert rule.attack
    assert rule.title[0] != " "
