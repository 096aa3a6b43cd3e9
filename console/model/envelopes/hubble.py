"""Cilium Hubble's flows: `hubble observe -o jsonpb`, the static and dynamic exporters' files, and older bare flows.

In: one decoded record. Out: a `Flow`, None when it is none. Field masks may have taken any field away. Source: cilium's
`flow.proto`.
"""

from __future__ import annotations

from typing import Any

from console.model.envelopes.plain import items, mapping, number, text, texts
from console.model.instants import seconds
from console.model.runtime import Flow, Place

_LAYERS = ("TCP", "UDP", "SCTP", "ICMPv4", "ICMPv6")
_SILENT = ("lost_events", "node_status", "agent_event", "debug_event")


def is_silent(value: dict[str, Any]) -> bool:
    """Whether a record is one of Hubble's that is no flow: lost events, the state of a node."""
    return any(name in value for name in _SILENT)


def signal_of(value: dict[str, Any]) -> Flow | None:
    """The flow in a record."""
    flow = value.get("flow") if isinstance(value.get("flow"), dict) else value
    if not isinstance(flow, dict) or not ("verdict" in flow or "traffic_direction" in flow or "l4" in flow):
        return None
    if not (isinstance(flow.get("source"), dict) or isinstance(flow.get("destination"), dict)):
        return None
    at = seconds(text(flow.get("time")) or text(value.get("time")))
    if at is None:
        return None
    address, layers, dns = mapping(flow.get("IP")), mapping(flow.get("l4")), _dns(flow)
    protocol = next((name for name in _LAYERS if name in layers), "")
    ports = mapping(layers.get(protocol))
    node = text(flow.get("node_name")) or text(value.get("node_name"))
    return Flow(
        at=at,
        source=_place(flow, "source", text(address.get("source")), node),
        destination=_place(flow, "destination", text(address.get("destination")), ""),
        id=text(flow.get("uuid")),
        protocol=protocol,
        source_port=number(ports.get("source_port")),
        port=number(ports.get("destination_port")),
        verdict=text(flow.get("verdict")),
        reason=text(flow.get("drop_reason_desc")),
        direction=text(flow.get("traffic_direction")),
        reply=flow.get("is_reply") is True or flow.get("reply") is True,
        query=text(dns.get("query")).rstrip("."),
        record_types=texts(dns.get("qtypes")),
    )


def _dns(flow: dict[str, Any]) -> dict[str, Any]:
    """The DNS question of a layer 7 record; answers are told once more with their addresses and are no question."""
    layer = mapping(flow.get("l7"))
    return mapping(layer.get("dns")) if text(layer.get("type")) in ("", "REQUEST") else {}


def _place(flow: dict[str, Any], side: str, ip: str, node: str) -> Place:
    end = mapping(flow.get(side))
    workload = mapping(next(iter(items(end.get("workloads"))), {}))
    return Place(
        namespace=text(end.get("namespace")),
        pod=text(end.get("pod_name")),
        node=node,
        workload=text(workload.get("name")),
        labels=texts(end.get("labels")),
        ip=ip,
        names=texts(flow.get(f"{side}_names")),
    )
