"""One object as it was sent or stored, and the few things every look asks of it. Raw values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from console.errors import BadInput
from console.model.weakness import Weakness


class Manifest(msgspec.Struct, frozen=True):
    """One object."""

    kind: str
    group: str
    namespace: str
    name: str
    body: dict[str, Any]
    where: str = ""
    """File and document it was read from, for messages."""

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    def weak(self, standard: str, control: str, message: str, field: str = "") -> Weakness:
        """A weakness of this object."""
        return Weakness(str(self), standard, control, message, field)

    def fault(self, error: Exception) -> str:
        """A sentence about what no API server would decode."""
        return f"{f'{self.where}: ' if self.where else ''}{self}: {error}. No API server would take it."

    def at(self, *path: str) -> dict[str, Any]:
        """The mapping at a path, empty where there is none."""
        found: Any = self.body
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}


def manifests_of(document: Any, where: str = "", kind: str = "", version: str = "") -> Iterator[Manifest]:
    """The objects of one document: a list's items, else itself.

    Args:
        kind: of the items of a typed list, whose items need not say it.
        version: `apiVersion` likewise.

    Raises:
        BadInput: it is no object of Kubernetes.
    """
    if not isinstance(document, dict):
        raise BadInput(f"{where}: no object of Kubernetes but {type(document).__name__}; see that it is a manifest")
    kind = document.get("kind") or kind
    version = document.get("apiVersion") or version
    if not isinstance(kind, str) or not isinstance(version, str) or not kind:
        raise BadInput(f"{where}: no `kind`; see that it is a manifest of Kubernetes")
    if kind.endswith("List") and isinstance(document.get("items"), list):
        inner = kind.removesuffix("List")
        for number, item in enumerate(document["items"]):
            yield from manifests_of(item, f"{where} item {number}", inner, version)
        return
    yield _manifest(document, kind, version, where)


def _manifest(body: dict[str, Any], kind: str, version: str, where: str) -> Manifest:
    metadata = body.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise BadInput(f"{where}: `metadata` is no mapping; see that it is a manifest of Kubernetes")
    named = {name: value for name, value in (metadata or {}).items() if isinstance(value, str)}
    group = version.partition("/")[0] if "/" in version else ""
    name = named.get("name") or named.get("generateName", "")
    return Manifest(kind, group, named.get("namespace", ""), name, body, where)
