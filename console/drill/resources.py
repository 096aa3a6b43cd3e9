"""Which resources the simulated API server serves, and what a request path names.

In: a URL path. Out: an `Address`, or the failure a real server gives (404), or 501 for what a real server has and
the drill does not play.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import msgspec

from console.drill.statuses import Failure, not_played, unknown_path, unknown_resource
from console.model.ref import KINDS, Kind

Body = dict[str, Any]
"""A Kubernetes object as JSON decodes it."""

SERVED: tuple[Kind, ...] = (
    *KINDS,
    Kind("HorizontalPodAutoscaler", "horizontalpodautoscalers", "autoscaling", "v2"),
    Kind("PersistentVolumeClaim", "persistentvolumeclaims"),
)
SCALED = frozenset({"Deployment", "ReplicaSet", "StatefulSet"})
"""Kinds with a scale subresource."""
_WITH_GENERATION = (
    "Deployment ReplicaSet StatefulSet DaemonSet Job CronJob NetworkPolicy PodDisruptionBudget Ingress Pod "
    "EndpointSlice MutatingWebhookConfiguration ValidatingWebhookConfiguration"
)
GENERATED = frozenset(_WITH_GENERATION.split())
"""Kinds whose metadata.generation counts changes of spec."""
RETURNED = frozenset({"Pod", "Service", "ServiceAccount", "PersistentVolumeClaim"})
"""Kinds whose DELETE answers with the object instead of a Status."""

_BY_PATH = {(kind.group, kind.version, kind.plural): kind for kind in SERVED}
_BY_NAME = {kind.kind: kind for kind in SERVED}
_BUILT_IN = {
    "": "bindings componentstatuses endpoints limitranges persistentvolumes podtemplates replicationcontrollers "
    "resourcequotas",
    "apps": "controllerrevisions",
    "policy": "",
    "batch": "",
    "coordination.k8s.io": "leases leasecandidates",
    "storage.k8s.io": "storageclasses volumeattachments csidrivers csinodes csistoragecapacities",
    "scheduling.k8s.io": "priorityclasses",
    "node.k8s.io": "runtimeclasses",
    "networking.k8s.io": "ingressclasses ipaddresses servicecidrs",
    "admissionregistration.k8s.io": "validatingadmissionpolicies validatingadmissionpolicybindings "
    "mutatingadmissionpolicies mutatingadmissionpolicybindings",
    "apiextensions.k8s.io": "customresourcedefinitions",
    "apiregistration.k8s.io": "apiservices",
    "events.k8s.io": "events",
    "authorization.k8s.io": "localsubjectaccessreviews",
    "authentication.k8s.io": "tokenreviews",
}
_GROUPS = frozenset(_BUILT_IN) | {kind.group for kind in SERVED}
_SUBRESOURCES = {
    "Pod": {"log", "status", "exec", "attach", "portforward", "ephemeralcontainers", "eviction", "binding", "proxy"},
    "Node": {"status", "proxy"},
    "ServiceAccount": {"token"},
    "CertificateSigningRequest": {"approval", "status"},
    "Service": {"status", "proxy"},
}
_PLAYED_SUBRESOURCES = {
    "log",
    "status",
    "exec",
    "scale",
    "token",
    "approval",
    "proxy",
    "binding",
    "attach",
    "eviction",
    "",
}


class Address(msgspec.Struct, frozen=True):
    """What a path names."""

    kind: Kind
    namespace: str = ""
    name: str = ""
    sub: str = ""
    rest: str = ""
    """What follows a proxy subresource."""

    @property
    def scope(self) -> str:
        """The namespace as authorization and audit see it: a Namespace lies in itself."""
        return self.name if self.kind.kind == "Namespace" else self.namespace

    @property
    def named(self) -> str:
        """`pods` or `pods/log`, as authorization sees it."""
        return f"{self.kind.plural}/{self.sub}" if self.sub else self.kind.plural


def kind_named(name: str) -> Kind:
    """The served kind of that name."""
    return _BY_NAME[name]


def api_version(kind: Kind) -> str:
    """`apps/v1` or `v1`."""
    return f"{kind.group}/{kind.version}" if kind.group else kind.version


def locate(path: str) -> Address:
    """The address of a resource path. Raises `Failure` 404 or 501."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        raise unknown_path()
    if group not in _GROUPS:
        raise unknown_path()
    namespace = ""
    if rest[0] == "namespaces" and len(rest) >= 3 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    kind = _BY_PATH.get((group, version, rest[0]))
    if kind is None:
        raise _absent(group, rest[0])
    name, sub = (rest[1] if len(rest) > 1 else ""), (rest[2] if len(rest) > 2 else "")
    if sub:
        _check_subresource(kind, sub)
    return Address(kind, namespace, name, sub, "/".join(rest[3:]))


def _absent(group: str, plural: str) -> Failure:
    if plural in _BUILT_IN.get(group, "").split():
        return not_played(f"{plural}.{group}" if group else plural)
    return unknown_resource()


def _check_subresource(kind: Kind, sub: str) -> None:
    known = _SUBRESOURCES.get(kind.kind, {"status"} | ({"scale"} if kind.kind in SCALED else set()))
    if sub not in known:
        raise unknown_resource()
    if sub not in _PLAYED_SUBRESOURCES:
        raise not_played(f"{kind.plural}/{sub}")
