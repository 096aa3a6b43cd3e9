"""What cannot be had is a miss on record, and never the end of the other captures."""

from __future__ import annotations

import json

from console.actions.evidence import containers
from console.actions.evidence.capturing import capture_pod
from console.errors import Refused, Unreachable
from tests.console.actions.scripted import REF, ScriptedDesk, forbidden, pod


def _desk() -> ScriptedDesk:
    desk = ScriptedDesk()
    desk.objects = {
        "Pod": [pod()],
        "ServiceAccount": [{"metadata": {"name": "web", "namespace": "shop"}}],
        "Node": [{"metadata": {"name": "n1"}}],
    }
    desk.logs = {"app": b"hello", "setup": b"done", "debug": b"sh"}
    return desk


async def test_the_manifest_comes_first_and_every_container_has_its_log() -> None:
    desk = _desk()
    await capture_pod(desk, REF)
    assert desk.captured[0][:2] == ("pod.yaml", "u1")
    assert {note for kind, _, _, note in desk.captured if kind == "pod.logs"} == {
        "container app",
        "container setup",
        "container debug",
    }
    assert desk.missed == []


async def test_each_failure_is_recorded_by_kind_with_its_reason() -> None:
    desk = _desk()
    desk.failing = {
        "Event": forbidden("events"),
        "ClusterRole": forbidden("clusterroles"),
        "Node": Unreachable("no answer"),
        "app": forbidden("pods/log"),
    }
    await capture_pod(desk, REF)
    assert {kind for kind, _ in desk.missed} == {"events", "rbac.yaml", "node.yaml", "pod.logs"}
    assert ("pod.logs", "container app: pods/log is forbidden") in desk.missed
    assert {"netpol.yaml", "account.yaml"} <= {kind for kind, *_ in desk.captured}


async def test_a_full_store_is_missed_once_and_the_rest_is_tried() -> None:
    desk = _desk()
    desk.failing = {"capture pod.yaml": Refused("the disk is full")}
    await capture_pod(desk, REF)
    assert desk.missed == [("pod.yaml", "the disk is full")]
    assert any(kind == "pod.logs" for kind, *_ in desk.captured)


async def test_a_restarted_container_has_its_previous_log_captured() -> None:
    desk = _desk()
    desk.objects["Pod"] = [pod(status__containerStatuses=[{"name": "app", "restartCount": 2}])]
    desk.logs["app/previous"] = b"the crash"
    await capture_pod(desk, REF)
    (previous,) = [one for one in desk.captured if one[0] == "pod.logs.previous"]
    assert previous[2] == b"the crash"


async def test_a_long_log_is_cut_and_its_newest_lines_are_kept_too() -> None:
    desk = _desk()
    desk.logs["app"] = b"x" * containers.CAP + b"the end"
    await capture_pod(desk, REF)
    logs = [one for one in desk.captured if one[0] == "pod.logs" and one[3].startswith("container app")]
    assert ["cut" in note or "newest" in note for *_, note in logs] == [True, True]
    assert len(logs[0][2]) == containers.CAP
    assert logs[1][2].endswith(b"the end")


async def test_another_incarnation_is_not_captured_in_its_place() -> None:
    desk = _desk()
    desk.objects["Pod"] = [pod(metadata__uid="u2")]
    await capture_pod(desk, REF)
    assert desk.captured == []
    assert desk.missed[0][0] == "pod.yaml"
    assert "created again" in desk.missed[0][1]


async def test_an_owner_of_an_operators_own_kind_is_named_not_read() -> None:
    desk = _desk()
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Job", "name": "roll", "uid": "o", "controller": True}
    desk.objects["Pod"] = [pod()]
    desk.objects["Pod"][0]["metadata"]["ownerReferences"] = [owner]
    await capture_pod(desk, REF)
    (owners,) = [one for one in desk.captured if one[0] == "owner.yaml"]
    assert json.loads(owners[2])[0]["missing"].startswith("Job shop/roll belongs to an operator")
