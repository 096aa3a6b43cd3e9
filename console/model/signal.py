"""What a source hands to the pipeline. Audit events (`console.model.audit`) are signals of their own."""

from __future__ import annotations

import msgspec

from console.model.objects import Obj
from console.model.ref import ResourceRef


class Change(msgspec.Struct, frozen=True):
    """A watched object appeared, changed in what is wanted of it, or went."""

    verb: str
    """`created`, `updated` or `deleted`."""
    ref: ResourceRef
    at: float
    """Epoch seconds: the object's own time if it says one, else when we saw it."""
    manager: str = ""
    """Newest field manager, the only hint at *who* without an audit trail. Any client may choose the name."""
    object: Obj | None = None
    """As it is now, as it was last if it is gone."""
    before: Obj | None = None
    """As it was, of one that was changed."""
    owned: bool = False
    """The controller it says it belongs to is there: made or kept by that, not by hand."""

    @property
    def id(self) -> str:
        """The same however often it is told: of an object that is new its uid, else with the version it has now."""
        if self.object is None or self.verb == "created":
            return self.ref.uid
        return f"{self.ref.uid}@{self.object.metadata.resource_version}"


class Measure(msgspec.Struct, frozen=True):
    """One series of a metric query."""

    query: str
    labels: tuple[tuple[str, str], ...]
    value: float
    at: float


class SourceHealth(msgspec.Struct, frozen=True):
    """How a source is: silence is never shown as calm."""

    name: str
    state: str
    """`live`, `loading`, `stale`, `forbidden`, `absent`, `failed` or `ended` (an offline file read to its end)."""
    since: float
    """Epoch seconds at which this state began."""
    why: str = ""
    lag: float = 0.0
    """Seconds between the newest record's own time and its arrival."""
    backlog: int = 0
    malformed: int = 0
    dropped: int = 0
    gaps: tuple[tuple[float, float], ...] = ()
    """Known holes in the record: from, to (epoch seconds), newest last, at most 20."""
    note: str = ""
    """What is worth knowing and wrong with nothing."""
