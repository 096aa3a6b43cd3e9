"""`warroom rules`: without a cluster, over our rules and the user's own."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.console.rules.events import line

MINE = """title: my own rule
id: MY-RULE
description: Pods with a certain label.
level: medium
catalogue: [D21]
detection:
  selection: {verb: create, objectRef.resource: pods, metadata.labels.mine: "*"}
  condition: selection
---
match:
- {verb: create, objectRef: {resource: pods, name: a}, requestObject: {metadata: {labels: {mine: x}}}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings with a folder of the user's own rules."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mine.yml").write_text(MINE)
    path = tmp_path / "config.toml"
    path.write_text(f'[rules]\nfolder = "{tmp_path}/mine"\n')
    return path


def rules(*args: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
    given = ["--config", str(config)] if config else []
    command = [sys.executable, "-m", "console", "rules", *args, *given]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_list_has_every_rule_with_what_it_covers(config: Path) -> None:
    rows = {row["rule"]: row for row in map(json.loads, rules("list", "--json", config=config).stdout.splitlines())}

    assert len(rows) > 130
    assert rows["MY-RULE"]["catalogue"] == ["D21"]
    assert rows["K8S-PRIVILEGED"] == {
        "rule": "K8S-PRIVILEGED",
        "title": "privileged container",
        "severity": "high",
        "catalogue": ["D33"],
        "attack": ["T1611"],
        "file": "privilege-escalation/privileged-container.yml",
        "marker": False,
    }
    assert "K8S-PRIVILEGED" in rules("list").stdout


def test_files_that_cannot_be_used_are_named_with_the_line(config: Path) -> None:
    assert rules("check", config=config).returncode == 0
    bad = config.parent / "mine" / "bad.yml"
    bad.write_text(MINE.replace("MY-RULE", "MY-BAD").replace("objectRef.resource", "objectref.resource"))

    done = rules("check", str(bad))

    assert done.returncode == 1
    assert f"{bad}: bad.yml:6: unknown field 'objectref.resource'; rule MY-BAD is not used" in done.stdout
    assert rules("check", str(config.parent / "absent")).returncode == 2


def test_samples_are_run(config: Path) -> None:
    mine = config.parent / "mine" / "mine.yml"
    assert rules("test", str(mine), config=config).returncode == 0

    mine.write_text(MINE.replace("{mine: x}", "{other: x}"))
    done = rules("test", "--json", str(mine), config=config)

    assert done.returncode == 1
    assert json.loads(done.stdout)["fault"].startswith("MY-RULE does not find ")


def test_a_rule_is_explained_on_a_log(config: Path) -> None:
    log = config.parent / "audit.log"
    event = {
        "verb": "create",
        "objectRef": {"resource": "pods"},
        "requestObject": {"metadata": {"labels": {"mine": "x"}}},
    }
    log.write_bytes(gzip.compress(line({"verb": "get"}) + b"\n" + line(event) + b"\nnot an event\n"))

    told = rules("explain", "MY-RULE", str(log), config=config)
    as_json = json.loads(rules("explain", "MY-RULE", str(log), "--json", config=config).stdout)

    assert told.returncode == 0
    assert "Pods with a certain label." in told.stdout
    assert "yes metadata.labels.mine: *  found x" in told.stdout
    assert as_json["matched"] is True
    assert [one["field"] for one in as_json["searches"][0]["fields"] if one["matched"]] == [
        "verb",
        "objectRef.resource",
        "metadata.labels.mine",
    ]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["explain"], "needs the id of a rule"),
        (["explain", "K8S-NONE"], "No rule is called 'K8S-NONE'"),
        (["explain", "K8S-PRIVILEGED", "/absent.log"], "cannot be read: No such file or directory"),
        (["list", "K8S-PRIVILEGED"], "takes no names"),
        (["tell"], "invalid choice"),
    ],
)
def test_bad_input_is_a_sentence(args: list[str], words: str) -> None:
    done = rules(*args)

    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
