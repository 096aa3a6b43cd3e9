"""Nodes: cordoned or gone, silent or talking, another incarnation, patched."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.checks.scripted import Scripted, ask_check, meta, ref

NODE = ref("Node", "", "node-0", "n1")


def node(uid: str = "n1", unschedulable: bool = False, ready: str = "True", version: str = "v1.36.1") -> dict[str, Any]:
    return {
        **meta("node-0", uid=uid),
        "spec": {"unschedulable": unschedulable},
        "status": {
            "conditions": [{"type": "Ready", "status": ready, "reason": "KubeletReady"}],
            "nodeInfo": {"kubeletVersion": version},
        },
    }


@pytest.mark.parametrize(
    ("objects", "truth"), [([node()], False), ([node(unschedulable=True)], True), ([node("n2")], True), ([], True)]
)
def test_a_node_is_closed_when_cordoned_or_gone(objects: list[dict[str, Any]], truth: bool) -> None:
    assert ask_check("node.closed", Scripted().watch("Node", *objects), NODE).truth is truth


@pytest.mark.parametrize(("ready", "truth"), [("True", False), ("False", False), ("Unknown", True)])
def test_only_a_node_that_stopped_reporting_is_silent_and_that_is_no_proof(ready: str, truth: bool) -> None:
    verdict = ask_check("node.silent", Scripted().watch("Node", node(ready=ready)), NODE)
    assert verdict.truth is truth
    assert "NotReady is no proof" in verdict.limits[0]


def test_a_rebuilt_node_is_another_object_and_nothing_judged_bad_is_left() -> None:
    assert ask_check("node.rebuilt", Scripted().watch("Node", node()), NODE).truth is False
    facts = Scripted().watch("Node", node("n2"))
    assert ask_check("node.rebuilt", facts, NODE).truth is True
    facts.say("judged.bad", "CronJob shop/miner").watch("CronJob", meta("miner", "shop"))
    verdict = ask_check("node.rebuilt", facts, NODE)
    assert verdict.truth is False
    assert "still there: CronJob shop/miner" in verdict.observed


def test_something_judged_bad_that_cannot_be_looked_up_is_unknown() -> None:
    facts = Scripted().watch("Node", node("n2")).say("judged.bad", "the weird thing")
    assert ask_check("node.rebuilt", facts, NODE).truth is None


def test_a_node_whose_compromised_uid_is_not_known_is_unknown() -> None:
    assert ask_check("node.rebuilt", Scripted().watch("Node", node()), ref("Node", "", "node-0")).truth is None


@pytest.mark.parametrize(
    ("has", "fixed", "truth"),
    [
        ("v1.36.1", "v1.36.1", True),
        ("v1.36.10", "1.36.9", True),
        ("v1.36.1-eks-3", "v1.36.2", False),
        ("v1.36.1", "", None),
        ("v1.36.1", "soon", None),
    ],
)
def test_versions_are_compared_by_number(has: str, fixed: str, truth: bool | None) -> None:
    facts = Scripted().watch("Node", node(version=has))
    if fixed:
        facts.say("version.fixed", fixed)
    assert ask_check("node.patched", facts, NODE).truth is truth
