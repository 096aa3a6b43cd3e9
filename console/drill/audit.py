"""Audit events of the simulated API server: one line for each request, shaped as a real 1.36 server writes them.

In: requests as they are answered. Out: `audit.k8s.io/v1` events as JSON lines, kept in memory and handed to hearers.
The policy is the usual one: bodies of writes, metadata of reads, never the bodies of secrets, configmaps and tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec

from console.drill.callers import Caller
from console.drill.resources import Address, Body
from console.drill.times import micros
from console.ports.cluster import Request

KEPT = 20_000
"""Lines kept; older ones are dropped from the front."""
_METADATA_ONLY = frozenset({"secrets", "configmaps", "serviceaccounts/token"})
_REVIEWS = ("/apis/authorization.k8s.io/v1/", "/apis/authentication.k8s.io/v1/")
_WRITES = frozenset({"create", "update", "patch", "delete"})

Hearer = Callable[[bytes], None]


class Entry(msgspec.Struct):
    """One request while it is answered."""

    caller: Caller
    request: Request
    verb: str
    audit_id: str
    received: float
    address: Address | None = None
    created: str = ""
    """Name the server gave an object that was created with generateName."""
    decision: str = "allow"
    reason: str = ""
    notes: dict[str, str] = {}


class AuditLog:
    """All events so far, and who wants to hear new ones."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._hearers: list[Hearer] = []
        self.lines: list[bytes] = []
        self.dropped = 0

    def hear(self, hearer: Hearer) -> Callable[[], None]:
        """Call `hearer` with every new line; returns what stops it."""
        self._hearers.append(hearer)
        return lambda: self._hearers.remove(hearer) if hearer in self._hearers else None

    def write(self, entry: Entry, stage: str, code: int, answer: Any) -> None:
        """One stage of a request. `answer` is the decoded response, None for a stream."""
        if _is_noise(entry):
            return
        line = msgspec.json.encode(self._event(entry, stage, code, answer)) + b"\n"
        self.lines.append(line)
        if len(self.lines) > KEPT:
            drop = len(self.lines) - KEPT
            del self.lines[:drop]
            self.dropped += drop
        for hearer in tuple(self._hearers):
            hearer(line)

    def _event(self, entry: Entry, stage: str, code: int, answer: Any) -> Body:
        level = _level(entry)
        event: Body = {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": level,
            "auditID": entry.audit_id,
            "stage": stage,
            "requestURI": _uri(entry.request),
            "verb": entry.verb,
            "user": _user(entry.caller),
            "sourceIPs": [entry.caller.ip],
            "userAgent": entry.caller.agent,
        }
        if entry.address is not None or entry.request.path.startswith(_REVIEWS):
            event["objectRef"] = _reference(entry)
        event["responseStatus"] = _status(code, answer)
        if level == "RequestResponse":
            body = _decoded(entry.request.body)
            if body is not None:
                event["requestObject"] = body
            if answer is not None:
                event["responseObject"] = answer
        event["requestReceivedTimestamp"] = micros(entry.received)
        event["stageTimestamp"] = micros(max(self._now(), entry.received))
        notes = {"authorization.k8s.io/decision": entry.decision, "authorization.k8s.io/reason": entry.reason}
        event["annotations"] = {**entry.notes, **notes} if entry.decision else dict(entry.notes)
        return event


def _is_noise(entry: Entry) -> bool:
    """What a sensible audit policy leaves out: status, Events and slices written by the cluster's own parts."""
    own = entry.caller.user.startswith(("system:node:", "system:kube-", "system:serviceaccount:kube-system:"))
    at = entry.address
    return own and at is not None and (at.sub == "status" or at.kind.kind in ("Event", "EndpointSlice"))


def _level(entry: Entry) -> str:
    if entry.verb not in _WRITES or (entry.address and entry.address.named in _METADATA_ONLY):
        return "Metadata"
    return "RequestResponse"


def _user(caller: Caller) -> Body:
    user: Body = {"username": caller.user}
    if caller.uid:
        user["uid"] = caller.uid
    user["groups"] = list(caller.groups)
    if caller.extra:
        user["extra"] = {key: list(values) for key, values in caller.extra.items()}
    return user


def _reference(entry: Entry) -> Body:
    at = entry.address
    if at is None:
        group, version, resource = entry.request.path.strip("/").split("/")[1:4]
        return {"resource": resource, "apiGroup": group, "apiVersion": version}
    found: Body = {"resource": at.kind.plural}
    for key, value in (
        ("namespace", at.scope),
        ("name", at.name or entry.created),
        ("apiGroup", at.kind.group),
        ("apiVersion", at.kind.version),
        ("subresource", at.sub),
    ):
        if value:
            found[key] = value
    return found


def _status(code: int, answer: Any) -> Body:
    if isinstance(answer, dict) and answer.get("kind") == "Status" and answer.get("status") == "Failure":
        return {key: value for key, value in answer.items() if key not in ("kind", "apiVersion")}
    return {"metadata": {}, "code": code}


def _uri(request: Request) -> str:
    return f"{request.path}?{urlencode(request.query)}" if request.query else request.path


def _decoded(body: bytes) -> Any:
    if not body:
        return None
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
