"""The audit log the API server writes to a file: followed through rotation, decoded, handed on with exact positions.

In: lines of `audit.k8s.io` events (or lists, or a cloud's envelope). Out: batches of `AuditEvent`, and health. What an
event means is decided elsewhere.
"""

from __future__ import annotations

from pathlib import Path

from console.ports.clock import Clock
from console.sources.follower import Followed


class AuditFile(Followed):
    """One audit log file. Implements `console.ports.source.Source`."""

    def __init__(self, name: str, path: Path, clock: Clock, since: float | None = None, form: str = "auto") -> None:
        super().__init__(name, path, clock, since, form, "is the audit log written there?")
