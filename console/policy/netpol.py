"""Which NetworkPolicies select a pod, and what all of them together allow it.

The model is additive: a deny-all policy takes away nothing that another policy allows, so isolation is a statement
about the union. In: the policies of the pod's namespace and the pod's labels. Out: the allows, one for each rule, in
words; empty in both directions means isolated *on paper*: whether a network plugin enforces it nobody can read here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from console.model.meta import LabelSelector
from console.model.network import NetworkPolicy
from console.policy.selector import Labels, matches, words

INGRESS, EGRESS = "Ingress", "Egress"


class Allow(msgspec.Struct, frozen=True):
    """One rule of one policy that lets traffic pass."""

    policy: str
    direction: str
    peers: str
    ports: str

    def __str__(self) -> str:
        way = "from" if self.direction == INGRESS else "to"
        return f"policy {self.policy} allows {self.direction.lower()} {way} {self.peers} on {self.ports}"


class Isolation(msgspec.Struct, frozen=True):
    """What the union of all policies says about one pod."""

    ingress: bool
    """Whether any policy selects it for this direction; if none does, everything may pass."""
    egress: bool
    allows: tuple[Allow, ...]
    policies: tuple[str, ...]
    """Names of the policies that select it."""

    @property
    def complete(self) -> bool:
        """Both directions isolated and nothing allowed."""
        return self.ingress and self.egress and not self.allows

    @property
    def left(self) -> tuple[str, ...]:
        """What may still pass, in words."""
        open_ways = [
            f"no policy selects the pod for {name}: all of it passes"
            for name, closed in (("ingress", self.ingress), ("egress", self.egress))
            if not closed
        ]
        return (*open_ways, *(str(allow) for allow in self.allows))


def directions(policy: NetworkPolicy) -> tuple[str, ...]:
    """Directions a policy isolates, with the API server's default: Ingress always, Egress when it has egress rules."""
    spec = policy.spec
    if spec.policy_types:
        return tuple(name for name in (INGRESS, EGRESS) if name in spec.policy_types)
    return (INGRESS, EGRESS) if spec.egress else (INGRESS,)


def selecting(policies: Iterable[NetworkPolicy], namespace: str, labels: Labels | None) -> list[NetworkPolicy]:
    """The policies that apply to a pod of that namespace with these labels, by name."""
    chosen = [
        policy
        for policy in policies
        if policy.metadata.namespace == namespace and matches(policy.spec.pod_selector, labels)
    ]
    return sorted(chosen, key=lambda policy: policy.metadata.name)


def isolation(policies: Iterable[NetworkPolicy], namespace: str, labels: Labels | None) -> Isolation:
    """The union of all policies over one pod."""
    chosen = selecting(policies, namespace, labels)
    closed = {name for policy in chosen for name in directions(policy)}
    allows = [allow for policy in chosen for allow in _allows(policy)]
    return Isolation(
        INGRESS in closed, EGRESS in closed, tuple(allows), tuple(policy.metadata.name for policy in chosen)
    )


def _allows(policy: NetworkPolicy) -> Iterable[Allow]:
    """Rules of the directions the policy is about: an egress rule in an ingress-only policy counts for nothing."""
    for direction in directions(policy):
        rules = policy.spec.ingress if direction == INGRESS else policy.spec.egress
        for rule in rules or ():
            peers = rule.get("from" if direction == INGRESS else "to")
            yield Allow(policy.metadata.name, direction, _peers(peers), _ports(rule.get("ports")))


def _peers(peers: list[dict[str, Any]] | None) -> str:
    return " or ".join(_peer(peer) for peer in peers) if peers else "anywhere"


def _peer(peer: dict[str, Any]) -> str:
    if block := peer.get("ipBlock"):
        excepted = f" except {','.join(block['except'])}" if block.get("except") else ""
        return f"{block.get('cidr', '')}{excepted}"
    pods, spaces = as_selector(peer.get("podSelector")), as_selector(peer.get("namespaceSelector"))
    which = "all pods" if pods is None or pods == LabelSelector() else f"pods {words(pods)}"
    if spaces is None:
        return f"{which} of this namespace"
    return f"{which} in " + ("all namespaces" if spaces == LabelSelector() else f"namespaces {words(spaces)}")


def _ports(ports: list[dict[str, Any]] | None) -> str:
    if not ports:
        return "all ports"
    return ",".join(_port(port) for port in ports)


def _port(port: dict[str, Any]) -> str:
    last = f"-{port['endPort']}" if port.get("endPort") else ""
    return f"{port.get('protocol') or 'TCP'}/{port.get('port', 'all')}{last}"


def as_selector(raw: Any) -> LabelSelector | None:
    """A selector inside a rule, None where there is none."""
    return None if raw is None else msgspec.convert(raw, LabelSelector)
