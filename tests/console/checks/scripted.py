"""A book of facts written by the test: what it does not hold is unknown. Objects are decoded as the API sends them."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from console.checks.shipped import shipped
from console.incident.podindex import PodIndex
from console.model.action import Right
from console.model.facts import Ask, Fact, Known, Unknown
from console.model.objects import TYPES, Obj
from console.model.ref import BY_KIND, ResourceRef
from console.model.verdict import Verdict
from console.ports.clock import ManualClock
from console.ports.cluster import Cluster, KindHealth

NOW = 1_780_000_000.0


class Scripted:
    """Facts by name. A value is wrapped as known; an `Unknown` is given as it is."""

    def __init__(self, facts: dict[Ask, Any] | None = None, now: float = NOW) -> None:
        self.facts: dict[Ask, Any] = dict(facts or {})
        self.time = now
        self.asked: list[Ask] = []
        self.reviews: bool | None = None
        """Answer to every access review that is not written."""
        self.kinds: dict[str, list[Obj]] = {}
        self.live = True

    def get(self, ask: Ask) -> Fact:
        self.asked.append(ask)
        if ask in self.facts:
            value = self.facts[ask]
            return value if isinstance(value, (Known, Unknown)) else Known(value, self.time, "watch")
        if ask.fact in ("object", "objects") and self.live:
            return Known(self._watched(ask), self.time, "watch")
        if ask.fact in ("notable_pods", "siblings", "running") and self.live:
            return self._indexed(ask)
        if ask.fact in ("recorded", "evidence", "missed", "affected"):
            return Known((), self.time, "journal")
        if ask.fact == "allowed" and self.reviews is not None:
            return Known(self.reviews, self.time, "probe")
        return Unknown("not scripted")

    def now(self) -> float:
        return self.time

    def watch(self, kind: str, *objects: dict[str, Any]) -> Scripted:
        """Let the watch of a kind know these objects, given as API JSON."""
        type_ = TYPES.get(kind, Obj)
        self.kinds.setdefault(kind, []).extend(
            msgspec.json.decode(msgspec.json.encode(one), type=type_) for one in objects
        )
        return self

    def say(self, topic: str, *values: str, at: float = NOW - 60) -> Scripted:
        """Record statements on a topic."""
        ask = Ask("recorded", (topic,))
        self.facts[ask] = (*self.facts.get(ask, ()), *((value, "ana", at) for value in values))
        return self

    def allow(self, user: str, groups: tuple[str, ...], right: Right, yes: bool) -> Scripted:
        args = (user, ",".join(groups), right.verb, right.group, right.resource, right.namespace, right.name)
        self.facts[Ask("allowed", args)] = yes
        return self

    def _indexed(self, ask: Ask) -> Fact:
        index = PodIndex(cast(Cluster, _Pods(self.kinds.get("Pod", []))), ManualClock())
        if ask.fact == "siblings":
            return index.siblings(self.facts.get(Ask("affected", ("Pod",)), ()))
        return index.notable() if ask.fact == "notable_pods" else index.running(ask.args[0])

    def _watched(self, ask: Ask) -> Any:
        objects = self.kinds.get(ask.args[0], [])
        namespace = ask.args[1]
        if ask.fact == "objects":
            return tuple(one for one in objects if namespace in ("", one.metadata.namespace))
        wanted = (namespace, ask.args[2])
        return next((one for one in objects if (one.metadata.namespace, one.metadata.name) == wanted), None)


class _Pods:
    """A cluster whose pods were there before."""

    def __init__(self, pods: list[Obj]) -> None:
        self._pods = pods

    def healths(self) -> tuple[KindHealth, ...]:
        return (KindHealth("Pod", "live", 0.0),)

    def view(self, kind: str) -> _Pods:
        return self

    def all(self, namespace: str = "") -> list[Obj]:
        return self._pods

    def get(self, namespace: str, name: str) -> Obj | None:
        return next((o for o in self._pods if (o.metadata.namespace, o.metadata.name) == (namespace, name)), None)


def ask_check(name: str, facts: Scripted, target: ResourceRef | None = None) -> Verdict:
    """The verdict of a registered check, held to the facts it declares."""
    return shipped()[name](facts, target or ResourceRef())


def ref(kind: str, namespace: str, name: str, uid: str = "") -> ResourceRef:
    if kind in BY_KIND:
        return BY_KIND[kind].ref(namespace, name, uid)
    return ResourceRef("", "", kind, namespace, name, uid)


def meta(name: str, namespace: str = "", uid: str = "", **more: Any) -> dict[str, Any]:
    """Metadata as the API writes it; further fields by keyword."""
    found: dict[str, Any] = {"name": name, "uid": uid or f"uid-{name}", "resourceVersion": "7"}
    if namespace:
        found["namespace"] = namespace
    return {"metadata": {**found, **more}}


def pod(name: str, namespace: str = "shop", **more: Any) -> dict[str, Any]:
    """A running pod of one container; `labels`, `owner`, `image`, `account`, `spec` by keyword."""
    owner = more.get("owner")
    owners = [{"kind": owner[0], "name": owner[1], "uid": owner[2], "controller": True}] if owner else None
    image = more.get("image", "shop/web@sha256:aa")
    return {
        **meta(name, namespace, labels=more.get("labels"), ownerReferences=owners, annotations=more.get("annotations")),
        "spec": {
            "nodeName": "node-0",
            "serviceAccountName": more.get("account", "default"),
            "containers": [{"name": "main", "image": image}],
            **more.get("spec", {}),
        },
        "status": {
            "phase": "Running",
            "containerStatuses": [
                {"name": "main", "image": image, "imageID": more.get("digest", image), "ready": True}
            ],
        },
    }
