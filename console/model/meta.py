"""Pruned Kubernetes objects: only what checks, plans and panes read. Decoded straight from API JSON.

Everything else of an object is dropped at decode; the full object is fetched when planning. Fields have defaults,
so a strange object never fails to decode for a missing field. `gc=False`: no object can take part in a cycle.
"""

from __future__ import annotations

import msgspec


class Part(msgspec.Struct, rename="camel", gc=False):
    """Base of all parts: camelCase names, no cycle collection."""


class ManagedField(Part):
    """Who set fields, how and when; the fields themselves are not kept."""

    manager: str = ""
    operation: str = ""
    time: str | None = None
    subresource: str = ""


class OwnerReference(Part):
    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class Metadata(Part):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    """Without `kubectl.kubernetes.io/last-applied-configuration`, which may hold secrets."""
    owner_references: list[OwnerReference] | None = None
    managed_fields: list[ManagedField] | None = None

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that manages this object, if any."""
        return next((owner for owner in self.owner_references or () if owner.controller), None)


class Obj(Part):
    """Any object, as metadata."""

    metadata: Metadata = msgspec.field(default_factory=Metadata)


class LabelRequirement(Part):
    key: str = ""
    operator: str = ""
    values: list[str] | None = None


class LabelSelector(Part):
    match_labels: dict[str, str] | None = None
    match_expressions: list[LabelRequirement] | None = None


class Condition(Part):
    type: str = ""
    status: str = ""
    reason: str = ""
    last_transition_time: str | None = None


class KeyRef(Part):
    name: str = ""


class TargetRef(Part):
    kind: str = ""
    name: str = ""
    namespace: str = ""
    uid: str = ""
