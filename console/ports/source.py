"""The source port: something that turns foreign records into signals, and says honestly how it is.

A source survives any malformed record (counted, never raised), resumes exactly where it was, holds bounded memory
and backs off with jitter. It never decides what is suspicious.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import msgspec

from console.model.audit import AuditEvent
from console.model.runtime import Sensed
from console.model.signal import Change, Measure, SourceHealth

Signal = AuditEvent | Change | Measure | Sensed


class Batch(msgspec.Struct, frozen=True):
    """Signals that arrived together."""

    source: str
    signals: Sequence[Signal]
    position: str = ""
    """Where to go on after these, as the source itself writes it; "" if it cannot resume."""
    raw: Sequence[bytes] = ()
    """The record behind each signal as it came, same order; () where there is none."""


class Sink(Protocol):
    """Where sources put what they read."""

    async def put(self, batch: Batch) -> None:
        """Hand over; waits while the pipeline is full (back-pressure)."""
        ...

    def health(self, health: SourceHealth) -> None:
        """Say how the source is; called on every change of state and at least every 10 s while it runs."""
        ...


class Source(Protocol):
    """One source of signals."""

    name: str
    """Unique, short, for the header: `audit`, `audit:2`, `prometheus`."""

    async def run(self, sink: Sink, position: str) -> None:
        """Read for ever from `position` ("" for the configured start). Ends by cancellation, cleaning up."""
        ...


@runtime_checkable
class Asked(Protocol):
    """A source that also answers one shipped query at a time, for whoever needs the answer now."""

    async def ask(self, query: str) -> tuple[Measure, ...] | None:
        """Series of a shipped query; None when the server does not have its metrics. Raises `SourceError`."""
        ...
