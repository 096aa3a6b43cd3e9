"""Whether an object is as a call would leave it, for every kind of body; and what drift says of the rest."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.actions.comparing import differences
from console.actions.drafting import MERGE
from console.actions.freshening import freshened
from console.actions.pinning import canonical, pin
from console.actions.resolving import judge
from console.actions.watching import drift
from console.model.plan import Call, Step
from console.model.ref import BY_KIND

STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
REF = BY_KIND["Deployment"].ref("shop", "web", "u1")


def call(body: Any, kind: str = MERGE, method: str = "PATCH", path: str = "/apis/apps/v1/x") -> Call:
    return Call(method, path, REF, body=canonical(body) if body is not None else b"", content_type=kind)


@pytest.mark.parametrize(
    ("body", "kind", "now", "different"),
    [
        ({"spec": {"replicas": 0}}, MERGE, {"spec": {"replicas": 0, "more": 1}}, []),
        ({"spec": {"replicas": 0}}, MERGE, {"spec": {"replicas": 3}}, [("spec", "replicas")]),
        ({"spec": {"suspend": False}}, MERGE, {"spec": {}}, []),
        ({"spec": {"unschedulable": None}}, MERGE, {"spec": {}}, []),
        ({"spec": {"unschedulable": None}}, MERGE, {"spec": {"unschedulable": True}}, [("spec", "unschedulable")]),
        ({"metadata": {"uid": "u1", "resourceVersion": "5", "labels": {"a": None}}}, MERGE, {"metadata": {}}, []),
        ({"subjects": [{"name": "a"}]}, MERGE, {"subjects": [{"name": "a", "apiGroup": "g"}]}, []),
        ({"subjects": [{"name": "a"}]}, MERGE, {"subjects": [{"name": "a"}, {"name": "eve"}]}, [("subjects",)]),
        ({"subjects": []}, MERGE, {}, []),
        ({"spec": {"taints": [{"key": "k"}]}}, STRATEGIC, {"spec": {"taints": [{"key": "x"}, {"key": "k"}]}}, []),
        ({"spec": {"taints": [{"key": "k"}]}}, STRATEGIC, {"spec": {"taints": []}}, [("spec", "taints")]),
        ([{"op": "replace", "path": "/spec/replicas", "value": 0}], JSON_PATCH, {"spec": {"replicas": 0}}, []),
        (
            [{"op": "add", "path": "/metadata/labels/a~1b", "value": "1"}],
            JSON_PATCH,
            {"metadata": {"labels": {"a/b": "2"}}},
            [("metadata", "labels", "a/b")],
        ),
        ([{"op": "remove", "path": "/spec/paused"}], JSON_PATCH, {"spec": {"paused": True}}, [("spec", "paused")]),
        ([{"op": "remove", "path": "/spec/taints/0"}], JSON_PATCH, {"spec": {"taints": [1]}}, []),
    ],
)
def test_an_object_holds_a_body_when_everything_it_says_is_there(
    body: Any, kind: str, now: Any, different: list[tuple[str, ...]]
) -> None:
    assert differences(call(body, kind), now) == different


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(body=st.dictionaries(st.text("xyz", min_size=1, max_size=3), json_values, max_size=4))
def test_every_object_holds_itself(body: dict[str, Any]) -> None:
    assert differences(call(body), body) == []


def test_a_sent_body_is_bound_to_the_object_that_was_read() -> None:
    before = {"metadata": {"uid": "u1", "resourceVersion": "7"}}

    def sent(given_call: Call) -> Any:
        return msgspec.json.decode(freshened(Step(given_call), before))

    assert sent(call({"spec": {"a": 1}, "metadata": {"labels": {"b": "c"}}})) == {
        "spec": {"a": 1},
        "metadata": {"labels": {"b": "c"}, "uid": "u1", "resourceVersion": "7"},
    }
    assert sent(call([{"op": "remove", "path": "/x"}], JSON_PATCH))[:2] == [
        {"op": "replace", "path": "/metadata/uid", "value": "u1"},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"},
    ]
    assert sent(call({"gracePeriodSeconds": 3}, method="DELETE")) == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "gracePeriodSeconds": 3,
        "preconditions": {"uid": "u1", "resourceVersion": "7"},
    }
    eviction = call({"kind": "Eviction"}, method="POST", path="/api/v1/namespaces/shop/pods/web/eviction")
    assert sent(eviction)["deleteOptions"] == {"preconditions": {"uid": "u1", "resourceVersion": "7"}}


def made(replicas: int, version: str = "8", uid: str = "u1", *managers: tuple[str, str]) -> dict[str, Any]:
    entries = [
        {"manager": name, "operation": "Update", "time": time, "fieldsV1": {"f:spec": {"f:replicas": {}}}}
        for name, time in managers
    ]
    return {
        "metadata": {"uid": uid, "resourceVersion": version, "managedFields": entries},
        "spec": {"replicas": replicas},
    }


BEFORE = made(3, "7")
SCALE = Step(call({"spec": {"replicas": 0}}), pin(REF, BEFORE, "spec.replicas"))
DELETE = Step(call(None, method="DELETE"), gone_ok=True)
CREATE = Step(call({"metadata": {"name": "web"}, "spec": {"replicas": 1}}, "application/json", "POST"))
OURS = ("c123", "2026-08-01T10:00:05Z")
THEIRS = ("argocd-controller", "2026-08-01T10:00:09Z")


@pytest.mark.parametrize(
    ("step", "now", "done"),
    [
        (SCALE, made(3, "7"), False),
        (SCALE, made(0, "8", "u1", OURS), True),
        (SCALE, made(3, "9", "u1", OURS, THEIRS), True),
        (SCALE, made(3, "9", "u1", THEIRS), False),
        (SCALE, made(0, "9", "u2"), None),
        (SCALE, None, None),
        (DELETE, None, True),
        (DELETE, made(3, "7", "u2"), True),
        (DELETE, made(3, "7"), False),
        (DELETE, {"metadata": {"uid": "u1", "deletionTimestamp": "2026-08-01T10:00:00Z"}}, True),
        (CREATE, None, False),
        (CREATE, {"metadata": {"name": "web"}, "spec": {"replicas": 1, "paused": True}}, True),
        (CREATE, {"metadata": {"name": "web"}, "spec": {"replicas": 5}}, None),
    ],
)
def test_reading_tells_what_became_of_a_write(step: Step, now: dict[str, Any] | None, done: bool | None) -> None:
    assert judge(step, BEFORE, now, "c123").done is done


@pytest.mark.parametrize(
    ("step", "now", "words", "manager"),
    [
        (SCALE, made(0), "", ""),
        (SCALE, made(3, "9", "u1", OURS, THEIRS), "spec.replicas is no longer as we left it", "argocd-controller"),
        (SCALE, made(3, "9"), "names nobody", ""),
        (SCALE, None, "was deleted", ""),
        (SCALE, made(3, "9", "u2", THEIRS), "was created again (uid u2)", "argocd-controller"),
        (DELETE, None, "", ""),
        (DELETE, made(3), "", ""),
        (DELETE, made(3, "9", "u2", THEIRS), "exists again (uid u2)", "argocd-controller"),
    ],
)
def test_drift_names_the_field_and_its_owner(step: Step, now: dict[str, Any] | None, words: str, manager: str) -> None:
    said, who = drift(step, now)

    assert (words in said if words else said == "", who) == (True, manager)
