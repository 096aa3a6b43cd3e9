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
        "reads": "audit",
        "tactic": "privilege-escalation",
        "marker": False,
        "state": "on",
        "tuned": [],
        "unasked": {"Elastic Agent": "the documents of Elastic Agent do not have: requestObject.metadata"},
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


def test_a_rule_over_objects_is_explained_on_manifests(tmp_path: Path) -> None:
    path, secret = tmp_path / "all.yml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: door, namespace: shop}\nspec: {type: NodePort}\n"
    path.write_text(f"{secret}---\n{service}")

    done = rules("explain", "OBJ-NODEPORT", str(path))

    assert done.returncode == 0, done.stderr
    assert "matches: event" in done.stdout
    assert "yes new.body.spec.type: NodePort  found NodePort" in done.stdout
    assert "is no kind whose changes are told" in done.stderr
    (tmp_path / "empty.yml").write_text("\n")
    assert rules("explain", "OBJ-NODEPORT", str(tmp_path / "empty.yml")).returncode == 2


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
        (["explain", "k8s-privilegd"], "'k8s-privilegd'; is K8S-PRIVILEGED"),
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


@pytest.fixture
def changed(config: Path) -> Path:
    """Settings that disable and tune, with a mistyped id among them, beside a broken rule."""
    (config.parent / "mine" / "bad.yml").write_text(MINE.replace("MY-RULE", "MY-BAD").replace("verb:", "verbs:"))
    lines = (
        "folder = 'mine'",
        'disable = ["MY-RULE", "K8S-ROLE-CHANGED", "K8S-EXEC-PODS"]',
        "[rules.tune.K8S-SECRETS-BURST]",
        "threshold = {count = 20, within = '1h'}",
    )
    config.write_text("\n".join(("[rules]", *lines)))
    return config


def test_the_list_says_what_the_settings_change_and_what_they_cannot(changed: Path) -> None:
    done = rules("list", "--json", config=changed)
    rows = {row["rule"]: row for row in map(json.loads, done.stdout.splitlines())}

    assert done.returncode == 0
    assert {name: row["marker"] for name, row in rows.items() if row["state"] == "disabled"} == {
        "MY-RULE": False, "K8S-ROLE-CHANGED": True
    }  # fmt: skip
    assert {name: row["tuned"] for name, row in rows.items() if row["tuned"]} == {
        "K8S-SECRETS-BURST": ["20 within 1h instead of 10 within 5m"]
    }
    assert "MY-BAD" not in rows
    assert f"{changed.parent}/mine/bad.yml:6: unknown field 'verbs'; rule MY-BAD is not used" in done.stderr
    assert f"{changed}: [rules] disable: no rule is called 'K8S-EXEC-PODS'; is K8S-EXEC-POD" in done.stderr
    words = rules("list", config=changed).stdout
    assert "[disabled; a marker for K8S-RIGHTS-THEN-WORKLOAD, which comes after it]" in words
    assert "[tuned: 20 within 1h instead of 10 within 5m]" in words


def test_check_without_names_also_tells_what_only_all_together_show(changed: Path) -> None:
    (changed.parent / "mine" / "twice.yml").write_text(MINE)

    done = rules("check", config=changed)
    told = [json.loads(row) for row in rules("check", "--json", config=changed).stdout.splitlines()]

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].endswith(" rule files, 1 cannot be used, 2 more faults")
    mine = changed.parent / "mine"
    assert [one["file"] for one in told] == [f"{mine}/bad.yml", f"{mine}/twice.yml", str(changed)]
    assert "id MY-RULE is already that of mine.yml:6" in told[1]["fault"]
    assert rules("check", str(mine / "mine.yml"), config=changed).returncode == 0


def test_samples_are_of_the_rules_as_they_are_written(changed: Path) -> None:
    """Settings are about noise: what is off or rarer here does not make a rule's own samples wrong."""
    done = rules("test", str(changed.parent / "mine" / "mine.yml"), config=changed)

    assert (done.returncode, done.stdout) == (0, "1 rule files, the samples of 0 do not hold\n")


def test_a_disabled_rule_is_explained_and_called_so(changed: Path) -> None:
    log = changed.parent / "audit.log"
    log.write_bytes(line({"verb": "create", "objectRef": {"resource": "pods"}}) + b"\n")

    told = rules("explain", "MY-RULE", str(log), config=changed).stdout
    as_json = json.loads(rules("explain", "MY-RULE", str(log), "--json", config=changed).stdout)

    assert f"by the settings {changed}: disabled" in told
    assert (as_json["state"], as_json["matched"]) == ("disabled", False)
    tuned = rules("explain", "K8S-SECRETS-BURST", config=changed).stdout
    assert f"by the settings {changed}: tuned: 20 within 1h instead of 10 within 5m" in tuned
    assert "counts: 20 within 3600 s" in tuned
