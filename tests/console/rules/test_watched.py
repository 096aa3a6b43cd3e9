"""What a rule over objects can ask of a change, and what a finding says of who."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import BadInput
from console.model.finding import Target
from console.model.identity import Identity
from console.rules.lookout import Lookout
from console.rules.offline import shipped_rules
from console.rules.watched import Watched, change_of, identity_in, look, record_of, target_in
from tests.console.rules.test_hostile import BODIES

RULES = shipped_rules()
KINDS = ("Pod", "Event", "ClusterRole", "RoleBinding", "Service", "CronJob", "CertificateSigningRequest", "Node")


def binding(*names: str) -> dict[str, Any]:
    subjects = [{"kind": "User", "name": name} for name in names]
    role = {"kind": "ClusterRole", "name": "view"}
    return {
        "kind": "RoleBinding",
        "metadata": {"name": "b", "namespace": "shop"},
        "roleRef": role,
        "subjects": subjects,
    }


def value(name: str, told: dict[str, Any]) -> list[Any]:
    read = look(name)
    assert read is not None, name
    return list(read(Watched(change_of(told, 7.0))))


def test_what_a_change_brought_is_told_apart_from_what_was_there() -> None:
    changed = {"verb": "updated", "object": binding("jane", "mallory"), "before": binding("jane")}

    assert value("body.subjects.*.name", changed) == ["jane", "mallory"]
    assert value("was.body.subjects.*.name", changed) == ["jane"]
    assert value("new.body.subjects.*.name", changed) == ["mallory"]
    assert value("new.body.subjects.*.name", binding("jane")) == ["jane"], "all of a new object is new"
    assert value("new.body.subjects.*.name", {"verb": "deleted", "object": binding("jane")}) == []
    assert value("was.body.subjects.*.name", binding("jane")) == []


def test_names_of_a_change_and_a_pod_wherever_its_spec_stands() -> None:
    spec = {"containers": [{"name": "a", "image": "i:1", "securityContext": {"privileged": True}}]}
    job = {"kind": "CronJob", "metadata": {"name": "n", "namespace": "shop"},
           "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": spec}}}}}  # fmt: skip

    assert value("pod.privileged", job) == [True]
    assert value("pod.images", job) == ["i:1"]
    wanted = {"verb": ["created"], "kind": ["CronJob"], "namespace": ["shop"], "name": ["n"], "manager": []}
    assert {name: value(name, job) for name in wanted} == wanted


def test_what_an_object_does_not_have_is_absent() -> None:
    service = {"kind": "Service", "metadata": {"name": "s", "namespace": "shop"}, "spec": {"externalIPs": []}}

    assert value("body.spec.externalIPs", service) == []
    assert value("metadata.ownerReferences", service) == []
    assert value("body.spec.type", service) == ["ClusterIP"]


@pytest.mark.parametrize("name", ["who.user", "was.was.kind", "new.was.kind", "objectRef.resource", "was", ""])
def test_a_field_there_is_not_is_none(name: str) -> None:
    assert look(name) is None


def test_nobody_is_named_by_a_field_manager() -> None:
    """Any client may choose it: a name made up from it would accuse whoever has that name."""
    who = identity_in(Watched(change_of({"object": binding("jane"), "manager": "kubernetes-admin"}, 7.0)))
    assert who == Identity(manager="kubernetes-admin")
    assert (who.user, who.effective) == ("", "")


def test_who_asked_for_a_certificate_says_the_api_server_itself() -> None:
    asked = {
        "kind": "CertificateSigningRequest",
        "metadata": {"name": "c"},
        "spec": {"username": "eve", "groups": ["g"]},
    }
    approved = {"verb": "updated", "object": asked, "before": asked, "manager": "kubectl"}

    assert identity_in(Watched(change_of(asked, 7.0))) == Identity(user="eve", groups=("g",))
    assert identity_in(Watched(change_of(approved, 7.0))) == Identity(manager="kubectl"), "who approved is another"


def test_an_event_is_about_another_object_and_its_manager_is_who_reports_it() -> None:
    about = {"kind": "ReplicaSet", "namespace": "shop", "name": "web", "uid": "u"}
    event = {"kind": "Event", "metadata": {"name": "e", "namespace": "shop"}, "involvedObject": about}
    one = Watched(change_of({"object": event, "manager": "controller-manager"}, 7.0))

    assert target_in(one) == Target("apps", "ReplicaSet", "", "shop", "web", "u")
    assert target_in(one, "collection") == Target("apps", "ReplicaSet", "", "shop")
    assert identity_in(one) == Identity()


def test_the_record_is_the_object_and_what_of_it_was_other() -> None:
    changed = {"verb": "updated", "object": binding("jane", "eve"), "before": binding("jane")}

    record = msgspec.json.decode(record_of(Watched(change_of(changed, 7.0))))

    assert (record["verb"], record["kind"]) == ("updated", "RoleBinding")
    assert [one["name"] for one in record["object"]["subjects"]] == ["jane", "eve"]
    assert record["before"].keys() == {"subjects"}


@pytest.mark.parametrize(
    "told", [{"kind": "Secret"}, {"kind": "Widget"}, {}, {"kind": "Pod", "spec": {"containers": 7}}]
)
def test_what_is_no_watched_object_is_bad_input(told: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        change_of(told, 7.0)


@given(st.sampled_from(KINDS), BODIES, BODIES)
def test_no_object_breaks_a_rule(kind: str, now: Any, before: Any) -> None:
    """Whatever an API server lets in and our caches decode."""
    now, before = (one if isinstance(one, dict) else {"spec": one} for one in (now, before))
    lookout = Lookout(RULES)
    try:
        change = change_of({"object": {**now, "kind": kind}, "before": before}, 7.0)
    except BadInput:
        return
    lookout.add(lookout.feed([change]))
    assert lookout.failures == 0
