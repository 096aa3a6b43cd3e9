"""A desk whose answers the test writes: for faults a real API server cannot be made to have at will."""

from __future__ import annotations

from typing import Any

from console.errors import ApiStatus, Refused
from console.model.facts import Ask, Fact, Unknown
from console.model.objects import Obj
from console.model.ref import BY_KIND, ResourceRef
from console.ports.cluster import ClusterInfo, View
from console.ports.silences import Alerts

Object = dict[str, Any]


class ScriptedDesk:
    """Objects by kind, logs by container, and failures by kind or container."""

    def __init__(self) -> None:
        self.info = ClusterInfo("cluster", "https://x", "x")
        self.manager = "manager"
        self.alerts: Alerts | None = None
        self.incident = ""
        self.objects: dict[str, list[Object]] = {}
        self.logs: dict[str, bytes] = {}
        self.failing: dict[str, Exception] = {}
        self.captured: list[tuple[str, str, bytes, str]] = []
        self.missed: list[tuple[str, str]] = []
        self.facts = self

    def now(self) -> float:
        return 1_780_000_000.0

    def get(self, ask: Ask) -> Fact:
        return Unknown("not known here")

    async def fetch(self, ref: ResourceRef) -> Object:
        self._fail(ref.kind)
        for one in self.objects.get(ref.kind, []):
            meta = one["metadata"]
            if (meta.get("namespace", ""), meta["name"]) == (ref.namespace, ref.name):
                return one
        raise Refused(f"There is no {ref.kind} {ref}.")

    async def listing(self, kind: str, namespace: str = "", labels: str = "", fields: str = "") -> list[Object]:
        self._fail(kind)
        everything = self.objects.get(kind, [])
        return [one for one in everything if namespace in ("", one["metadata"].get("namespace", ""))]

    async def text(self, path: str, query: tuple[tuple[str, str], ...] = ()) -> bytes:
        asked = dict(query)
        name = asked["container"] + ("/previous" if "previous" in asked else "")
        self._fail(name)
        data = self.logs.get(name, b"")
        return data[-1000:] if "tailLines" in asked else data[: int(asked["limitBytes"])]

    def view(self, kind: str) -> View:
        raise NotImplementedError

    def owner_chain(self, obj: Obj) -> tuple[ResourceRef, ...]:
        return ()

    def neutral_name(self, purpose: str) -> str:
        return f"n{len(purpose)}"

    async def has_evidence(self, kind: str, uid: str) -> bool:
        return any(one[:2] == (kind, uid) for one in self.captured)

    async def capture(self, kind: str, target: ResourceRef, data: bytes, note: str = "") -> str:
        if error := self.failing.get(f"capture {kind}"):
            await self.miss(kind, target, str(error))
            raise error
        self.captured.append((kind, target.uid, data, note))
        return "digest"

    async def miss(self, kind: str, target: ResourceRef, why: str) -> None:
        self.missed.append((kind, why))

    def _fail(self, name: str) -> None:
        if name in self.failing:
            raise self.failing[name]


def forbidden(what: str) -> ApiStatus:
    return ApiStatus(f"{what} is forbidden", 403, "Forbidden")


def pod(**more: Any) -> Object:
    """A pod of two containers as the API server sends it."""
    made: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop", "uid": "u1", "labels": {"app": "web"}},
        "spec": {
            "nodeName": "n1",
            "serviceAccountName": "web",
            "initContainers": [{"name": "setup", "image": "setup:1"}],
            "containers": [{"name": "app", "image": "app:1"}],
            "ephemeralContainers": [{"name": "debug", "image": "debug:1"}],
        },
        "status": {"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": 0}]},
    }
    for path, value in more.items():
        part, _, key = path.partition("__")
        made[part][key] = value
    return made


REF = BY_KIND["Pod"].ref("shop", "web", "u1")
