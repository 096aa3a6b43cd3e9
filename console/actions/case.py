"""What every part of the runner is given: the ports of one incident."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from console.actions.chronicle import Chronicle
from console.actions.names import Names
from console.actions.registry import Registry
from console.hygiene.exporting import Exporter
from console.model.state import IncidentState
from console.ports.clock import Clock
from console.ports.cluster import Cluster
from console.ports.facts import Book
from console.ports.journal import EvidenceStore
from console.ports.silences import Silences

Arrived = Callable[[str], int | None]
"""HTTP status with which the audit record shows a write of ours by its Audit-ID; None when it does not show it."""


class Case(msgspec.Struct, frozen=True):
    """One incident's means."""

    cluster: Cluster
    chronicle: Chronicle
    evidence: EvidenceStore
    export: Exporter
    clock: Clock
    registry: Registry
    book: Book
    names: Names
    arrived: Arrived = lambda audit_id: None
    silences: Silences | None = None
    """None where no Alertmanager is configured."""
    incident: str = ""
    """Its id."""

    @property
    def state(self) -> IncidentState:
        """The incident as the journal tells it now."""
        return self.chronicle.state
