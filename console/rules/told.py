"""Which writes the audit trail told of lately, whole enough to be judged there: the watch need not tell them again.

In: audit events. Out: whether a change that a watch saw is one of them. A trail that leaves bodies out (`Metadata`)
does not tell what was written: then the watch does. Bounded memory; what is forgotten counts as not told.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from console.model.audit import AuditEvent
from console.model.instants import seconds
from console.model.ref import BY_KIND, ResourceRef

NEAR = 300.0
"""Seconds between an object's own time and that of the request: clocks differ, and one write follows another."""
MOST = 20_000
_WRITES = frozenset({"create", "update", "patch"})
_DELETES = frozenset({"delete", "deletecollection"})
_ALL = _WRITES | _DELETES
_OBJECT = frozenset({"", "approval", "ephemeralcontainers", "resize", "scale"})
"""Subresources that change what is wanted of an object."""

Key = tuple[str, str, str, str]
"""API group, resource in the plural, namespace, name ("" where the request names none: a generated name)."""


class Told:
    """Feeds on every audit event."""

    def __init__(self) -> None:
        self._told: OrderedDict[Key, str] = OrderedDict()

    def feed(self, batch: Sequence[AuditEvent]) -> None:
        """Remember the writes among these events."""
        for event in batch:
            if event.verb in _ALL and _is_whole(event):
                on = event.object_ref
                if on is not None and on.subresource in _OBJECT:
                    self._remember((on.api_group, on.resource, on.namespace, on.name), event.stage_timestamp)

    def _remember(self, key: Key, at: str) -> None:
        self._told[key] = max(at, self._told.get(key, ""))
        self._told.move_to_end(key)
        if len(self._told) > MOST:
            self._told.popitem(last=False)

    def knows(self, ref: ResourceRef, at: float) -> bool:
        """Whether the trail told of a write of this object at about this time (epoch seconds)."""
        kind = BY_KIND.get(ref.kind)
        if kind is None:
            return False
        # A request for one namespace stands under that namespace, one that makes it under none.
        spaces = ("", ref.name) if ref.kind == "Namespace" else (ref.namespace,)
        keys = ((kind.group, kind.plural, space, name) for space in spaces for name in (ref.name, ""))
        times = (seconds(self._told.get(key, "")) for key in keys)
        return any(told is not None and abs(told - at) <= NEAR for told in times)


def _is_whole(event: AuditEvent) -> bool:
    """Whether it was carried out, and says what was written."""
    status = event.response_status
    if event.stage == "RequestReceived" or (status is not None and status.code >= 400):
        return False
    if event.verb in _DELETES:
        return True
    return len(memoryview(event.request_object)) > 0 or len(memoryview(event.response_object)) > 0
