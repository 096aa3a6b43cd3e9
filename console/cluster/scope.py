"""What one watch asks for: a kind, in one namespace or all, whole or as metadata, with a field selector or none."""

from __future__ import annotations

import msgspec

from console.model.objects import Obj, SecretMeta
from console.model.ref import Kind
from console.ports.cluster import Request

_AS = "application/json;as={};g=meta.k8s.io;v=v1"
_METADATA_ONLY = frozenset({"Secret", "ConfigMap"})
TOKEN_TYPE = "kubernetes.io/service-account-token"


class Scope(msgspec.Struct, frozen=True):
    """One list and watch."""

    kind: Kind
    namespace: str = ""
    fields: str = ""
    """Field selector."""
    stamp: str = ""
    """Type that every secret of this scope has: a metadata answer does not say it."""

    @property
    def name(self) -> str:
        """Unique among the scopes of a kind."""
        return f"{self.namespace}?{self.fields}"

    @property
    def metadata_only(self) -> bool:
        """Whether values must never arrive."""
        return self.kind.kind in _METADATA_ONLY

    @property
    def wire_kind(self) -> str:
        """The kind the server writes."""
        return "PartialObjectMetadata" if self.metadata_only else self.kind.kind

    def listing(self, limit: int, token: str) -> Request:
        """One page."""
        query = [("limit", str(limit))] + ([("continue", token)] if token else [])
        return self._request(query, "PartialObjectMetadataList")

    def watching(self, version: str, seconds: int) -> Request:
        """The watch from a version on."""
        query = [
            ("watch", "true"),
            ("resourceVersion", version),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(seconds)),
        ]
        return self._request(query, "PartialObjectMetadata")

    def ours(self, obj: Obj) -> bool:
        """Whether an object of the kind belongs to this scope."""
        if self.namespace and obj.metadata.namespace != self.namespace:
            return False
        return not isinstance(obj, SecretMeta) or obj.type == self.stamp

    def _request(self, query: list[tuple[str, str]], partial: str) -> Request:
        if self.fields:
            query.append(("fieldSelector", self.fields))
        accept = _AS.format(partial) if self.metadata_only else "application/json"
        return Request("GET", self.kind.path(self.namespace), tuple(query), accept=accept)


def scopes(kind: Kind, namespace: str = "") -> tuple[Scope, ...]:
    """The scopes that together are a kind: two for secrets, since only a field selector tells their type."""
    if kind.kind != "Secret":
        return (Scope(kind, namespace),)
    return (
        Scope(kind, namespace, f"type!={TOKEN_TYPE}"),
        Scope(kind, namespace, f"type={TOKEN_TYPE}", TOKEN_TYPE),
    )
