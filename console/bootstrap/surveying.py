"""Reads every object that a posture scan looks at from the API server: lists only, page by page, no secret among them.

Out: the objects, the server's version, and a sentence for each kind that could not be read.
"""

from __future__ import annotations

import msgspec

from console.bootstrap.visiting import visit
from console.cluster.decoding import Garbage, KindDecoder, Page
from console.cluster.listing import Listing
from console.cluster.scope import Scope
from console.config.options import Options
from console.errors import ApiStatus, BadInput
from console.model.ref import BY_KIND, Kind
from console.posture.manifest import Manifest, manifests_of

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
                listing = Listing(Scope(kind, namespace), cluster.send, Whole(kind))
                try:
                    found += [one async for some in listing.slices() for one in some]
                except ApiStatus as error:
                    faults.append(f"{kind.plural} are not judged: {error}")
                if listing.garbage:
                    faults.append(f"{listing.garbage} {kind.plural} are not judged: they could not be read")
    wanted = options.namespaces
    if wanted:
        found = [one for one in found if one.kind != "Namespace" or one.name in wanted]
    return Survey(found, info.version, faults)


class Whole:
    """Objects of one kind as they are, but for what no look reads."""

    def __init__(self, kind: Kind) -> None:
        self._pages = KindDecoder(kind.kind)
        self._kind, self._version = kind.kind, f"{kind.group}/{kind.version}" if kind.group else kind.version

    def page(self, body: bytes) -> Page:
        """One page. Raises `Garbage`."""
        return self._pages.page(body)

    def item(self, raw: msgspec.Raw) -> Manifest:
        """One object. Raises `Garbage`."""
        try:
            (one,) = manifests_of(msgspec.json.decode(raw), "", self._kind, self._version)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, BadInput) as error:
            raise Garbage(f"An object of the API server is not readable: {error}.") from error
        _prune(one)
        return one


def _prune(one: Manifest) -> None:
    """Drops what no look reads and is most of an object: what controllers reported, and who set which field."""
    one.body.pop("status", None)
    metadata = one.at("metadata")
    metadata.pop("managedFields", None)
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        annotations.pop(_LAST_APPLIED, None)
