"""The audit log the API server writes to a file: followed through rotation, decoded, handed on with exact positions.

In: lines of `audit.k8s.io` events (or lists, or a cloud's envelope). Out: batches of `AuditEvent`, and health. What an
event means is decided elsewhere.
"""

from __future__ import annotations

from pathlib import Path

from console.ports.clock import Clock
from console.ports.source import Sink
from console.sources.follower import Trail


class AuditFile:
    """One audit log file. Implements `console.ports.source.Source`.

    Args:
        name: of the source, for the header.
        path: the live file; rotated parts beside it are found by its name.
        clock: drives the polling.
        since: without a stored position, also read the rotated parts written after this time (epoch seconds), and leave
            out older events. Without it the live file is read from its beginning: the breach began before we did.
        form: format of the records, see `console.model.envelopes.reading.FORMATS`.
    """

    def __init__(self, name: str, path: Path, clock: Clock, since: float | None = None, form: str = "auto") -> None:
        self.name = name
        self.trail = Trail(name, path, clock, since, form)

    async def run(self, sink: Sink, position: str) -> None:
        """Follow the file for ever; ends by cancellation."""
        await self.trail.run(sink, position)
