"""Tetragon: programs that were started, connections and policies that caught something, out of its export file.

In: lines of its JSON export. Out: batches of `Process`, `Flow` and `Alert`, and health. What they mean is decided
elsewhere.
"""

from __future__ import annotations

from pathlib import Path

from console.ports.clock import Clock
from console.sources.follower import Followed


class TetragonFile(Followed):
    """One export file. Implements `console.ports.source.Source`."""

    def __init__(self, name: str, path: Path, clock: Clock, since: float | None = None) -> None:
        super().__init__(name, path, clock, since, "tetragon", "does Tetragon export there (tetragon.exportFilename)?")
