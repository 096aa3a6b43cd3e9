"""A component's hand: requests to the simulated API server under one identity.

A refusal is not an error here: a controller tries again in its next round, as the real ones do.
"""

from __future__ import annotations

from typing import Any

import msgspec

from console.drill.callers import Caller, account_groups, account_user
from console.drill.patches import MERGE
from console.drill.resources import Body, kind_named
from console.drill.server import SimServer
from console.drill.store import Store
from console.drill.times import micros, seconds
from console.ports.cluster import Reply, Request

_RELEASE = "v1.36.1 (linux/amd64) kubernetes/3f1a5c0"


class Hand:
    """Writes of one component."""

    def __init__(self, server: SimServer, caller: Caller) -> None:
        self._server = server
        self._caller = caller

    @property
    def store(self) -> Store:
        """What is in the cluster."""
        return self._server.store

    def now(self) -> float:
        """Epoch seconds."""
        return self._server.now()

    def stamp(self) -> str:
        """Now, as objects write it."""
        return seconds(self.now())

    def create(self, kind: str, namespace: str, body: Body) -> Body | None:
        """POST; the created object, None when refused."""
        reply = self._send("POST", kind_named(kind).path(namespace), body)
        return reply.json() if reply.status == 201 else None

    def patch(self, kind: str, obj: Body, patch: Body, sub: str = "") -> bool:
        """Merge patch of an object as it was seen: refused when it has changed since."""
        metadata = obj["metadata"]
        seen = {"resourceVersion": metadata["resourceVersion"], **patch.get("metadata", {})}
        path = kind_named(kind).path(metadata.get("namespace", ""), metadata["name"], sub)
        return self._send("PATCH", path, {**patch, "metadata": seen}).status == 200

    def status(self, kind: str, obj: Body, status: Body) -> None:
        """Write the status when it differs."""
        if obj.get("status") != status:
            metadata = obj["metadata"]
            path = kind_named(kind).path(metadata.get("namespace", ""), metadata["name"], "status")
            keep = {key: metadata[key] for key in ("name", "uid", "resourceVersion")}
            self._send("PUT", path, {"metadata": keep, "status": status})

    def delete(self, kind: str, obj: Body, grace: int | None = None) -> bool:
        """DELETE with the uid as precondition."""
        metadata = obj["metadata"]
        options: Body = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": metadata["uid"]}}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        path = kind_named(kind).path(metadata.get("namespace", ""), metadata["name"])
        return self._send("DELETE", path, options).status == 200

    def bind(self, pod: Body, node: str) -> bool:
        """Bind a pod to a node."""
        metadata = pod["metadata"]
        body = {"kind": "Binding", "apiVersion": "v1", "target": {"kind": "Node", "name": node}}
        path = kind_named("Pod").path(metadata["namespace"], metadata["name"], "binding")
        return self._send("POST", path, body).status == 201

    def event(self, about: Body, reason: str, message: str, warning: bool = False) -> None:
        """An Event about an object."""
        metadata = about["metadata"]
        namespace = metadata.get("namespace") or "default"
        named = f"{metadata['name']}.{int(self.now() * 1e9):x}"
        who = self._caller.agent.partition("/")[0]
        involved = {"kind": about["kind"], "name": metadata["name"], "apiVersion": about["apiVersion"]}
        involved |= {key: metadata[key] for key in ("namespace", "uid", "resourceVersion") if key in metadata}
        body: dict[str, Any] = {
            "metadata": {"name": named, "namespace": namespace},
            "involvedObject": involved,
            "reason": reason,
            "message": message,
            "source": {"component": who},
            "firstTimestamp": self.stamp(),
            "lastTimestamp": self.stamp(),
            "eventTime": micros(self.now()),
            "count": 1,
            "type": "Warning" if warning else "Normal",
            "reportingComponent": who,
            "reportingInstance": "",
        }
        self.create("Event", namespace, body)

    def _send(self, method: str, path: str, body: Body) -> Reply:
        content_type = MERGE if method == "PATCH" else "application/json"
        request = Request(method, path, (), msgspec.json.encode(body), content_type)
        return self._server.send(self._caller, request)


def controller(server: SimServer, name: str) -> Hand:
    """The hand of a controller of the controller manager, with its account in kube-system."""
    user = account_user("kube-system", name)
    agent = f"kube-controller-manager/{_RELEASE}/{user}"
    return Hand(server, Caller(user, account_groups("kube-system"), ip="10.0.0.10", agent=agent))


def scheduler(server: SimServer) -> Hand:
    """The scheduler's hand."""
    agent = f"kube-scheduler/{_RELEASE}/scheduler"
    return Hand(server, Caller("system:kube-scheduler", ip="10.0.0.10", agent=agent))


def kubelet(server: SimServer, node: str, ip: str) -> Hand:
    """A node's hand."""
    caller = Caller(f"system:node:{node}", ("system:nodes", "system:authenticated"), ip=ip, agent=f"kubelet/{_RELEASE}")
    return Hand(server, caller)
