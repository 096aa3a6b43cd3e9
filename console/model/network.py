"""Services, endpoints, policies, ingresses and admission webhooks, pruned."""

from __future__ import annotations

from typing import Any

import msgspec

from console.model.meta import LabelSelector, Obj, Part, TargetRef


class ServicePort(Part):
    port: int = 0
    node_port: int = 0
    protocol: str = "TCP"


class ServiceSpec(Part):
    type: str = "ClusterIP"
    selector: dict[str, str] | None = None
    ports: list[ServicePort] | None = None
    external_ips: list[str] | None = msgspec.field(default=None, name="externalIPs")
    cluster_ip: str = msgspec.field(default="", name="clusterIP")


class Service(Obj):
    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)


class EndpointConditions(Part):
    ready: bool | None = None
    serving: bool | None = None


class Endpoint(Part):
    addresses: list[str] = []
    conditions: EndpointConditions = msgspec.field(default_factory=EndpointConditions)
    target_ref: TargetRef | None = None
    node_name: str | None = None


class EndpointSlice(Obj):
    endpoints: list[Endpoint] | None = None


class NetworkPolicySpec(Part):
    pod_selector: LabelSelector = msgspec.field(default_factory=LabelSelector)
    policy_types: list[str] | None = None
    ingress: list[Any] | None = None
    """Kept whole: `console.policy` evaluates them."""
    egress: list[Any] | None = None


class NetworkPolicy(Obj):
    spec: NetworkPolicySpec = msgspec.field(default_factory=NetworkPolicySpec)


class IngressBackendService(Part):
    name: str = ""


class IngressBackend(Part):
    service: IngressBackendService | None = None


class IngressPath(Part):
    backend: IngressBackend | None = None


class IngressHttp(Part):
    paths: list[IngressPath] | None = None


class IngressRule(Part):
    host: str = ""
    http: IngressHttp | None = None


class IngressSpec(Part):
    rules: list[IngressRule] | None = None
    tls: list[Any] | None = None


class Ingress(Obj):
    spec: IngressSpec = msgspec.field(default_factory=IngressSpec)


class WebhookService(Part):
    namespace: str = ""
    name: str = ""


class WebhookClient(Part):
    url: str | None = None
    service: WebhookService | None = None


class WebhookRule(Part):
    operations: list[str] | None = None
    api_groups: list[str] | None = None
    resources: list[str] | None = None


class Webhook(Part):
    name: str = ""
    client_config: WebhookClient = msgspec.field(default_factory=WebhookClient)
    failure_policy: str | None = None
    rules: list[WebhookRule] | None = None
    namespace_selector: LabelSelector | None = None


class WebhookConfiguration(Obj):
    """MutatingWebhookConfiguration or ValidatingWebhookConfiguration."""

    webhooks: list[Webhook] | None = None
