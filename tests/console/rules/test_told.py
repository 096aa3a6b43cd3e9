"""What the audit trail told of whole, the watch need not tell again."""

from __future__ import annotations

from typing import Any

import pytest

from console.model.instants import seconds
from console.model.ref import BY_KIND
from console.rules import told as module
from console.rules.told import NEAR, Told
from tests.console.rules.events import read

AT = seconds("2026-11-23T07:00:00Z") or 0.0
BODY: dict[str, Any] = {"spec": {}}
POD = {"resource": "pods", "namespace": "shop", "name": "web"}
WEB = BY_KIND["Pod"].ref("shop", "web")


def told(*events: dict[str, Any]) -> Told:
    one = Told()
    one.feed(read(list(events)))
    return one


def test_a_write_with_its_body_is_told_for_some_minutes() -> None:
    one = told({"verb": "create", "objectRef": POD, "requestObject": BODY})

    assert one.knows(WEB, AT)
    assert one.knows(WEB, AT + NEAR)
    assert not one.knows(WEB, AT + NEAR + 1), "that was another write"
    assert not one.knows(BY_KIND["Pod"].ref("shop", "other"), AT)
    assert not one.knows(BY_KIND["Service"].ref("shop", "web"), AT)


@pytest.mark.parametrize(
    "event",
    [
        {"verb": "create", "objectRef": POD},
        {"verb": "get", "objectRef": POD, "responseObject": BODY},
        {"verb": "create", "objectRef": POD, "requestObject": BODY, "responseStatus": {"code": 403}},
        {"verb": "create", "objectRef": POD, "requestObject": BODY, "stage": "RequestReceived"},
        {"verb": "patch", "objectRef": {**POD, "subresource": "status"}, "requestObject": BODY},
        {"verb": "create", "objectRef": {**POD, "subresource": "binding"}, "requestObject": BODY},
    ],
    ids=["without its body", "a read", "refused", "not carried out yet", "a status", "a scheduler's binding"],
)
def test_what_does_not_show_what_was_written_does_not_count(event: dict[str, Any]) -> None:
    assert not told(event).knows(WEB, AT)


def test_a_generated_name_stands_for_every_name_made_there() -> None:
    one = told({"verb": "create", "objectRef": {**POD, "name": ""}, "requestObject": BODY})

    assert one.knows(WEB, AT)
    assert not one.knows(BY_KIND["Pod"].ref("other", "web"), AT)


@pytest.mark.parametrize("space", ["", "shop"])
def test_a_namespace_is_known_under_itself_or_under_none(space: str) -> None:
    on = {"resource": "namespaces", "namespace": space, "name": "shop"}
    assert told({"verb": "patch", "objectRef": on, "requestObject": BODY}).knows(
        BY_KIND["Namespace"].ref("", "shop"), AT
    )


def test_a_deletion_needs_no_body() -> None:
    assert told({"verb": "delete", "objectRef": POD}).knows(WEB, AT)


def test_memory_is_bounded_and_the_longest_untold_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    names = ("a", "b", "c")
    one = told(*({"verb": "create", "objectRef": {**POD, "name": name}, "requestObject": BODY} for name in names))
    assert [one.knows(BY_KIND["Pod"].ref("shop", name), AT) for name in names] == [False, True, True]
