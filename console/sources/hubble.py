"""Cilium Hubble: flows out of the file its exporter writes, or of `hubble observe -o jsonpb` written into one.

In: lines of JSON. Out: batches of `Flow`, and health. What they mean is decided elsewhere. Fields that a field mask of
the exporter took away are not there.
"""

from __future__ import annotations

from pathlib import Path

from console.ports.clock import Clock
from console.sources.follower import Followed


class HubbleFile(Followed):
    """One export file. Implements `console.ports.source.Source`."""

    def __init__(self, name: str, path: Path, clock: Clock, since: float | None = None) -> None:
        super().__init__(name, path, clock, since, "hubble", "does Cilium export there (hubble.export)?")
