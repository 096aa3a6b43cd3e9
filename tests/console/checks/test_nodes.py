"""A cordon is judged by the mark, the controller's taint, and by what the scheduler did since."""

from __future__ import annotations

from typing import Any

import pytest

from console.checks.base import CHECKS
from console.checks.nodes import LIMITS, node_tainted, nothing_new
from console.model.instants import stamp
from console.model.ref import BY_KIND
from tests.console.checks.book import NOW, Book

NODE = BY_KIND["Node"].ref("", "node-1", "n1")
TAINT = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
CORDON = NOW - 600


def _node(uid: str = "n1", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "node-1", "uid": uid}, "spec": spec}


def _pod(name: str, placed: float, node: str = "node-1", owner: str = "ReplicaSet") -> dict[str, Any]:
    refs = [{"kind": owner, "name": "o", "uid": "o", "controller": True}] if owner else None
    return {
        "metadata": {"name": name, "namespace": "shop", "ownerReferences": refs},
        "spec": {"nodeName": node},
        "status": {"conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": stamp(placed)}]},
    }


@pytest.mark.parametrize(
    ("node", "cordoned", "schedulable"),
    [
        (_node(unschedulable=True, taints=[TAINT]), True, False),
        (_node(), False, True),
        (_node(taints=[TAINT]), False, False),
        (_node("n2", unschedulable=True), False, False),
        (None, False, False),
    ],
)
def test_the_mark_counts_on_the_same_node_only(node: dict[str, Any] | None, cordoned: bool, schedulable: bool) -> None:
    book = Book()
    book.watch("Node", *([node] if node else []))

    assert CHECKS["node.cordoned"](book, NODE).truth is cordoned
    assert CHECKS["node.schedulable"](book, NODE).truth is schedulable


def test_a_cordon_says_what_it_does_not_do() -> None:
    book = Book()
    book.watch("Node", _node(unschedulable=True))

    assert CHECKS["node.cordoned"](book, NODE).limits == LIMITS
    assert any("kubelet may undo" in limit for limit in LIMITS)


def test_an_unseen_node_is_unknown() -> None:
    assert CHECKS["node.cordoned"](Book(), NODE).truth is None
    assert nothing_new(Book(), NODE, CORDON).truth is None


@pytest.mark.parametrize(("taints", "there"), [([TAINT], True), ([], False), ([{"key": "other"}], False)])
def test_the_controllers_taint_is_looked_for(taints: list[dict[str, str]], there: bool) -> None:
    book = Book()
    book.watch("Node", _node(unschedulable=True, taints=taints))

    assert node_tainted(book, NODE).truth is there


@pytest.mark.parametrize(
    ("pod", "new"),
    [
        (_pod("before", CORDON - 60), False),
        (_pod("same-second", CORDON), False),
        (_pod("after", CORDON + 60), True),
        (_pod("elsewhere", CORDON + 60, node="node-2"), False),
        (_pod("daemon", CORDON + 60, owner="DaemonSet"), False),
        (_pod("mirror", CORDON + 60, owner="Node"), False),
        (_pod("bare", CORDON + 60, owner=""), True),
    ],
)
def test_what_the_scheduler_placed_there_since_is_residual(pod: dict[str, Any], new: bool) -> None:
    book = Book()
    book.watch("Pod", pod)

    verdict = nothing_new(book, NODE, CORDON)

    assert (verdict.truth, bool(verdict.residual)) == (not new, new)
    if new:
        assert f"shop/{pod['metadata']['name']}" in verdict.residual[0]
