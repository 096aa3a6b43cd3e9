"""The user's own rules are used, replace ours of the same id, and a fault among them is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.bootstrap.ruling import rules_of
from console.config.settings import RuleSettings, Settings
from console.errors import ConfigError
from console.rules.loading import SHIPPED, load_rules


def settings(folder: Path) -> Settings:
    return Settings(rules=RuleSettings(str(folder)))


def shipped(number: int = 0) -> Path:
    return sorted(SHIPPED.rglob("*.yml"))[number]


def test_own_rules_come_beside_ours_and_replace_those_of_the_same_id(tmp_path: Path) -> None:
    text = shipped().read_text()
    rule = load_rules().rules[0]
    (tmp_path / "same.yml").write_text(text)
    (tmp_path / "new.yml").write_text(text.replace(rule.id, "12345678-1234-4234-8234-123456789abc"))

    ours, both = rules_of(Settings())(), rules_of(settings(tmp_path))()

    assert len(both.rules) == len(ours.rules) + 1
    assert not both.faults


def test_a_rule_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.yml").write_text("title: [")

    with pytest.raises(ConfigError, match=r"odd\.yml"):
        rules_of(settings(tmp_path))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no folder"):
        rules_of(settings(tmp_path / "absent"))
