"""Finds out what cluster this is, who we are in it, and how far our clocks are apart."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from console.cluster.dating import server_time
from console.cluster.reflector import Wire
from console.errors import ApiStatus, next_step
from console.ports.clock import Clock
from console.ports.cluster import ClusterInfo, Reply, Request, Subject

_REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
_RESOLUTION = 2.0
"""Seconds below which a difference of clocks is not told from the coarse Date header and the way."""


def provisional_id(server: str, authority: str) -> str:
    """What stands for the cluster until its kube-system namespace could be read."""
    return "srv-" + hashlib.sha256(f"{server}\0{authority}".encode()).hexdigest()[:32]


async def identify(wire: Wire, clock: Clock, known: ClusterInfo) -> ClusterInfo:
    """`known` completed as far as the server lets us. Raises `ClusterError` when it does not answer at all."""
    version = await wire.send(Request("GET", "/version"))
    namespace = await wire.send(Request("GET", "/api/v1/namespaces/kube-system"))
    review = await wire.send(
        Request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=msgspec.json.encode(_REVIEW))
    )
    me = _field(review, "status", "userInfo") or {}
    behind = (await _behind(wire),) if known.behind else ()
    return msgspec.structs.replace(
        known,
        id=str(_field(namespace, "metadata", "uid") or known.id),
        version=str(_field(version, "gitVersion") or known.version),
        user=str(me.get("username", known.user)),
        groups=tuple(str(group) for group in me.get("groups") or ()),
        skew=_skew(version, clock),
        behind=behind,
    )


async def _behind(wire: Wire) -> Subject:
    """Who owns the credentials, when all else is done as somebody else: asked as themselves, with nothing changed."""
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    review = await wire.send(Request("POST", path, body=msgspec.json.encode(_REVIEW), plain=True))
    me = _field(review, "status", "userInfo") or {}
    return Subject(str(me.get("username", "")), tuple(str(group) for group in me.get("groups") or ()))


def _field(reply: Reply, *path: str) -> Any:
    """A field of a good answer; None if the answer is a failure or has none."""
    if reply.status >= 500 or reply.status == 429:
        raise ApiStatus(f"The API server answered {reply.status}.{next_step(reply.status)}", reply.status)
    if reply.status >= 400:
        return None
    value = reply.json()
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _skew(reply: Reply, clock: Clock) -> float:
    server = server_time(reply)
    difference = clock.now() - server if server is not None else 0.0
    return difference if abs(difference) > _RESOLUTION else 0.0
