"""What is left of a condition for a caller and cells matches what the whole condition matches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from console.model.audit import AuditEvent
from console.model.severity import Severity
from console.rules import compiling as module
from console.rules.compiling import RuleSet
from console.rules.loading import SHIPPED, load_samples
from console.rules.offline import shipped_rules
from console.rules.rule import Rule
from console.rules.view import View
from tests.console.rules.events import read

CALLERS: tuple[dict[str, Any], ...] = (
    {},
    {"user": {"username": "jane", "groups": ["system:masters"]}},
    {"user": {"username": "system:anonymous"}, "userAgent": "curl/8"},
    {"user": {"username": "system:serviceaccount:shop:web"}, "userAgent": "okhttp/4"},
    {"user": {"username": "system:serviceaccount:kube-system:job-controller"}, "userAgent": "kube-hunter"},
    {"user": {"username": "system:kube-scheduler"}, "impersonatedUser": {"username": "bob"}},
    {"responseStatus": {"code": 403}, "objectRef": {"resource": "pods", "namespace": "kube-system", "name": "x"}},
)


@cache
def _shipped() -> RuleSet:
    return shipped_rules()


def _samples() -> Iterator[dict[str, Any]]:
    for path in sorted(SHIPPED.rglob("*.yml")):
        samples = load_samples(path)
        for part in ("match", "silent", "quiet"):
            yield from samples.get(part, [])


def _whole(rules: RuleSet, event: AuditEvent) -> list[str]:
    view = View(event, rules.choose(event)[0])
    return [one.rule.id for one in rules.compiled if one.before(view) and one.test(view)]


def _narrowed(rules: RuleSet, event: AuditEvent) -> list[str]:
    cells, found = rules.choose(event)
    return [one.rule.id for one in found if one.test(View(event, cells))]


def test_the_samples_of_all_rules_by_all_kinds_of_callers_match_the_same_rules() -> None:
    rules, matched = _shipped(), 0
    for sample, caller in itertools.product(_samples(), CALLERS):
        for event in read([sample | caller]):
            whole = _whole(rules, event)
            assert _narrowed(rules, event) == whole, (sample, caller)
            matched += len(whole)
    assert matched > 1000


def _rule(condition: str) -> Rule:
    searches: dict[str, Any] = {
        "verb": {"verb": "get"},
        "jane": {"user.username": "jane"},
        "space": {"objectRef.namespace": "shop"},
        "either": [{"verb": "get", "objectRef.name": "a"}, {"user.username": "jane", "pod.hostPID": None}],
    }
    return Rule("R", "r", Severity.LOW, {**searches, "condition": condition}, "test")


@pytest.mark.parametrize(
    "condition",
    [
        "verb and jane",
        "verb or space",
        "not verb and space",
        "not (verb and space) or jane",
        "either",
        "not either",
        "verb and not (jane or (space and not either))",
        "1 of them",
        "all of them",
        "(verb and space) or (jane and either) or not space",
    ],
)
def test_any_condition_is_narrowed_to_the_same(condition: str) -> None:
    rules = RuleSet([_rule(condition)])
    assert rules.faults == []
    for verb, user, space, name in itertools.product(("get", "list"), ("jane", "bob"), ("shop", "x"), ("a", "b")):
        reference = {"resource": "pods", "namespace": space, "name": name}
        for event in read([{"verb": verb, "user": {"username": user}, "objectRef": reference}]):
            assert _narrowed(rules, event) == _whole(rules, event), (verb, user, space, name)


def test_what_is_fixed_for_a_caller_is_not_asked_of_each_event_and_no_candidate_is_left_in_vain() -> None:
    jane, bob = read([{"verb": "get"}, {"verb": "get", "user": {"username": "bob"}}])
    ((_, found), (_, none)) = (RuleSet([_rule("verb and jane and space")]).choose(event) for event in (jane, bob))
    assert (len(found), len(none)) == (1, 0)
    assert RuleSet([_rule("not (jane or space)")]).choose(jane)[1] == ()


def test_what_costs_little_is_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def body_of(event: AuditEvent) -> dict[str, Any]:
        raise AssertionError("the body was read for an event of another namespace")

    monkeypatch.setattr("console.rules.view.body_of", body_of)
    detection = {"s": {"pod.hostPID": True, "objectRef.namespace": "shop"}, "condition": "s"}
    rules = RuleSet([Rule("R", "r", Severity.LOW, detection, "test")])
    (event,) = read([{"verb": "create", "objectRef": {"resource": "pods", "namespace": "other"}}])
    assert _narrowed(rules, event) == []


def test_callers_by_the_thousand_share_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 100)
    rules = RuleSet([_rule("verb and not jane and space")])
    reference = {"resource": "pods", "namespace": "shop"}
    events = read([{"user": {"username": f"u{number}"}, "objectRef": reference} for number in range(1000)])
    tests = {id(one.test) for event in events[:90] for one in rules.choose(event)[1]}
    assert len(tests) == 1
    for event in events:
        rules.choose(event)
    assert len(rules._by_user) <= 100
    assert len(rules._narrowed) == 1
