"""What sensors tell, as rules see it: fields of started programs and of flows, named as Sigma names them.

In: a `Process` or a `Flow`. Out: the values of a field, and who and what a finding is about. Field names are those of
Sigma's `process_creation`, `network_connection` and `dns_query`; `data/README.md` is the reference. Never raises.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from console.model.finding import Target
from console.model.identity import Identity
from console.model.runtime import Alert, Flow, Place, Process, Sensed
from console.rules import watched

_WORLD = "reserved:world"
_METADATA = frozenset({"169.254.169.254", "fd00:ec2::254", "169.254.170.2", "100.100.100.200"})
"""Addresses at which clouds hand out credentials: AWS, GCP, Azure; AWS over IPv6; ECS; Alibaba."""

Look = Callable[[str], Callable[[Any], Sequence[Any]] | None]


def _command(one: Process) -> str:
    return f"{one.binary} {one.arguments}".rstrip()


def _metadata(one: Flow) -> bool:
    return one.destination.ip in _METADATA


def _world(one: Flow) -> bool:
    """Whether it goes to the internet: Cilium says so, or the address does."""
    if one.destination.labels:
        return any(label.startswith(_WORLD) for label in one.destination.labels)
    try:
        return not one.destination.pod and ipaddress.ip_address(one.destination.ip).is_global
    except ValueError:
        return False


def _place_fields(prefix: str, place: Callable[[Any], Place]) -> dict[str, Callable[[Any], Any]]:
    return {
        f"{prefix}.namespace": lambda one: place(one).namespace,
        f"{prefix}.pod": lambda one: place(one).pod,
        f"{prefix}.container": lambda one: place(one).container,
        f"{prefix}.image": lambda one: place(one).image,
        f"{prefix}.node": lambda one: place(one).node,
        f"{prefix}.workload": lambda one: place(one).workload,
        f"{prefix}.labels": lambda one: place(one).labels,
    }


_PROCESS: dict[str, Callable[[Any], Any]] = {
    "Image": lambda one: one.binary,
    "CommandLine": _command,
    "CurrentDirectory": lambda one: one.directory,
    "User": lambda one: one.user,
    "ParentImage": lambda one: one.parent,
    "ParentCommandLine": lambda one: f"{one.parent} {one.parent_arguments}".rstrip(),
    "flags": lambda one: one.flags,
    "in-pod": lambda one: bool(one.place.pod or one.place.container),
    **_place_fields("source", lambda one: one.place),
}
_FLOW: dict[str, Callable[[Any], Any]] = {
    "Image": lambda one: one.binary,
    "SourceIp": lambda one: one.source.ip,
    "SourcePort": lambda one: one.source_port or None,
    "DestinationIp": lambda one: one.destination.ip,
    "DestinationPort": lambda one: one.port or None,
    "DestinationHostname": lambda one: one.destination.names,
    "Protocol": lambda one: one.protocol,
    "Initiated": lambda one: not one.reply,
    "QueryName": lambda one: one.query,
    "record_type": lambda one: one.record_types,
    "verdict": lambda one: one.verdict,
    "reason": lambda one: one.reason,
    "direction": lambda one: one.direction,
    "to-world": _world,
    "to-metadata": _metadata,
    "from-pod": lambda one: bool(one.source.pod),
    **_place_fields("source", lambda one: one.source),
    **_place_fields("destination", lambda one: one.destination),
}


def _looking(fields: Mapping[str, Callable[[Any], Any]]) -> Look:
    def look(name: str) -> Callable[[Any], Sequence[Any]] | None:
        read = fields.get(name)
        return None if read is None else lambda one: _many(read(one))

    return look


def _many(value: Any) -> Sequence[Any]:
    if isinstance(value, tuple):
        return value
    return () if value is None or value == "" else (value,)


LOOKS: dict[str, Look] = {"process": _looking(_PROCESS), "flow": _looking(_FLOW), "object": watched.look}
FIELDS: dict[str, tuple[str, ...]] = {"process": tuple(_PROCESS), "flow": tuple(_FLOW), "object": watched.NAMES}
"""Names of the fields by what a rule reads."""


def reads_of(one: Process | Flow) -> str:
    """What a rule reads that is for this: `process` or `flow`."""
    return "flow" if isinstance(one, Flow) else "process"


def identity_in(one: Sensed) -> Identity:
    """Who: the pod it came from. Sensors know no Kubernetes users, but for alerts that rest on the audit trail."""
    place = one.source if isinstance(one, Flow) else one.place
    user = one.user if isinstance(one, Alert) else ""
    return Identity(user=user, ip=place.ip if not place.pod else "", pod=place.who, node=place.node)


def target_in(one: Sensed, fold: str = "object") -> Target:
    """What it was about: the pod a program ran in, or the end a flow went to."""
    if fold == "none":
        return Target()
    if isinstance(one, Alert) and one.target is not None:
        return one.target
    if not isinstance(one, Flow):
        return _of_place(one.place)
    if one.query:
        return Target(path=f"DNS {one.query}"[:200])
    there = one.destination
    if there.pod:
        return _of_place(there)
    name = f" {there.names[0]}" if there.names else ""
    return Target(path=f"{one.protocol or 'IP'} {there.ip or 'unknown'}:{one.port}{name}"[:200])


def _of_place(place: Place) -> Target:
    if place.pod:
        return Target(kind="Pod", namespace=place.namespace, name=place.pod)
    if place.container and place.container != "host":
        return Target(path=f"container {place.container}"[:200])
    return Target(kind="Node", name=place.node) if place.node else Target(path="unknown host")
