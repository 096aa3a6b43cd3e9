"""Reads every object that a posture scan looks at from the API server: lists only, page by page, no secret among them.

Out: the objects, the server's version, and a sentence for each kind that could not be read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from console.bootstrap.visiting import visit
from console.cluster.failures import status_error
from console.config.options import Options
from console.errors import ApiStatus
from console.model.ref import BY_KIND, Kind
from console.ports.cluster import Cluster, Request
from console.posture.manifest import Manifest, manifests_of

_PAGE = 500
_WITHIN = 60.0
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_KNOWN = (
    "Namespace ServiceAccount Pod ReplicaSet Deployment StatefulSet DaemonSet Job CronJob Service Ingress "
    "NetworkPolicy Role RoleBinding ClusterRole ClusterRoleBinding "
    "MutatingWebhookConfiguration ValidatingWebhookConfiguration"
)
KINDS: tuple[Kind, ...] = (
    *(BY_KIND[name] for name in _KNOWN.split()),
    Kind("ReplicationController", "replicationcontrollers"),
    Kind("PodTemplate", "podtemplates"),
    Kind("CustomResourceDefinition", "customresourcedefinitions", "apiextensions.k8s.io", namespaced=False),
)


class Survey(msgspec.Struct, frozen=True):
    """What is there."""

    manifests: list[Manifest]
    version: str
    """The server's, as it writes it."""
    faults: list[str]


async def survey(options: Options) -> Survey:
    """The cluster of these options, or the namespaces they name. Raises `ClusterError` when it cannot be reached."""
    found: list[Manifest] = []
    faults: list[str] = []
    async with visit(options) as cluster:
        info = await cluster.identify()
        for kind in KINDS:
            for namespace in options.namespaces if kind.namespaced and options.namespaces else ("",):
                try:
                    found += [one async for one in _list(cluster, kind, namespace)]
                except ApiStatus as error:
                    faults.append(f"{kind.plural} are not judged: {error}")
    wanted = options.namespaces
    if wanted:
        found = [one for one in found if one.kind != "Namespace" or one.name in wanted]
    return Survey(found, info.version, faults)


async def _list(cluster: Cluster, kind: Kind, namespace: str) -> AsyncIterator[Manifest]:
    token = ""
    while True:
        query = (("limit", str(_PAGE)), *((("continue", token),) if token else ()))
        reply = await cluster.send(Request("GET", kind.path(namespace), query), _WITHIN)
        if reply.status != 200:
            raise status_error(reply, f"list {kind.plural}")
        page = reply.json()
        for one in manifests_of(page, kind.plural):
            _prune(one)
            yield msgspec.structs.replace(one, where="")
        token = (page.get("metadata") or {}).get("continue") or ""
        if not token:
            return


def _prune(one: Manifest) -> None:
    """Drops what no look reads and is most of an object: what controllers reported, and who set which field."""
    one.body.pop("status", None)
    metadata = one.at("metadata")
    metadata.pop("managedFields", None)
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        annotations.pop(_LAST_APPLIED, None)
