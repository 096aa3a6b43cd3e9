"""Findings are folded, counted once, bounded, and taken up again after a restart."""

from __future__ import annotations

from functools import cache

import pytest

from console.model.finding import Finding
from console.model.severity import Severity
from console.rules import detector as module
from console.rules import tallying
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.folding import Folder
from console.rules.offline import shipped_rules
from console.rules.rule import After, Rule, Threshold
from console.rules.windows import Window
from tests.console.rules.events import line, read

EXEC = {"verb": "get", "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "shop", "name": "web"}}


@cache
def _shipped() -> RuleSet:
    return shipped_rules()


def _one(detector: Detector, rule: str) -> Finding:
    (found,) = [finding for finding in detector.findings() if finding.rule == rule]
    return found


def test_events_of_one_rule_user_and_target_are_one_finding() -> None:
    detector = Detector(_shipped(), "audit")
    detector.feed(read([EXEC, EXEC, EXEC]))
    found = _one(detector, "K8S-EXEC-POD")
    assert (found.count, len(found.events), found.last - found.first) == (3, 3, 2.0)
    assert (found.source, found.target.kind, found.target.subresource) == ("audit", "Pod", "exec")


def test_another_user_or_target_is_another_finding() -> None:
    detector = Detector(_shipped())
    other = {**EXEC, "objectRef": {**EXEC["objectRef"], "name": "db"}}  # type: ignore[dict-item]
    detector.feed(read([EXEC, other, {**EXEC, "user": {"username": "bob"}}]))
    assert len([one for one in detector.findings() if one.rule == "K8S-EXEC-POD"]) == 3


def test_feed_tells_new_and_changed_findings_only() -> None:
    detector = Detector(_shipped())
    assert [one.count for one in detector.feed(read([EXEC])) if one.rule == "K8S-EXEC-POD"] == [1]
    assert detector.feed(read([{"verb": "get", "objectRef": {"resource": "pods"}}])) == []
    assert [one.count for one in detector.feed(read([EXEC])) if one.rule == "K8S-EXEC-POD"] == [2]


def test_stages_of_one_request_count_once() -> None:
    started = {**EXEC, "auditID": "x", "stage": "ResponseStarted", "responseStatus": {"code": 101}}
    first = {**started, "stage": "RequestReceived"}
    moment = {"requestReceivedTimestamp": "2026-11-23T07:00:00.000000Z"}
    stages = [event | moment for event in (first, started, {**started, "stage": "ResponseComplete"})]
    detector = Detector(_shipped())
    detector.feed(read(stages))
    assert _one(detector, "K8S-EXEC-POD").count == 1


def test_records_read_twice_count_once() -> None:
    events = read([EXEC])
    detector = Detector(_shipped())
    detector.feed(events)
    detector.feed(events)
    assert _one(detector, "K8S-EXEC-POD").count == 1


def test_an_attacker_who_gives_all_requests_one_audit_id_is_not_hidden() -> None:
    detector = Detector(_shipped())
    detector.feed(read([{**EXEC, "auditID": "same"}, {**EXEC, "auditID": "same"}]))
    assert _one(detector, "K8S-EXEC-POD").count == 2


def test_at_most_a_hundred_event_ids_are_kept_and_all_are_counted() -> None:
    detector = Detector(_shipped())
    detector.feed(read([EXEC] * 150))
    found = _one(detector, "K8S-EXEC-POD")
    assert (found.count, len(found.events)) == (150, 100)


def test_the_first_record_is_kept_as_evidence() -> None:
    events = read([EXEC, EXEC])
    detector = Detector(_shipped())
    detector.feed(events, [line(EXEC), b"second"])
    assert b'"exec"' in _one(detector, "K8S-EXEC-POD").evidence


def test_findings_go_on_counting_after_a_restart() -> None:
    before = Detector(_shipped())
    before.feed(read([EXEC, EXEC]))
    after = Detector(_shipped())
    after.restore(before.findings())
    after.feed(read([EXEC]))
    assert _one(after, "K8S-EXEC-POD").count == 3


def test_a_dry_run_changes_nothing_and_is_no_finding() -> None:
    pod = {"verb": "create", "objectRef": {"resource": "pods", "namespace": "kube-system", "name": "x"}}
    detector = Detector(_shipped())
    detector.feed(read([{**pod, "requestURI": "/api/v1/namespaces/kube-system/pods?dryRun=All"}]))
    assert detector.findings() == []


def test_memory_is_bounded_and_the_severe_outlive_the_rest() -> None:
    folder = Folder(most=10)
    finding = Detector(_shipped())
    finding.feed(read([EXEC]))
    model = _one(finding, "K8S-EXEC-POD")
    import msgspec

    for number in range(50):
        level = Severity.HIGH if number < 5 else Severity.INFO
        who = msgspec.structs.replace(model.who, user=f"u{number}")
        folder.add(msgspec.structs.replace(model, who=who, severity=level))
    assert len(folder) == 10
    assert folder.dropped == 40
    assert sum(one.severity is Severity.HIGH for one in folder.all()) == 5


def test_seen_requests_are_forgotten_in_generations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 10)
    detector = Detector(_shipped())
    detector.feed(read([EXEC] * 100))
    assert len(detector._seen) + len(detector._seen_before) <= 20


def test_user_names_made_up_by_the_thousand_do_not_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    from console.rules import compiling

    monkeypatch.setattr(compiling, "_REMEMBERED", 50)
    rules = shipped_rules()
    detector = Detector(rules)
    detector.feed(read([{**EXEC, "user": {"username": f"u{number}"}} for number in range(300)]))
    assert len(rules._by_user) <= 50
    made_up = [{"verb": f"v{number}", "objectRef": {"resource": f"r{number}"}} for number in range(300)]
    detector.feed(read(made_up))
    assert len(rules._by_cells) < 50


def _rule(identity: str, search: dict[str, object], **more: object) -> Rule:
    return Rule(identity, identity, Severity.LOW, {"s": search, "condition": "s"}, "test", **more)  # type: ignore[arg-type]


def test_a_rule_after_another_needs_it_first_and_soon() -> None:
    rules = [
        _rule("FIRST", {"verb": "create", "objectRef.resource": "roles"}, marker=True),
        _rule("SECOND", {"verb": "create", "objectRef.resource": "pods"}, after=After(("FIRST",), 60.0)),
    ]
    role = {"verb": "create", "objectRef": {"resource": "roles", "name": "r"}}
    pod = {"verb": "create", "objectRef": {"resource": "pods", "name": "p"}}
    late = [role] + [{"verb": "get"}] * 70 + [pod]
    for events, count in (
        ([role, pod], 1),
        ([pod, role], 0),
        (late, 0),
        ([role, {**pod, "user": {"username": "x"}}], 0),
    ):
        detector = Detector(RuleSet(rules))
        detector.feed(read(events))
        assert [one.rule for one in detector.findings()] == ["SECOND"] * count


def test_a_flood_of_first_steps_makes_nobody_elses_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """All were forgotten at once when there were too many: whoever could make many began anew with a clean record."""
    monkeypatch.setattr(tallying, "_REMEMBERED", 10)
    rules = [
        _rule("FIRST", {"verb": "create", "objectRef.resource": "roles"}, marker=True),
        _rule("SECOND", {"verb": "create", "objectRef.resource": "pods"}, after=After(("FIRST",), 600.0)),
    ]
    role = {"verb": "create", "objectRef": {"resource": "roles", "name": "r"}}
    pod = {"verb": "create", "objectRef": {"resource": "pods", "name": "p"}}
    flood = [{**role, "user": {"username": f"made-up-{number}"}} for number in range(17)]
    detector = Detector(RuleSet(rules))

    detector.feed(read([role, *flood[:8], role, *flood[8:], pod]))

    assert [one.rule for one in detector.findings()] == ["SECOND"]


def test_a_threshold_counts_different_values_within_its_span() -> None:
    threshold = Threshold(3, 60.0, ("who.user",), "objectRef.name")
    rule = _rule("T", {"verb": "get", "objectRef.resource": "secrets"}, threshold=threshold, target="none")

    def got(*names: str) -> list[dict[str, object]]:
        return [{"verb": "get", "objectRef": {"resource": "secrets", "name": name}} for name in names]

    for events, count in ((got("a", "b", "c"), 3), (got("a", "a", "a"), 0), (got("a", "b", "c", "d"), 4)):
        detector = Detector(RuleSet([rule]))
        detector.feed(read(events))
        assert sum(one.count for one in detector.findings()) == count


def test_a_window_forgets_what_is_older_than_its_span_and_bounds_its_keys() -> None:
    window = Window(3, 10.0)
    assert [window.add(("k",), at, "e") for at in (0.0, 5.0, 20.0, 25.0)] == [None] * 4
    assert window.add(("k",), 29.0, "e") is not None
    for number in range(20_000):
        window.add((str(number),), 0.0, "e")
    assert len(window._keys) <= 10_000


def _secrets(*names: str) -> list[dict[str, object]]:
    return [{"verb": "get", "objectRef": {"resource": "secrets", "name": name}} for name in names]


@pytest.mark.parametrize("distinct", ["objectRef.name", ""])
@pytest.mark.parametrize("cut", range(6))
def test_counts_and_sequences_under_way_go_on_in_the_next_engine(cut: int, distinct: str) -> None:
    """An engine that is killed reads on after its position: what came before it must not be forgotten."""
    secrets: dict[str, object] = {"verb": "get", "objectRef.resource": "secrets"}
    rules = RuleSet(
        [
            _rule("MANY", secrets, threshold=Threshold(3, 60.0, ("who.user",), distinct), target="none"),
            _rule("FIRST", secrets, marker=True),
            _rule("SECOND", {"verb": "create", "objectRef.resource": "pods"}, after=After(("FIRST",), 60.0)),
        ]
    )
    events = read([*_secrets("a", "b", "c", "d"), {"verb": "create", "objectRef": {"resource": "pods", "name": "p"}}])
    whole, before, after = Detector(rules), Detector(rules), Detector(rules)
    whole.feed(events)

    before.feed(events[:cut])
    after.restore(before.findings())
    after.remember(before.dump())
    after.feed(events[cut:])

    assert [(one.rule, one.count, one.first, one.last) for one in after.findings()] == [
        (one.rule, one.count, one.first, one.last) for one in whole.findings()
    ]
    assert sorted(one.rule for one in whole.findings()) == ["MANY", "SECOND"]


def test_what_is_handed_on_is_bounded_and_what_cannot_be_read_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "_KEPT", 1_500)
    threshold = Threshold(50, 1e6, ("who.user",))
    rule = _rule("T", {"verb": "get", "objectRef.resource": "secrets"}, threshold=threshold, target="none")
    detector = Detector(RuleSet([rule]))
    fifteen = _secrets(*"abcdefghijklmno")
    detector.feed(read([{**one, "user": {"username": f"u{number}"}} for number in range(200) for one in fifteen]))

    assert detector.dump() is detector.dump()
    later = Detector(RuleSet([rule]))
    for text in ("", "{", "[1]", '{"windows": 3}'):
        later.remember(text)
    later.remember(detector.dump())
    assert len(later._tally._windows["T"]._keys) == 100
    more = _secrets(*(f"n{number}" for number in range(35)))
    later.feed(read([{**one, "user": {"username": name}} for name in ("u199", "u0") for one in more]))
    assert [(one.who.user, one.count) for one in later.findings()] == [("u199", 50)]
