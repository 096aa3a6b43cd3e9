"""Why a rule matches an event, or does not: field by field, in the rule's own words."""

from __future__ import annotations

from functools import cache

from console.rules.compiling import Compiled, RuleSet
from console.rules.explaining import Explained, alone, explain, explain_all
from console.rules.offline import shipped_rules
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
    one = alone(rules(), name)
    assert one
    return one


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

    assert [told.matched for told in explain_all(one, rules(), read([PLAIN, CREATE, CREATE, CREATE]), 2)] == [
        True,
        True,
    ]
    (nearest,) = explain_all(one, rules(), read([listing, PLAIN, listing]), 2)
    assert fields(nearest)["verb|expand"] == (True, ("create",))
    assert explain_all(one, rules(), [], 2) == []


def test_every_shipped_rule_can_be_explained_and_judges_as_the_detector_does() -> None:
    events = read([CREATE, PLAIN, REFUSED, {"verb": "list", "objectRef": {"resource": "secrets"}}])
    for one in rules().compiled:
        for event in events:
            cells, candidates = rules().choose(event)
            assert cells
            told = explain(one, rules(), event)
            assert not told.matched or one in candidates, one.rule.id
