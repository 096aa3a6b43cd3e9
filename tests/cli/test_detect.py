"""`warroom detect` judges by the rules that the settings leave, as an engine does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.console.rules.events import line

EXEC = {"verb": "create", "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "shop", "name": "web"}}
MINE = """title: my own rule
id: MY-EXEC
level: low
detection:
  selection: {verb: create, objectRef.subresource: exec}
  condition: selection
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "audit.log"
    path.write_bytes(line(EXEC) + b"\n")
    return path


def detect(log: Path, settings: str = "") -> tuple[dict[str, str], str, int]:
    """Severity by rule, what was said beside it, and the exit code."""
    config = log.parent / "config.toml"
    config.write_text(settings)
    command = [sys.executable, "-m", "console", "detect", str(log), "--json", "--min-severity", "info"]
    chosen = os.environ | {"WARROOM_CONFIG": str(config)}
    done = subprocess.run(command, env=chosen, capture_output=True, text=True, timeout=60, check=False)
    found = [json.loads(row) for row in done.stdout.splitlines()]
    return {one["rule"]: one["severity"] for one in found}, done.stderr, done.returncode


def test_without_settings_all_shipped_rules_run_and_nothing_is_said(log: Path) -> None:
    found, said, code = detect(log)

    assert (found["K8S-EXEC-POD"], said, code) == ("medium", "", 10)


def test_a_disabled_rule_finds_nothing_a_tuned_one_its_level_and_both_are_said(log: Path) -> None:
    off, said, _ = detect(log, '[rules]\ndisable = ["K8S-EXEC-POD"]\n')
    assert "K8S-EXEC-POD" not in off
    assert said == f"1 rule disabled by the settings (K8S-EXEC-POD): {log.parent}/config.toml\n"

    high, said, _ = detect(log, '[rules.tune.K8S-EXEC-POD]\nlevel = "high"\n')
    assert high["K8S-EXEC-POD"] == "high"
    assert said == f"1 rule tuned by the settings (K8S-EXEC-POD): {log.parent}/config.toml\n"


def test_own_rules_find_and_a_broken_one_is_named_on_the_error_stream(log: Path) -> None:
    (log.parent / "mine").mkdir()
    (log.parent / "mine" / "good.yml").write_text(MINE)
    (log.parent / "mine" / "bad.yml").write_text(MINE.replace("MY-EXEC", "MY-BAD").replace("low", "loud"))

    found, said, code = detect(log, '[rules]\nfolder = "mine"\n')

    assert (found["MY-EXEC"], found["K8S-EXEC-POD"], code) == ("low", "medium", 10)
    assert said.startswith(f"{log.parent}/mine/bad.yml:3: level 'loud' is none of critical")


@pytest.mark.parametrize("settings", ["[rules]\nfolder = 'absent'\n", "[rules.tune.K8S-EXEC-POD]\nlevel = 'loud'\n"])
def test_settings_that_cannot_be_used_are_a_sentence_and_2(log: Path, settings: str) -> None:
    found, said, code = detect(log, settings)

    assert (found, code) == ({}, 2)
    assert said.startswith("warroom: ")
    assert "Traceback" not in said
