"""Real rule files in a folder, over ours: what runs, what a fault costs, and what the settings change."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.config.settings import RuleSettings, ThresholdSettings, TuneSettings
from console.errors import ConfigError
from console.model.severity import Severity
from console.rules.detector import Detector
from console.rules.loading import load_rules
from console.rules.offline import shipped_rules
from console.rules.rulebook import Rulebook, rulebook
from tests.console.rules.events import read

WHERE = "/etc/warroom.toml"
MINE = """title: my own rule
id: MY-RULE
level: medium
detection:
  selection: {verb: create, objectRef.resource: pods}
  condition: selection
"""
EXEC = {"verb": "create", "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "shop", "name": "web"}}
ROLE = {
    "verb": "create",
    "objectRef": {"resource": "roles", "apiGroup": "rbac.authorization.k8s.io", "namespace": "shop", "name": "r"},
    "requestObject": {"rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]},
}
JOB = {"verb": "create", "objectRef": {"resource": "cronjobs", "apiGroup": "batch", "namespace": "shop", "name": "j"}}
LISTING = {"verb": "get", "objectRef": {"resource": "secrets", "namespace": "shop"}}


def book(folder: Path | None = None, **wanted: object) -> Rulebook:
    named = {"folder": str(folder)} if folder else {}
    return rulebook(RuleSettings(**named, **wanted), WHERE)  # type: ignore[arg-type]  # named by each test


def found(rules: Rulebook, *events: object) -> dict[str, Severity]:
    detector = Detector(rules.rules)
    detector.feed(read(events))  # type: ignore[arg-type]  # events as JSON
    return {finding.rule: finding.severity for finding in detector.findings()}


def test_without_settings_the_shipped_rules_run() -> None:
    plain = book()

    assert [rule.id for rule in plain.rules.rules] == [rule.id for rule in shipped_rules().rules]
    assert (plain.rules.faults, plain.disabled, plain.tuned) == ([], {}, {})


def test_own_rules_come_beside_ours_and_replace_those_of_the_same_id(tmp_path: Path) -> None:
    (tmp_path / "new.yml").write_text(MINE)
    (tmp_path / "same.yaml").write_text(MINE.replace("MY-RULE", "K8S-EXEC-POD"))

    both = book(tmp_path)

    where = {rule.id: rule.where for rule in both.rules.rules}
    assert (where["MY-RULE"], where["K8S-EXEC-POD"]) == (f"{tmp_path}/new.yml:4", f"{tmp_path}/same.yaml:4")
    assert len(where) == len(load_rules().rules) + 1
    assert both.rules.faults == []


BROKEN = {
    "not YAML": ("title: [\n", "bad.yml:1: not YAML"),
    "unknown field": (MINE.replace("objectRef.", "objectref."), "bad.yml:4: unknown field 'objectref.resource'; rule"),
    "bad pattern": (MINE.replace("verb: create", "verb|re: '('"), "bad.yml:4: bad pattern '('"),
    "no value": (MINE.replace("verb: create", "verb|exists: []"), "bad.yml:4: cannot be compiled (IndexError)"),
    "endless": (MINE.replace("condition: selection", f"condition: {'not ' * 3000}selection"), "bad.yml:4: cannot be"),
    "level": (MINE.replace("medium", "loud"), "bad.yml:3: level 'loud' is none of"),
}


@pytest.mark.parametrize(("text", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_costs_nothing_but_itself(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "bad.yml").write_text(text)
    (tmp_path / "good.yml").write_text(MINE.replace("MY-RULE", "MY-GOOD"))

    both = book(tmp_path)

    assert {rule.id for rule in both.rules.rules} == {rule.id for rule in load_rules().rules} | {"MY-GOOD"}
    (fault,) = both.rules.faults
    assert fault.startswith(f"{tmp_path}/{words}"), fault


def test_a_broken_rule_that_was_to_replace_ours_leaves_ours(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text(MINE.replace("MY-RULE", "K8S-EXEC-POD").replace("verb:", "verb|odd:"))

    both = book(tmp_path)

    assert "K8S-EXEC-POD" in found(both, EXEC)
    assert both.rules.faults[0].endswith("rule K8S-EXEC-POD is not used, ours of that id stays")


def test_a_sequence_after_a_rule_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "seq.yml").write_text(MINE + "after: {rules: [K8S-EXEC-PODS], within: 5m}\n")

    (fault,) = book(tmp_path).rules.faults

    assert fault.startswith(
        f"{tmp_path}/seq.yml:4: rule MY-RULE comes after K8S-EXEC-PODS, and no rule in use is called"
    )
    assert "is K8S-EXEC-POD" in fault


def test_a_disabled_rule_finds_nothing_and_a_tuned_one_its_own_level() -> None:
    assert found(book(), EXEC)["K8S-EXEC-POD"] is Severity.MEDIUM
    assert "K8S-EXEC-POD" not in found(book(disable=("K8S-EXEC-POD",)), EXEC)
    high = book(tune={"K8S-EXEC-POD": TuneSettings(Severity.HIGH)})
    assert found(high, EXEC)["K8S-EXEC-POD"] is Severity.HIGH


def test_what_comes_after_a_disabled_rule_is_still_found() -> None:
    rules = book(disable=("K8S-ROLE-CHANGED",))

    names = found(rules, ROLE, JOB)

    assert "K8S-RIGHTS-THEN-WORKLOAD" in names
    assert "K8S-ROLE-CHANGED" not in names
    assert rules.disabled == {"K8S-ROLE-CHANGED": ("K8S-RIGHTS-THEN-WORKLOAD",)}
    assert "K8S-ROLE-CHANGED" not in {one.rule.id for one in rules.finding}


def test_a_tuned_threshold_counts() -> None:
    reads = [LISTING | {"objectRef": LISTING["objectRef"] | {"name": f"s{n}"}} for n in range(4)]  # type: ignore[operator]
    assert "K8S-SECRETS-BURST" not in found(book(), *reads)

    low = book(tune={"K8S-SECRETS-BURST": TuneSettings(threshold=ThresholdSettings(3))})

    assert "K8S-SECRETS-BURST" in found(low, *reads)


def test_the_users_own_rules_are_disabled_and_tuned_like_ours(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text(MINE)

    assert book(tmp_path, disable=("MY-RULE",)).rules.faults == []
    assert list(book(tmp_path, tune={"MY-RULE": TuneSettings(Severity.LOW)}).tuned) == ["MY-RULE"]


def test_a_folder_that_is_none_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"The rules folder {tmp_path}/absent .* is no folder"):
        book(tmp_path / "absent")


def test_metric_rules_are_known_by_name_and_stay_on() -> None:
    (fault,) = book(disable=("PROM-FALCO",)).rules.faults

    assert fault.startswith(f"{WHERE}: [rules] disable: PROM-FALCO judges metrics")
