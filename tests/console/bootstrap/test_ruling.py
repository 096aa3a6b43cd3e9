"""The rules of an engine: a folder that is not there is refused before anything starts, a broken rule costs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.bootstrap.ruling import rules_of
from console.config.settings import RuleSettings
from console.errors import ConfigError
from console.rules.loading import load_rules

WHERE = "/etc/warroom.toml"


def test_a_broken_rule_and_a_mistyped_id_keep_nothing_from_running(tmp_path: Path) -> None:
    (tmp_path / "odd.yml").write_text("title: [")
    wanted = RuleSettings(str(tmp_path), disable=("K8S-EXEC-POD", "K8S-EXEC-PODS"))

    rules = rules_of(wanted, WHERE)()

    assert len(rules.rules) == len(load_rules().rules) - 1
    assert rules.disabled == ("K8S-EXEC-POD",)
    assert [fault.partition(":")[0] for fault in rules.faults] == [f"{tmp_path}/odd.yml", WHERE]


def test_a_folder_that_is_not_there_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no folder"):
        rules_of(RuleSettings(str(tmp_path / "absent")), WHERE)


def test_a_folder_that_goes_while_the_engine_starts_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    load = rules_of(RuleSettings(str(folder)), WHERE)
    folder.rmdir()

    (fault,) = load().faults

    assert fault.startswith(str(folder))
    assert "No such file" in fault
