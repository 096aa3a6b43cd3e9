"""A pin tells exactly when what the plan relied on is no longer so."""

from __future__ import annotations

from typing import Any

from console.actions.pinning import canonical, field, moved, pin
from console.model.ref import BY_KIND

REF = BY_KIND["Deployment"].ref("shop", "web")


def _web(replicas: int = 2, uid: str = "u1", **meta: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web", "uid": uid, **meta}, "spec": {"replicas": replicas}}


def test_a_status_heartbeat_does_not_void_a_plan() -> None:
    pinned = pin(REF, _web(), "spec.replicas")
    assert moved(pinned, {**_web(resourceVersion="9"), "status": {"replicas": 2}}) == ""


def test_a_changed_field_is_shown_with_both_values() -> None:
    pinned = pin(REF, _web(), "spec.replicas")
    assert moved(pinned, _web(3)) == (
        "Deployment shop/web changed since the plan: it was spec.replicas=2; it is spec.replicas=3."
    )


def test_another_incarnation_is_told_by_uid() -> None:
    assert "created again since the plan: uid u1 is now u2" in moved(pin(REF, _web(), "spec.replicas"), _web(uid="u2"))


def test_a_field_that_was_absent_and_appears_is_a_change() -> None:
    pinned = pin(REF, _web(), "metadata.labels")
    assert moved(pinned, _web()) == ""
    assert "labels" in moved(pinned, _web(labels={"a": "1"}))


def test_a_path_through_nothing_is_nothing() -> None:
    assert field({"spec": None}, "spec.template.spec") is None
    assert field({"spec": [1]}, "spec.template") is None


def test_the_same_value_always_gives_the_same_bytes() -> None:
    assert canonical({"b": 1, "a": {"d": None, "c": [2]}}) == b'{"a":{"c":[2],"d":null},"b":1}'
