"""A source that is one growing file: what sources of several formats have in common.

In: a path and the format of its records. Out: batches of signals with exact positions, and health.
"""

from __future__ import annotations

from pathlib import Path

from console.ports.clock import Clock
from console.ports.source import Sink
from console.sources.follower.trail import Trail


class Followed:
    """One file. Implements `console.ports.source.Source`.

    Args:
        name: of the source, for the header.
        path: the live file; rotated parts beside it are found by its name.
        clock: drives the polling.
        since: without a stored position, also read the rotated parts written after this time (epoch seconds), and leave
            out older events. Without it the live file is read from its beginning: the breach began before we did.
        form: format of the records, see `console.model.envelopes.reading.FORMATS`.
        hint: what to look at while there is no such file.
    """

    def __init__(self, name: str, path: Path, clock: Clock, since: float | None, form: str, hint: str) -> None:
        self.name = name
        self.trail = Trail(name, path, clock, since, form, ("absent", f"{path} does not exist; {hint}"))

    async def run(self, sink: Sink, position: str) -> None:
        """Follow the file for ever; ends by cancellation."""
        await self.trail.run(sink, position)
