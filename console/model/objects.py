"""All pruned objects in one place, and which Struct each kind decodes to."""

from __future__ import annotations

from console.model.access import Binding, Role, SecretMeta, ServiceAccount, SigningRequest
from console.model.meta import Metadata, Obj, OwnerReference
from console.model.network import EndpointSlice, Ingress, NetworkPolicy, Service, WebhookConfiguration
from console.model.workload import Budget, Container, Event, Node, Pod, Workload

_WORKLOAD_KINDS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob")

TYPES: dict[str, type[Obj]] = {
    "Pod": Pod,
    "Node": Node,
    "Service": Service,
    "EndpointSlice": EndpointSlice,
    "NetworkPolicy": NetworkPolicy,
    "ServiceAccount": ServiceAccount,
    "Role": Role,
    "ClusterRole": Role,
    "RoleBinding": Binding,
    "ClusterRoleBinding": Binding,
    "Event": Event,
    "PodDisruptionBudget": Budget,
    "MutatingWebhookConfiguration": WebhookConfiguration,
    "ValidatingWebhookConfiguration": WebhookConfiguration,
    "CertificateSigningRequest": SigningRequest,
    "Ingress": Ingress,
    "Secret": SecretMeta,
    **dict.fromkeys(_WORKLOAD_KINDS, Workload),
}
"""Struct of each kind; a kind not listed is `Obj`."""

__all__ = [
    "TYPES",
    "Binding",
    "Budget",
    "Container",
    "EndpointSlice",
    "Event",
    "Ingress",
    "Metadata",
    "NetworkPolicy",
    "Node",
    "Obj",
    "OwnerReference",
    "Pod",
    "Role",
    "SecretMeta",
    "Service",
    "ServiceAccount",
    "SigningRequest",
    "WebhookConfiguration",
    "Workload",
]
