"""Builds the cluster a drill starts with, and lets it settle, weeks before the drill opens.

In: a server, the base and a scenario. Out: objects with believable ages, made through the API by an administrator and
by the controllers, as in a real cluster. Events and audit lines of that time are forgotten,
as retention would have it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from console.drill.callers import Caller
from console.drill.controllers.rounds import Rounds
from console.drill.resources import Body, api_version, kind_named
from console.drill.scenario import Base, Scenario
from console.drill.server import SimServer
from console.errors import DataError
from console.ports.cluster import Request

_DAY = 86400.0
_CLUSTER_AGE = 93 * _DAY
_SHOP_AGE = 31 * _DAY
_RBAC = "rbac.authorization.k8s.io"
_BUILDER = Caller(
    "kubernetes-admin",
    ("system:masters", "system:authenticated"),
    ip="10.0.0.5",
    agent="kubectl-client-side-apply/v1.36.1 (linux/amd64) kubernetes/3f1a5c0",
)


def furnish(server: SimServer, rounds: Rounds, base: Base, scenario: Scenario, opens: float) -> None:
    """Build everything so that it is settled when the drill opens at `opens` (epoch seconds)."""
    server.past = opens - _CLUSTER_AGE
    _create(server, base.objects, "base.yaml")
    _create(server, (_node(name, ip) for name, ip in base.nodes.items()), "base.yaml")
    for name, rules in base.controllers.items():
        _create(server, _controller(name, rules), "base.yaml")
    settle(server, rounds, 12)
    server.past = opens - _SHOP_AGE
    _create(server, scenario.world, f"scenario {scenario.id}")
    _link_tokens(server)
    settle(server, rounds, 20)
    for event in server.store.all("Event"):
        server.store.drop("Event", event["metadata"]["namespace"], event["metadata"]["name"])
    server.audit.lines.clear()


def settle(server: SimServer, rounds: Rounds, count: int) -> None:
    """Let the controllers look `count` times, half a second apart, in the past."""
    for _ in range(count):
        rounds.round()
        server.past = (server.past or 0.0) + 0.5


def _create(server: SimServer, objects: Iterable[Body], where: str) -> None:
    for obj in objects:
        try:
            kind = kind_named(obj["kind"])
        except KeyError as error:
            raise DataError(f"the kind {obj.get('kind')!r} is not played in a drill.", where) from error
        body: Body = {"apiVersion": api_version(kind), **obj}
        path = kind.path(obj["metadata"].get("namespace", ""))
        reply = server.send(_BUILDER, Request("POST", path, body=msgspec.json.encode(body)))
        if reply.status != 201:
            raise DataError(f"{obj['kind']} {obj['metadata'].get('name')}: {reply.json()['message']}", where)


def _link_tokens(server: SimServer) -> None:
    """What the token controller does: a legacy token Secret learns its account's uid."""
    for secret in server.store.all("Secret"):
        annotations = secret["metadata"].get("annotations") or {}
        account = annotations.get("kubernetes.io/service-account.name")
        found = server.store.get("ServiceAccount", secret["metadata"]["namespace"], account) if account else None
        if found is not None:
            linked = {**annotations, "kubernetes.io/service-account.uid": found["metadata"]["uid"]}
            server.store.write("Secret", {**secret, "metadata": {**secret["metadata"], "annotations": linked}})


def _controller(name: str, rules: Iterable[Body]) -> list[Body]:
    called = f"system:controller:{name}"
    labels = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": "kube-system"}
    return [
        {"kind": "ServiceAccount", "metadata": {"name": name, "namespace": "kube-system"}},
        {"kind": "ClusterRole", "metadata": {"name": called, "labels": labels}, "rules": list(rules)},
        {
            "kind": "ClusterRoleBinding",
            "metadata": {"name": called, "labels": labels},
            "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": called},
            "subjects": [subject],
        },
    ]


def _node(name: str, ip: str) -> Body:
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    conditions: list[Any] = [
        {"type": kind, "status": status, "reason": reason, "message": message}
        for kind, status, reason, message in (
            ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        )
    ]
    capacity = {"cpu": "8", "memory": "32Gi", "pods": "110"}
    info = {
        "kubeletVersion": "v1.36.1",
        "containerRuntimeVersion": "containerd://2.2.1",
        "kernelVersion": "6.12.48",
        "osImage": "Debian GNU/Linux 13 (trixie)",
        "operatingSystem": "linux",
        "architecture": "amd64",
        "machineID": f"{abs(hash_of(name)):032x}",
        "bootID": f"{abs(hash_of(name + ip)):032x}",
    }
    status = {
        "addresses": [{"type": "InternalIP", "address": ip}, {"type": "Hostname", "address": name}],
        "capacity": capacity,
        "allocatable": capacity,
        "conditions": conditions,
        "nodeInfo": info,
    }
    return {"kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": {}, "status": status}


def hash_of(text: str) -> int:
    """A number that is the same in every process."""
    import hashlib

    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
