"""The same words for what a pod asks of its node, in the pod and in whatever makes it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from console.model.objects import TYPES
from console.rules.privileges import privileges_of

STRONG = {
    "hostPID": True,
    "hostIPC": True,
    "hostNetwork": True,
    "containers": [{"name": "a", "securityContext": {"privileged": True, "capabilities": {"add": ["SYS_ADMIN"]}}}],
    "initContainers": [{"name": "b", "securityContext": {"capabilities": {"add": ["BPF"], "drop": ["ALL"]}}}],
    "volumes": [{"name": "v", "hostPath": {"path": "/etc"}}, {"name": "w", "emptyDir": {}}],
}
WORDS = {
    *("hostPID", "hostIPC", "hostNetwork", "privileged", "hostPath /etc"),
    *("capability SYS_ADMIN", "capability BPF"),
}


def asked(kind: str, spec: Any) -> frozenset[str]:
    return privileges_of(msgspec.convert({"spec": spec}, TYPES[kind]))


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Pod", STRONG),
        ("DaemonSet", {"template": {"spec": STRONG}}),
        ("CronJob", {"jobTemplate": {"spec": {"template": {"spec": STRONG}}}}),
    ],
)
def test_all_kinds_ask_in_the_same_words(kind: str, spec: Any) -> None:
    assert asked(kind, spec) == WORDS


def test_a_container_added_to_a_running_pod_counts() -> None:
    added = {"ephemeralContainers": [{"name": "d", "securityContext": {"privileged": True}}]}
    assert asked("Pod", added) == {"privileged"}


@pytest.mark.parametrize("kind", ["Pod", "Deployment", "CronJob", "Service"])
def test_what_asks_for_nothing_has_no_words(kind: str) -> None:
    assert asked(kind, {"containers": [{"name": "a", "securityContext": {"privileged": False}}]}) == frozenset()
