"""May this connection pass, on paper? All NetworkPolicies together, for one source, destination and port.

In: policies, the labels of namespaces, two ends. Out: a yes or no for each direction; both must agree. Host-network
pods, traffic between a pod and its own node, Services and replies are not policies' business and not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

import msgspec

from console.model.network import NetworkPolicy
from console.policy.netpol import EGRESS, INGRESS, as_selector, directions, selecting
from console.policy.selector import Labels, matches

Namespaces = Mapping[str, Labels]


class Port(msgspec.Struct, frozen=True):
    """A container port with a name."""

    name: str
    number: int
    protocol: str = "TCP"


class End(msgspec.Struct, frozen=True):
    """A pod, or with namespace "" something outside the cluster, known by its address."""

    ip: str
    namespace: str = ""
    name: str = ""
    labels: dict[str, str] = {}
    ports: tuple[Port, ...] = ()


class Flow(msgspec.Struct, frozen=True):
    """One connection that is wanted."""

    source: End
    target: End
    port: int
    protocol: str = "TCP"


def passes(policies: Iterable[NetworkPolicy], namespaces: Namespaces, flow: Flow) -> bool:
    """Whether both directions allow it."""
    policies = list(policies)
    return enters(policies, namespaces, flow) and leaves(policies, namespaces, flow)


def enters(policies: Iterable[NetworkPolicy], namespaces: Namespaces, flow: Flow) -> bool:
    """What the policies that select the target say."""
    return _direction(policies, namespaces, flow, INGRESS, flow.target, flow.source)


def leaves(policies: Iterable[NetworkPolicy], namespaces: Namespaces, flow: Flow) -> bool:
    """What the policies that select the source say."""
    return _direction(policies, namespaces, flow, EGRESS, flow.source, flow.target)


def _direction(
    policies: Iterable[NetworkPolicy], namespaces: Namespaces, flow: Flow, direction: str, own: End, other: End
) -> bool:
    """A pod that no policy isolates may do anything, and a pod can never be kept from itself."""
    if not own.namespace or own == other:
        return True
    chosen = [one for one in selecting(policies, own.namespace, own.labels) if direction in directions(one)]
    return not chosen or any(_rule(rule, one, namespaces, flow, direction, other) for one in chosen for rule in
                             (one.spec.ingress if direction == INGRESS else one.spec.egress) or ())  # fmt: skip


def _rule(
    rule: Mapping[str, Any], policy: NetworkPolicy, namespaces: Namespaces, flow: Flow, direction: str, other: End
) -> bool:
    peers = rule.get("from" if direction == INGRESS else "to")
    ports = rule.get("ports")
    peer = not peers or any(_peer(one, policy.metadata.namespace, namespaces, other) for one in peers)
    return peer and (not ports or any(_port(one, flow) for one in ports))


def _peer(peer: Mapping[str, Any], home: str, namespaces: Namespaces, other: End) -> bool:
    if block := peer.get("ipBlock"):
        return _inside(other.ip, block.get("cidr", "")) and not any(
            _inside(other.ip, hole) for hole in block.get("except") or ()
        )
    pods, spaces = as_selector(peer.get("podSelector")), as_selector(peer.get("namespaceSelector"))
    if not other.namespace or (pods is None and spaces is None):
        return False
    near = other.namespace == home if spaces is None else matches(spaces, namespaces.get(other.namespace))
    return near and (pods is None or matches(pods, other.labels))


def _inside(ip: str, cidr: str) -> bool:
    """An address or block that is none holds nothing: the API server would have refused it."""
    try:
        return ip_address(ip) in ip_network(cidr, strict=False)
    except ValueError:
        return False


def _port(port: Mapping[str, Any], flow: Flow) -> bool:
    if (port.get("protocol") or "TCP") != flow.protocol:
        return False
    wanted = port.get("port")
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return any(
            (one.name, one.number, one.protocol) == (wanted, flow.port, flow.protocol) for one in flow.target.ports
        )
    return bool(wanted <= flow.port <= (port.get("endPort") or wanted))
