"""Names of Kubernetes objects and of the kinds the product knows.

Raw values: a name out of an audit event may hold anything an attacker could send.
"""

from __future__ import annotations

import msgspec


class ResourceRef(msgspec.Struct, frozen=True, order=True):
    """One object of one cluster. `uid` "" means: whichever object has this name."""

    cluster: str = ""
    """Cluster id (uid of the kube-system namespace)."""
    group: str = ""
    kind: str = ""
    """Kind as Kubernetes spells it (`Pod`); `User` and `Group` for identities that are no objects."""
    namespace: str = ""
    name: str = ""
    uid: str = ""

    def __str__(self) -> str:
        """`pod/web -n shop` style is for the command line; this is the short form `shop/web`."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the object is called, whichever incarnation: group, kind, namespace, name."""
        return (self.group, self.kind, self.namespace, self.name)


class Kind(msgspec.Struct, frozen=True):
    """One kind of object and how the API names it."""

    kind: str
    plural: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    short: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """`/api/v1` or `/apis/GROUP/VERSION`."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def path(self, namespace: str = "", name: str = "", sub: str = "") -> str:
        """URL path of the collection, of one object, or of its subresource. Values are percent-encoded."""
        from urllib.parse import quote

        parts = [self.prefix]
        if self.namespaced and namespace:
            parts += ["namespaces", quote(namespace, safe="")]
        parts.append(self.plural)
        if name:
            parts.append(quote(name, safe=""))
        if sub:
            parts.append(sub)
        return "/".join(parts)

    def ref(self, namespace: str, name: str, uid: str = "", cluster: str = "") -> ResourceRef:
        """A reference to an object of this kind."""
        return ResourceRef(cluster, self.group, self.kind, namespace if self.namespaced else "", name, uid)


_RBAC, _APPS, _NET = "rbac.authorization.k8s.io", "apps", "networking.k8s.io"

KINDS: tuple[Kind, ...] = (
    Kind("Pod", "pods", short=("po",)),
    Kind("Node", "nodes", namespaced=False, short=("no",)),
    Kind("Namespace", "namespaces", namespaced=False, short=("ns",)),
    Kind("Deployment", "deployments", _APPS, short=("deploy", "dp")),
    Kind("ReplicaSet", "replicasets", _APPS, short=("rs",)),
    Kind("StatefulSet", "statefulsets", _APPS, short=("sts",)),
    Kind("DaemonSet", "daemonsets", _APPS, short=("ds",)),
    Kind("Job", "jobs", "batch"),
    Kind("CronJob", "cronjobs", "batch", short=("cj",)),
    Kind("Service", "services", short=("svc",)),
    Kind("EndpointSlice", "endpointslices", "discovery.k8s.io", short=("eps",)),
    Kind("Ingress", "ingresses", _NET, short=("ing",)),
    Kind("NetworkPolicy", "networkpolicies", _NET, short=("netpol", "np")),
    Kind("ServiceAccount", "serviceaccounts", short=("sa",)),
    Kind("Role", "roles", _RBAC),
    Kind("RoleBinding", "rolebindings", _RBAC, short=("rb",)),
    Kind("ClusterRole", "clusterroles", _RBAC, namespaced=False, short=("cr",)),
    Kind("ClusterRoleBinding", "clusterrolebindings", _RBAC, namespaced=False, short=("crb",)),
    Kind("Event", "events", short=("ev",)),
    Kind("PodDisruptionBudget", "poddisruptionbudgets", "policy", short=("pdb",)),
    Kind(
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        "admissionregistration.k8s.io",
        namespaced=False,
        short=("mwc",),
    ),
    Kind(
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        "admissionregistration.k8s.io",
        namespaced=False,
        short=("vwc",),
    ),
    Kind(
        "CertificateSigningRequest",
        "certificatesigningrequests",
        "certificates.k8s.io",
        namespaced=False,
        short=("csr",),
    ),
    Kind("ConfigMap", "configmaps", short=("cm",)),
    Kind("Secret", "secrets", short=("sec",)),
)
"""Every kind that is watched or asked for. Secrets and configmaps only ever as metadata."""

BY_KIND: dict[str, Kind] = {kind.kind: kind for kind in KINDS}
BY_WORD: dict[str, Kind] = {
    word.lower(): kind for kind in KINDS for word in (kind.kind, kind.plural, kind.kind + "s", *kind.short)
}
"""What a person may type after `:` or before the slash, lower case."""
BY_RESOURCE: dict[tuple[str, str], Kind] = {(kind.group, kind.plural): kind for kind in KINDS}
