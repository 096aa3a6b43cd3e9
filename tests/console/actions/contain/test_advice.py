"""Refusals name what works instead; each kind of owner has its own warning."""

from __future__ import annotations

from typing import Any

import pytest

from console.actions.contain.advice import owner_warnings, recreation, refuse_unreachable
from console.actions.reading import Owner
from console.errors import Refused
from console.model.ref import BY_KIND
from tests.console.actions.scripted import pod

DONE = [{"name": "app", "state": {"terminated": {"exitCode": 0}}}]


@pytest.mark.parametrize("statuses", [None, [{"name": "app"}], [{"name": "app", "state": {"running": {}}}]])
def test_a_pod_that_is_only_called_finished_is_isolated_all_the_same(statuses: list[dict[str, Any]] | None) -> None:
    refuse_unreachable(pod(status__phase="Succeeded", status__containerStatuses=statuses))


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (pod(metadata__annotations={"kubernetes.io/config.mirror": "x"}), "move its manifest file away"),
        (pod(spec__hostNetwork=True), "cut the host off at its firewall"),
        (pod(status__phase="Succeeded", status__containerStatuses=DONE), "is finished"),
    ],
)
def test_a_pod_no_policy_can_isolate_is_refused_with_what_helps(made: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        refuse_unreachable(made)


def _owned(kind: str) -> dict[str, Any]:
    return pod(
        metadata__ownerReferences=[
            {"apiVersion": "apps/v1", "kind": kind, "name": "web", "uid": "o", "controller": True}
        ]
    )


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("ReplicaSet", "replacement with the same image (setup:1, app:1)"),
        ("StatefulSet", "the ordinal stays down"),
        ("DaemonSet", "on the same node"),
        ("Job", "suspend the Job too"),
        ("Rollout", "is not known"),
    ],
)
def test_each_owner_has_its_warning(kind: str, words: str) -> None:
    (line,) = owner_warnings(_owned(kind), (), detach=True)
    assert words in line


def test_an_owner_that_is_being_deleted_takes_the_pod_with_it() -> None:
    going = Owner(BY_KIND["ReplicaSet"].ref("shop", "web"), {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})
    assert "garbage collection kills it" in owner_warnings(_owned("ReplicaSet"), (going,), detach=True)[0]


def test_who_brings_a_deleted_pod_back_is_the_top_of_the_chain() -> None:
    chain = tuple(Owner(BY_KIND[kind].ref("shop", "web"), {}) for kind in ("ReplicaSet", "Deployment"))
    assert recreation(_owned("ReplicaSet"), chain).startswith("Deployment web creates it again")
    assert recreation(pod(), ()) == ""
