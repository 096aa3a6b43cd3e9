"""What can be reached from outside, and what goes outside by itself: services, ingresses, webhooks."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from console.model.weakness import Weakness
from console.posture.manifest import Manifest

_WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def services(manifest: Manifest) -> Iterator[Weakness]:
    """Services that open a way in past every ingress."""
    if manifest.kind != "Service" or manifest.group:
        return
    spec = manifest.at("spec")
    kind = spec.get("type")
    if kind == "NodePort":
        text = f"reachable on every node{_ports(spec)}"
        yield manifest.weak("exposure", "nodePort", text, "spec.type")
    elif kind == "LoadBalancer":
        given = spec.get("loadBalancerSourceRanges")
        ranges = [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
        if not ranges or any(one.strip() in ("0.0.0.0/0", "::/0") for one in ranges):
            text = "reachable through a load balancer from any address; say loadBalancerSourceRanges"
            yield manifest.weak("exposure", "loadBalancer", text, "spec.loadBalancerSourceRanges")
    addresses = spec.get("externalIPs")
    if isinstance(addresses, list) and addresses:
        text = f"takes the traffic to {', '.join(map(str, addresses[:5]))}, whoever it is meant for (CVE-2020-8554)"
        yield manifest.weak("exposure", "externalIPs", text, "spec.externalIPs")


def ingresses(manifest: Manifest) -> Iterator[Weakness]:
    """Ingresses that serve in the clear."""
    if manifest.kind != "Ingress" or manifest.group not in ("networking.k8s.io", "extensions"):
        return
    spec = manifest.at("spec")
    if not spec.get("tls"):
        yield manifest.weak("exposure", "ingressWithoutTLS", "serves without TLS: what passes can be read", "spec.tls")


def webhooks(manifest: Manifest) -> Iterator[Weakness]:
    """Webhooks of the API server that send what it is asked to an address outside the cluster."""
    for field, client in _clients(manifest):
        host = _host(client.get("url"))
        if is_outside(host):
            text = f"the API server sends objects to {host}, outside the cluster"
            yield manifest.weak("exposure", "webhookOutside", text, f"{field}.url")


def is_outside(host: str) -> bool:
    """Whether a host is none of the cluster's own: no service, no private or loopback address."""
    if not host:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        name = host.lower().rstrip(".")
        return not (name == "localhost" or name.endswith((".svc", ".cluster.local", ".localhost", ".internal")))


LOOKS: tuple[Callable[[Manifest], Iterator[Weakness]], ...] = (services, ingresses, webhooks)


def _clients(manifest: Manifest) -> Iterator[tuple[str, dict[str, Any]]]:
    if manifest.kind in _WEBHOOKS:
        hooks = manifest.body.get("webhooks")
        for number, hook in enumerate(hooks if isinstance(hooks, list) else ()):
            client = hook.get("clientConfig") if isinstance(hook, dict) else None
            if isinstance(client, dict):
                yield f"webhooks[{number}].clientConfig", client
    elif manifest.kind == "CustomResourceDefinition":
        yield "spec.conversion.webhook.clientConfig", manifest.at("spec", "conversion", "webhook", "clientConfig")


def _host(url: Any) -> str:
    try:
        return (urlsplit(url).hostname or "") if isinstance(url, str) else ""
    except ValueError:  # half an IPv6 address, which no API server takes
        return ""


def _ports(spec: dict[str, Any]) -> str:
    ports = spec.get("ports")
    given = [
        str(one["nodePort"])
        for one in (ports if isinstance(ports, list) else ())
        if isinstance(one, dict) and one.get("nodePort")
    ]
    return f" at {', '.join(given)}" if given else ""
