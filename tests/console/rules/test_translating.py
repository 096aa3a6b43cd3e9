"""Alerts of Alertmanager are as bad as they are for a breach, and Falco's are the same whichever way they come."""

from __future__ import annotations

import json
from typing import Any

import pytest

from console.model.finding import Target
from console.model.runtime import Alert
from console.model.severity import Severity
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.stories import Storyteller
from console.rules.translating import Translator, load_meanings
from console.sources.alertmanager.hiding import ALL, SECURITY
from console.sources.alertmanager.watchdog import GONE
from tests.console.model.envelopes.test_alertmanager import LISTED, alert, from_falco, labelled
from tests.console.model.envelopes.test_falco import SHELL
from tests.console.model.envelopes.test_falco import alert as straight


def severity(**labels: str) -> str:
    return str(Translator().finding_of(labelled(**labels)).severity)


@pytest.mark.parametrize(
    ("word", "becomes"),
    [("critical", "medium"), ("error", "medium"), ("warning", "low"), ("page", "low"), ("info", "info")],
)
def test_an_everyday_alert_is_medium_at_most(word: str, becomes: str) -> None:
    assert severity(severity=word) == becomes


@pytest.mark.parametrize(
    "labels",
    [{"tactic": "credential-access"}, {"attack": "T1496"}, {"tags": "mitre_execution"}, {"category": "security"}],
    ids=lambda labels: next(iter(labels)),
)
def test_one_that_says_it_is_about_security_keeps_its_own(labels: dict[str, str]) -> None:
    assert severity(severity="critical", **labels) == "critical"


def test_what_it_says_of_tactic_and_technique_is_the_finding_s() -> None:
    one = Translator().finding_of(labelled(severity="high", tactic="Credential_Access", technique="t1552.001"))
    assert (one.tactic, one.attack, one.rule) == ("credential-access", ("T1552.001",), "ALERTMANAGER-A")


def test_a_known_name_has_our_level_whatever_severity_it_bears() -> None:
    one = Translator().finding_of(alert({**LISTED, "labels": {**LISTED["labels"], "severity": "critical"}}))
    assert (one.rule, one.severity) == ("ALERTMANAGER-KUBEPODCRASHLOOPING", Severity.LOW)
    assert (one.catalogue, one.tactic, one.who.pod) == (("D107",), "impact", "shop/web-1")
    assert one.target == Target(kind="Pod", namespace="shop", name="web-1")


def test_a_missing_watchdog_is_our_own_finding() -> None:
    one = Translator().finding_of(Alert("alertmanager", GONE, Severity.HIGH, 1.0, text="monitoring is blind: …"))
    assert (one.rule, one.severity, one.catalogue) == ("AM-WATCHDOG-GONE", Severity.HIGH, ("D67",))
    assert (one.tactic, one.title) == ("defense-evasion", "monitoring is blind: the watchdog alert does not fire")


def test_every_name_is_in_the_table_once_and_only_what_blinds_is_worse_than_medium() -> None:
    table = load_meanings().alertmanager
    assert len({one.rule for one in table}) == len(table)
    assert [one.rule for one in table if one.level in (Severity.HIGH, Severity.CRITICAL)] == [GONE, ALL, SECURITY]
    assert all(one.tactic and set(one.catalogue) <= {"D67", "D102", "D103", "D107"} for one in table)


def test_an_alert_with_the_name_of_a_falco_rule_is_not_falco_s() -> None:
    one = Translator().finding_of(labelled(alertname=SHELL["rule"], severity="critical"))
    assert (one.rule, one.catalogue) == ("ALERTMANAGER-TERMINAL-SHELL-IN-CONTAINER", ())


@pytest.mark.parametrize("order", ["straight first", "through first"])
@pytest.mark.parametrize("time", ["known", "about"])
def test_falco_straight_and_through_alertmanager_is_one_finding_of_both(order: str, time: str) -> None:
    ways = [
        ("falco:webhook", straight(SHELL)),
        ("alertmanager", alert(from_falco() if time == "known" else {**from_falco(evt_time=""), **late(20)})),
    ]
    detector = Detector(RuleSet(()))
    for source, one in ways if order == "straight first" else ways[::-1]:
        detector.sense([one], source=source)
    (found,) = detector.findings()
    assert (found.count, set(found.told_by)) == (1, {"falco:webhook", "alertmanager"})


def late(seconds: int) -> dict[str, Any]:
    at = f"2026-11-23T07:00:{seconds:02}.500Z"
    return {"startsAt": at, "updatedAt": at}


def test_two_shells_of_one_source_stay_two_and_far_ones_are_others() -> None:
    detector = Detector(RuleSet(()))
    later = {**SHELL, "time": "2026-11-23T07:00:30Z"}
    detector.sense([straight(SHELL), straight(later)], source="falco")
    through = [alert({**from_falco(evt_time="", proc_pid=str(at)), **late(at)}) for at in (1, 31)]
    detector.sense(through, source="alertmanager")
    assert [one.count for one in detector.findings()] == [2]
    far = {"startsAt": "2026-11-23T07:09:00Z", "updatedAt": "2026-11-23T07:09:00Z"}
    detector.sense([alert({**from_falco(evt_time=""), **far})], source="alertmanager")
    assert [one.count for one in detector.findings()] == [3]


def test_after_a_restart_the_other_source_still_tells_of_the_same_alert() -> None:
    before, after = Detector(RuleSet(())), Detector(RuleSet(()))
    before.sense([straight(SHELL)], source="falco")
    after.restore(before.findings())
    after.sense([alert({**from_falco(evt_time=""), **late(20)})], source="alertmanager")
    assert [(one.count, one.told_by) for one in after.findings()] == [(1, ("falco", "alertmanager"))]
    after.sense([straight({**SHELL, "time": "2026-11-23T07:00:40Z"})], source="falco")
    assert [one.count for one in after.findings()] == [2]


def test_listed_and_posted_an_alert_is_one_finding_of_both() -> None:
    detector = Detector(RuleSet(()))
    posted = {**LISTED, "status": "firing", "startsAt": "2026-11-23T07:00:00.936058415Z"}
    detector.sense([alert(LISTED)], [json.dumps(LISTED).encode()], "alertmanager")
    detector.sense([alert(posted)], source="alertmanager:webhook")
    detector.sense([alert({**posted, "annotations": {"summary": "the value moved"}})], source="alertmanager:webhook")
    (found,) = detector.findings()
    assert (found.count, found.told_by) == (1, ("alertmanager", "alertmanager:webhook"))


def test_an_everyday_alert_of_a_pod_does_not_raise_what_others_did_there() -> None:
    """It has no tactic, so three of them are no story."""
    teller = Storyteller()
    detector = Detector(RuleSet(()))
    for name in "ABC":
        detector.sense([labelled(alertname=name, namespace="shop", pod="web-1", severity="critical")], source="a")
    told = teller.feed(detector.findings())
    assert [(one.story, one.severity) for one in told] == [("", Severity.MEDIUM)] * 3
