"""The trail knows who called from where and touched what, and knows what it does not know."""

from __future__ import annotations

import pytest

from console.model.instants import seconds
from console.rules import trail as module
from console.rules.trail import Trail
from tests.console.rules.events import read

START = seconds("2026-11-23T07:00:00Z") or 0.0
JANE = {"username": "jane"}
SECRET = {"resource": "secrets", "namespace": "shop", "name": "db"}


def fed(*events: dict[str, object]) -> Trail:
    trail = Trail()
    trail.feed(read([{"verb": "get"}, *events]))
    return trail


def test_a_caller_is_the_connections_own_address_whatever_its_headers_claim() -> None:
    trail = fed({"sourceIPs": ["192.0.2.1", "203.0.113.9"], "responseStatus": {"code": 403}})
    assert trail.callers(START) == ("203.0.113.9",)
    assert trail.callers(START + 5) == ()


@pytest.mark.parametrize(
    ("event", "touched"),
    [
        ({"verb": "patch", "objectRef": {"resource": "roles", "apiGroup": "rbac.authorization.k8s.io",
          "namespace": "shop", "name": "r"}}, ("rbac.authorization.k8s.io", "roles", "shop", "r")),
        ({"verb": "get", "objectRef": SECRET}, ("", "secrets", "shop", "db")),
        ({"verb": "list", "objectRef": {"resource": "secrets"}}, ("", "secrets", "", "")),
        ({"verb": "get", "objectRef": {"resource": "pods", "namespace": "shop", "name": "web", "subresource": "exec"},
          "stage": "ResponseStarted", "responseStatus": {"code": 101}}, ("", "pods", "shop", "web")),
        ({"verb": "get", "objectRef": {"resource": "configmaps", "namespace": "shop", "name": "c"}}, None),
        ({"verb": "delete", "objectRef": SECRET, "responseStatus": {"code": 403}}, None),
        ({"verb": "create", "objectRef": {"resource": "selfsubjectaccessreviews",
          "apiGroup": "authorization.k8s.io"}}, None),
        ({"verb": "patch", "objectRef": {"resource": "nodes", "name": "n", "subresource": "status"}}, None),
    ],
)  # fmt: skip
def test_writes_sessions_and_reads_of_secrets_touch_an_object(event: dict[str, object], touched: object) -> None:
    found = fed({"user": JANE, **event}).touched("jane", START)
    assert found == ((touched,) if touched else ())


def test_a_person_who_was_impersonated_is_the_one_who_touched() -> None:
    trail = fed({"verb": "get", "objectRef": SECRET, "user": JANE, "impersonatedUser": {"username": "bob"}})
    assert trail.touched("jane", START) == ()
    assert len(trail.touched("bob", START)) == 1


def test_a_time_before_the_record_begins_is_not_known() -> None:
    assert Trail().callers(0.0) == "no audit event was read yet"
    assert "begins at 07:00Z" in str(fed().touched("jane", START - 60))


def test_what_was_forgotten_makes_the_list_unknown_for_that_user_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OBJECTS", 2)
    secrets: list[dict[str, object]] = [{"objectRef": SECRET | {"name": f"s{n}"}, "user": JANE} for n in range(4)]
    trail = fed(*secrets, {"objectRef": SECRET, "user": {"username": "bob"}})
    assert "more than 2 objects were touched by jane" in str(trail.touched("jane", START))
    assert len(trail.touched("jane", START + 2)) == 2
    assert len(trail.touched("bob", START)) == 1
