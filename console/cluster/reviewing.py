"""Access reviews: what we, or somebody else, may do. They are POSTs that write nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from console.cluster.failures import status_error
from console.cluster.reflector import Wire
from console.errors import ApiStatus, ClusterError
from console.model.action import Right
from console.ports.cluster import Reply, Request, Ruling, Subject

_PREFIX = "/apis/authorization.k8s.io/v1"
_SIMULTANEOUS = 8


async def review(wire: Wire, rights: Sequence[Right], subject: Subject | None) -> tuple[Ruling, ...]:
    """One ruling for each right, in order. A review that fails is a ruling with `error`; none raises."""
    gate = asyncio.Semaphore(_SIMULTANEOUS)

    async def one(right: Right) -> Ruling:
        async with gate:
            return await _ruling(wire, right, subject)

    return tuple(await asyncio.gather(*(one(right) for right in rights)))


async def _ruling(wire: Wire, right: Right, subject: Subject | None) -> Ruling:
    try:
        reply = await wire.send(_request(right, subject))
        if reply.status not in (200, 201):
            raise status_error(reply, f"review {right}")
        status = reply.json().get("status", {})
    except (ClusterError, AttributeError) as error:
        return Ruling(right, False, error=str(error))
    # What an authorizer could not evaluate does not undo a yes; without a yes it means that nobody knows.
    failed = status.get("evaluationError", "")
    allowed = status.get("allowed") is True
    return Ruling(right, allowed, str(status.get("reason", "")), "" if allowed else str(failed))


def _request(right: Right, subject: Subject | None) -> Request:
    resource, _, sub = right.resource.partition("/")
    path = {"path": right.resource, "verb": right.verb} if right.resource.startswith("/") else {}
    attributes = {
        "verb": right.verb,
        "group": right.group,
        "resource": resource,
        "subresource": sub,
        "namespace": right.namespace,
        "name": right.name,
    }
    spec: dict[str, Any] = {"resourceAttributes": {name: value for name, value in attributes.items() if value}}
    if path:
        spec = {"nonResourceAttributes": path}
    kind, plural = "SelfSubjectAccessReview", "selfsubjectaccessreviews"
    if subject:
        kind, plural = "SubjectAccessReview", "subjectaccessreviews"
        spec |= {"user": subject.user, "groups": list(subject.groups)}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
    return Request("POST", f"{_PREFIX}/{plural}", body=msgspec.json.encode(body))


class _ResourceRule(msgspec.Struct, rename="camel"):
    verbs: list[str] | None = None
    api_groups: list[str] | None = None
    resources: list[str] | None = None
    resource_names: list[str] | None = None

    def lets_watch(self, group: str, plural: str) -> bool:
        """Whether the rule gives list and watch of every object of the resource."""
        return (
            not self.resource_names
            and _names(self.verbs, "list")
            and _names(self.verbs, "watch")
            and _names(self.api_groups, group)
            and _names(self.resources, plural)
        )


def _names(given: list[str] | None, wanted: str) -> bool:
    return given is not None and ("*" in given or wanted in given)


class _RulesStatus(msgspec.Struct, rename="camel"):
    resource_rules: list[_ResourceRule] | None = None
    incomplete: bool = False


class _RulesReview(msgspec.Struct):
    status: _RulesStatus = msgspec.field(default_factory=_RulesStatus)


class Rules(msgspec.Struct, frozen=True):
    """What we may do in one namespace, as far as the server lists it."""

    rules: tuple[_ResourceRule, ...] = ()
    incomplete: bool = False
    """Whether an authorizer could not list all of them (webhooks cannot)."""

    def lets_watch(self, group: str, plural: str) -> bool:
        """Whether list and watch of a resource are among them, or may be."""
        return self.incomplete or any(rule.lets_watch(group, plural) for rule in self.rules)


async def rules_in(wire: Wire, namespace: str) -> Rules:
    """A SelfSubjectRulesReview. Raises `ClusterError`."""
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    reply: Reply = await wire.send(
        Request("POST", f"{_PREFIX}/selfsubjectrulesreviews", body=msgspec.json.encode(body))
    )
    if reply.status not in (200, 201):
        raise status_error(reply, f"review own rules in {namespace}")
    try:
        found = msgspec.json.decode(reply.body, type=_RulesReview)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiStatus(f"The rules review of {namespace} is not readable: {error}.", reply.status) from error
    return Rules(tuple(found.status.resource_rules or ()), found.status.incomplete)
