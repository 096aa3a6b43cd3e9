"""The audit trail and the watch over one object: one finding, which names both, with who did it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from console.incident.detecting import NEAR, Detection
from console.model.finding import Finding
from console.model.instants import seconds
from console.model.severity import Severity
from console.rules.offline import shipped_rules
from console.rules.sampling import days_before
from console.rules.watched import change_of
from tests.console.rules.events import read

AT = seconds("2026-11-23T07:00:00Z") or 0.0
URL = {"url": "https://203.0.113.7/mutate"}
HOOK = {"kind": "MutatingWebhookConfiguration", "metadata": {"name": "hook"}}
RESOURCE = {"resource": "mutatingwebhookconfigurations", "apiGroup": "admissionregistration.k8s.io", "name": "hook"}
RULES = shipped_rules()


def detection() -> Detection:
    one = Detection()
    one.judge_by(RULES, "", {})
    return one


def watched(config: dict[str, Any] | None = None, at: float = AT) -> Any:
    inside = {"service": {"namespace": "hooks", "name": "hook"}}
    return change_of({**HOOK, "webhooks": [{"name": "h", "clientConfig": config or inside}]}, at)


def audited(**more: Any) -> list[Any]:
    return read([{"verb": "create", "objectRef": RESOURCE, "user": {"username": "mallory"}, **more}])


def by_rule(found: list[Finding]) -> dict[str, Finding]:
    return {one.rule: one for one in found}


def test_what_the_trail_showed_names_the_watch_as_one_more_source() -> None:
    one = detection()
    one.feed(audited(), source="audit")

    (told,) = one.notice([watched()])

    assert (told.rule, told.who.user, told.sources, told.count) == (
        *("K8S-WEBHOOK-CHANGED", "mallory", ("audit", "watch"), 1),
    )


def test_what_the_watch_shows_worse_is_a_finding_of_its_own() -> None:
    """A trail without bodies does not see where a webhook leads."""
    one = detection()
    one.feed(audited(), source="audit")

    found = by_rule(one.notice([watched(URL)]))

    assert set(found) == {"OBJ-WEBHOOK-OUTSIDE", "K8S-WEBHOOK-CHANGED"}
    assert (found["OBJ-WEBHOOK-OUTSIDE"].severity, found["OBJ-WEBHOOK-OUTSIDE"].who.user) == (Severity.HIGH, "")


@pytest.mark.parametrize("at", [AT - NEAR - 5, AT + NEAR + 5], ids=["long before", "long after"])
def test_another_change_of_the_same_object_is_another_finding(at: float) -> None:
    one = detection()
    one.feed(audited(), source="audit")
    assert by_rule(one.notice([watched(at=at)])).keys() == {"OBJ-WEBHOOK"}


def test_without_a_trail_the_watch_is_the_source() -> None:
    (told,) = detection().notice([watched()])
    assert (told.rule, told.told_by, told.who.user) == ("OBJ-WEBHOOK", ("watch",), "")


def test_findings_of_the_watch_go_over_to_the_next_engine() -> None:
    kept = detection().notice([watched(URL)])
    later = Detection()
    assert later.restore(kept) == kept
    later.judge_by(RULES, "", {})

    assert later.notice([watched(URL)]) == [], "it lists the same object"
    again = msgspec.structs.replace(watched(URL), ref=msgspec.structs.replace(watched().ref, uid="another"))
    assert {one.count for one in later.notice([again])} == {2}


def test_what_is_usual_goes_over_to_the_next_engine() -> None:
    one, later = detection(), Detection()
    assert "first-seen rules still learn" in one.blind
    for day in days_before([{"verb": "list"}]):
        one.feed(day, source="audit")
    later.judge_by(RULES, "", one.dump())
    assert (one.blind, later.blind) == ("", "")

    found = later.feed(read([{"verb": "list", "userAgent": "k9s/0.32"}]), source="audit")

    assert [finding.rule for finding in found] == ["K8S-FIRST-AGENT"]


def test_an_actor_nobody_knows_chains_no_story() -> None:
    """Else all that kubectl ever did would be one story, and raise itself."""
    one = detection()
    node = {"kind": "Node", "metadata": {"name": "n9"}}
    admin = {"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "roleRef": {"name": "cluster-admin"},
             "subjects": [{"kind": "User", "name": "eve"}]}  # fmt: skip
    told = [{"object": part, "manager": "kubectl"} for part in (node, admin, {**HOOK, "webhooks": []})]

    found = one.notice([change_of(part, AT + number) for number, part in enumerate(told)])

    assert len(found) >= 4
    assert {finding.story for finding in found} == {""}
