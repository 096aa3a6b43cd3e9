"""What `[rules]` makes of rules, and that nothing it cannot do is passed over."""

from __future__ import annotations

from typing import Any

import pytest

from console.config.settings import RuleSettings, ThresholdSettings, TuneSettings
from console.model.severity import Severity
from console.rules.rule import After, Rule, Threshold
from console.rules.tuning import Settled, nearest, settle

WHERE = "/etc/warroom.toml"
PLAIN = "K8S-EXEC-POD"


def rule(name: str = PLAIN, **more: Any) -> Rule:
    detection = {"s": {"verb": "get"}, "condition": "s"}
    return Rule(name, name.lower(), Severity.MEDIUM, detection, f"{name.lower()}.yml:4", **more)


def later(name: str, *before: str) -> Rule:
    return rule(name, after=After(before, 60.0))


def disabled(*rules: Rule, names: tuple[str, ...]) -> Settled:
    return settle(rules, RuleSettings(disable=names), WHERE)


def tuned(one: Rule, **change: Any) -> Settled:
    return settle([one], RuleSettings(tune={one.id: TuneSettings(**change)}), WHERE)


def test_a_disabled_rule_does_not_run_and_is_still_known() -> None:
    found = disabled(rule(), rule("B"), names=(PLAIN,))

    assert [one.id for one in found.running] == ["B"]
    assert [one.id for one in found.known] == [PLAIN, "B"]
    assert (found.disabled, found.faults) == ({PLAIN: ()}, ())


def test_a_disabled_rule_that_others_come_after_stays_as_a_marker() -> None:
    found = disabled(rule("A"), rule("B"), later("C", "A", "B"), names=("A",))

    assert {one.id: one.marker for one in found.running} == {"A": True, "B": False, "C": False}
    assert found.disabled == {"A": ("C",)}


def test_a_chain_of_disabled_rules_stays_as_far_as_a_rule_in_use_needs_it() -> None:
    chain = (rule("A"), later("B", "A"), later("C", "B"))

    assert {one.id: one.marker for one in disabled(*chain, names=("A", "B")).running} == {
        "A": True, "B": True, "C": False
    }  # fmt: skip
    assert list(disabled(*chain, names=("A", "B", "C")).running) == []
    assert disabled(later("A", "B"), later("B", "A"), names=("A", "B")).disabled == {"A": (), "B": ()}


def test_an_id_that_is_none_is_a_fault_that_names_what_may_be_meant() -> None:
    wanted = RuleSettings(disable=("k8s-exec-pods", "ELSE", "ELSE"), tune={"K8S-EXE-POD": TuneSettings(Severity.LOW)})

    assert settle([rule()], wanted, WHERE).faults == (
        f"{WHERE}: [rules] disable: no rule is called 'k8s-exec-pods'; is K8S-EXEC-POD meant?",
        f"{WHERE}: [rules] disable: no rule is called 'ELSE'; see `warroom rules list`",
        f"{WHERE}: [rules] tune.K8S-EXE-POD: no rule is called 'K8S-EXE-POD'; is K8S-EXEC-POD meant?",
    )


def test_ids_are_not_near_because_they_begin_alike() -> None:
    assert nearest("K8S-BARE-POD", ["K8S-EXEC-POD", "K8S-ANON-POD"]) == ""
    assert nearest("K8S-EXC-POD", ["K8S-EXEC-POD", "K8S-EXEC-COPY"]) == "; is K8S-EXEC-POD meant?"
    assert nearest("my-ruel", ["MY-RULE"]) == "; is MY-RULE meant?"


@pytest.mark.parametrize("name", ["FALCO-TERMINAL-SHELL-IN-CONTAINER", "ALERTMANAGER-TARGETDOWN", "AM-WATCHDOG-GONE"])
def test_an_alert_of_a_sensor_is_tuned_where_it_is_made(name: str) -> None:
    found = settle([], RuleSettings(disable=(name,)), "config.toml")
    assert found.faults == (
        f"config.toml: [rules] disable: {name} is an alert of the sensor's own: disable or tune the rule there",
    )


def test_a_rule_over_metrics_is_told_apart_from_a_mistyped_one() -> None:
    found = settle([rule()], RuleSettings(disable=("PROM-FALCO",)), WHERE, ["PROM-FALCO"])

    assert "PROM-FALCO judges metrics" in found.faults[0]


def test_a_level_is_the_rules_own_and_what_it_judges_more_quietly_stays() -> None:
    quiet = ((Severity.INFO, {"by.controller": True}),)
    found = tuned(rule(levels=quiet), level=Severity.CRITICAL)

    (one,) = found.known
    assert (one.severity, one.levels) == (Severity.CRITICAL, quiet)
    assert found.tuned == {PLAIN: ("level critical instead of medium",)}


def test_a_lower_level_is_the_worst_that_is_left() -> None:
    special = ((Severity.CRITICAL, {"verb": "a"}), (Severity.INFO, {"verb": "b"}))

    (one,) = tuned(rule(levels=special), level=Severity.LOW).known

    assert [level for level, _ in one.levels] == [Severity.LOW, Severity.INFO]


@pytest.mark.parametrize(
    ("wish", "count", "within", "words"),
    [
        (ThresholdSettings(10, "1h"), 10, 3600.0, "10 within 1h instead of 5 within 90s"),
        (ThresholdSettings(10), 10, 90.0, "10 within 90s instead of 5 within 90s"),
        (ThresholdSettings(within="2d"), 5, 172800.0, "5 within 2d instead of 5 within 90s"),
    ],
)
def test_a_threshold_changes_in_what_was_said(wish: ThresholdSettings, count: int, within: float, words: str) -> None:
    own = Threshold(5, 90.0, ("who.ip",), "uri.path")
    found = tuned(rule(threshold=own), threshold=wish)

    assert found.known[0].threshold == Threshold(count, within, ("who.ip",), "uri.path")
    assert found.tuned == {PLAIN: (words,)}


def test_a_threshold_for_a_rule_that_counts_nothing_names_rule_and_file_and_the_level_counts() -> None:
    found = tuned(rule(), level=Severity.LOW, threshold=ThresholdSettings(10))

    assert found.faults == (
        f"{WHERE}: [rules.tune.{PLAIN}] has a threshold, but {PLAIN} (k8s-exec-pod.yml:4) counts nothing: only its "
        "level can be tuned",
    )
    assert found.known[0].severity is Severity.LOW


def test_what_is_as_the_rule_says_is_not_called_tuned_and_a_disabled_rule_is_only_disabled() -> None:
    assert tuned(rule(), level=Severity.MEDIUM).tuned == {}
    wanted = RuleSettings(disable=(PLAIN,), tune={PLAIN: TuneSettings(Severity.LOW)})
    found = settle([rule()], wanted, WHERE)
    assert (found.tuned, list(found.disabled)) == ({}, [PLAIN])
