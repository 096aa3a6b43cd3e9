"""A whole war room over a drill: engine, journal on disk, one seat, all on one clock that runs fast."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from console import __version__
from console.actions.catalogue import all_actions
from console.cluster.live import LiveCluster
from console.drill.pacing import PacedClock
from console.drill.scenario import load
from console.drill.simulation import Drill
from console.hygiene.exporting import Exporter
from console.incident.engine import Engine, Parts
from console.incident.session import LocalSession
from console.journal.evidence import FileEvidence, Limits
from console.journal.findings import FindingStore
from console.journal.folder import IncidentFolder
from console.journal.sqlite import SqliteJournal
from console.model.entry import Entry
from console.ports.clock import SystemClock
from console.ports.session import PROTOCOL, Hello
from console.rules.offline import shipped_rules
from console.sources.audit_file import AuditFile

PACE = 50.0


class Room(msgspec.Struct):
    """What a test of a drill works with."""

    drill: Drill
    engine: Engine
    session: LocalSession
    clock: PacedClock

    def read(self) -> Iterable[Entry]:
        """The journal."""
        return self.engine.chronicle.journal.read()


@asynccontextmanager
async def room(tmp_path: Path, seed: int = 1, pace: float = PACE, audit: Path | None = None) -> AsyncIterator[Room]:
    """A drill with an engine that watches it and one seat at the engine. `audit`: a log file it follows as well."""
    clock = PacedClock(SystemClock(), pace)
    drill = Drill(load("shop"), seed, clock)
    folder = IncidentFolder(tmp_path, "inc-drill", None)
    secret = folder.secret()
    cluster = LiveCluster(drill.transport, clock, secret, ())
    parts = Parts(
        incident="inc-drill",
        cluster=cluster,
        journal=SqliteJournal(folder.journal),
        evidence=FileEvidence(folder.evidence, Limits()),
        store=FindingStore(folder.findings),
        secret=secret,
        rules=shipped_rules(),
        registry=all_actions(),
        clock=clock,
        export=Exporter(secret),
        sources=(drill.source, *([AuditFile("audit:2", audit, clock)] if audit else [])),
        drill=True,
        background=(clock.run(), drill.run()),
    )
    cluster.start()
    engine = Engine(parts)
    await engine.start()
    session = LocalSession(engine, 1000)
    await session.open(Hello(PROTOCOL, __version__, "ann"))
    try:
        yield Room(drill, engine, session, clock)
    finally:
        await session.close()
        await engine.close()
