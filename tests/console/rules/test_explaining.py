"""Why a rule matches an event, or does not: field by field, in the rule's own words."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from console.rules.compiling import Compiled, RuleSet
from console.rules.detector import Detector
from console.rules.explaining import Enough, Explained, Explainer, explain
from console.rules.offline import shipped_rules
from console.rules.sampling import days_before
from tests.console.rules.events import read

CREATE = {
    "verb": "create",
    "objectRef": {"resource": "pods", "namespace": "shop", "name": "x"},
    "requestObject": {"spec": {"containers": [{"name": "a", "securityContext": {"privileged": True}}]}},
}
PLAIN = CREATE | {"requestObject": {"spec": {"containers": [{"name": "a"}]}}}
REFUSED = CREATE | {"responseStatus": {"code": 403}}


@cache
def rules() -> RuleSet:
    return shipped_rules()


def rule(name: str) -> Compiled:
    return next(one for one in rules().auditing if one.rule.id == name)


def fields(told: Explained) -> dict[str, tuple[bool, tuple[str, ...]]]:
    return {
        one.field: (one.matched, one.found)
        for search in told.searches
        for group in search.alternatives
        for one in group
    }


def test_a_match_says_what_was_wanted_and_what_was_found() -> None:
    told = explain(rule("K8S-PRIVILEGED"), rules(), read([CREATE])[0])

    assert told.matched
    assert fields(told)["pod.privileged"] == (True, ("True",))
    assert fields(told)["verb|expand"] == (True, ("create",))
    assert fields(told)["objectRef.subresource"] == (True, ())


def test_a_miss_says_which_field_it_was() -> None:
    told = explain(rule("K8S-PRIVILEGED"), rules(), read([PLAIN])[0])

    assert not told.matched
    assert [name for name, (matched, _) in fields(told).items() if not matched] == ["pod.privileged"]


def test_what_a_rule_asks_without_saying_it_is_said() -> None:
    told = explain(rule("K8S-PRIVILEGED"), rules(), read([REFUSED])[0])

    assert not told.matched
    assert told.searches[-1].name == "(implied)"
    assert fields(told)["outcome"] == (False, ("denied",))


def test_matches_come_alone_and_without_one_the_nearest_miss() -> None:
    listing = {"verb": "list", "objectRef": {"resource": "secrets"}}
    one = rule("K8S-PRIVILEGED")

    explainer = Explainer(one, rules(), 2)
    with pytest.raises(Enough):
        explainer.feed(read([PLAIN, CREATE, CREATE, CREATE]))
    assert [told.matched for told in explainer.told] == [True, True]

    missing = Explainer(one, rules(), 2)
    assert missing.told == []
    missing.feed(read([listing, PLAIN, listing]))
    (nearest,) = missing.told
    assert fields(nearest)["verb|expand"] == (True, ("create",))


def test_a_rule_about_what_is_new_says_that_nothing_was_until_something_is() -> None:
    explainer = Explainer(rule("K8S-FIRST-AGENT"), rules(), 2)
    for day in days_before([{"verb": "list"}]):
        explainer.feed(day)
    (nearest,) = explainer.told
    assert not nearest.matched
    assert fields(nearest)["first agent"] == (False, ())

    explainer.feed(read([{"verb": "list", "userAgent": "k9s/0.32"}]))

    assert [told.matched for told in explainer.told] == [True]


@pytest.mark.parametrize("event", [CREATE, PLAIN, REFUSED, {"verb": "list", "objectRef": {"resource": "secrets"}}])
def test_every_shipped_rule_is_explained_as_the_detector_judges(event: dict[str, Any]) -> None:
    detector = Detector(rules())
    detector.feed(read([event]))
    single = [one for one in rules().compiled if not (one.rule.threshold or one.rule.after or one.rule.marker)]

    matched = {one.rule.id for one in single if explain(one, rules(), read([event])[0]).matched}

    assert matched == {finding.rule for finding in detector.findings()}
