"""Namespaces whose pods may talk to anything, because no network policy speaks for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from console.model.network import NetworkPolicySpec
from console.model.weakness import Weakness
from console.policy.selector import matches
from console.posture.manifest import Manifest
from console.posture.templates import Template


def namespaces(manifests: Sequence[Manifest], templates: Sequence[Template]) -> Iterator[Weakness]:
    """Per namespace and direction, how many of its workloads no policy selects. Only namespaces that are given count:
    a manifest alone does not say what else is where it goes."""
    policies = _policies(manifests)
    pods: dict[str, list[Template]] = defaultdict(list)
    for template in templates:
        pods[template.owner.namespace].append(template)
    for manifest in manifests:
        if manifest.kind != "Namespace" or manifest.group:
            continue
        inside = pods[manifest.name]
        for direction, control in (("Ingress", "noIngressPolicy"), ("Egress", "noEgressPolicy")):
            open_ = [one for one in inside if not _selected(one, policies[manifest.name], direction)]
            if open_:
                yield manifest.weak("network", control, _text(len(open_), len(inside), direction))


def _text(left: int, of: int, direction: str) -> str:
    way = "be reached by anything" if direction == "Ingress" else "reach anything"
    return f"{left} of {of} workloads are in no network policy for {direction.lower()}: they can {way}"


def _policies(manifests: Sequence[Manifest]) -> dict[str, list[NetworkPolicySpec]]:
    found: dict[str, list[NetworkPolicySpec]] = defaultdict(list)
    for one in manifests:
        if one.kind == "NetworkPolicy" and one.group == "networking.k8s.io":
            try:
                found[one.namespace].append(msgspec.convert(one.at("spec"), NetworkPolicySpec))
            except msgspec.ValidationError:
                continue  # one the API server would refuse protects nobody
    return found


def _selected(template: Template, policies: list[NetworkPolicySpec], direction: str) -> bool:
    metadata = template.metadata if isinstance(template.metadata, dict) else {}
    given = metadata.get("labels")
    labels = {str(name): str(value) for name, value in given.items()} if isinstance(given, dict) else {}
    return any(direction in _types(policy) and matches(policy.pod_selector, labels) for policy in policies)


def _types(policy: NetworkPolicySpec) -> list[str]:
    """Directions a policy holds for: as it says, else ingress, and egress if it has rules for it."""
    return policy.policy_types or ["Ingress", *(["Egress"] if policy.egress else [])]
