"""What a source hands to the pipeline. Audit events (`console.model.audit`) are signals of their own."""

from __future__ import annotations

import msgspec

from console.model.ref import ResourceRef


class Change(msgspec.Struct, frozen=True):
    """A watched object appeared, changed or went."""

    verb: str
    """`created`, `updated` or `deleted`; `listed` when it was there before we were."""
    ref: ResourceRef
    at: float
    """Epoch seconds: the object's own time if it says one, else when we saw it."""
    manager: str = ""
    """Newest field manager, the only hint at *who* without an audit trail."""
    summary: str = ""


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
