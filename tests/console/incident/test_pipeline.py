"""The one writer: findings and positions are saved together, a batch half taken in leaves nothing on disk."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from console.errors import JournalError
from console.incident.pipeline import LEDGER, SLICE, FindingStore, Pipeline
from console.journal.findings import FindingStore as Store
from console.model.audit import AuditEvent
from console.model.finding import Finding, Target
from console.model.identity import Identity
from console.model.ref import BY_KIND
from console.model.runtime import Process, Sensed
from console.model.severity import Severity
from console.model.signal import Change, Measure, SourceHealth
from console.ports.clock import ManualClock
from console.ports.source import Batch
from console.ports.tasks import Tasks
from console.rules.ledger import StreamLedger
from tests.console.rules.events import read

JANE = {"username": "jane"}


class Counting:
    """Matches everything as one finding that counts."""

    def __init__(self, fails: int = 0) -> None:
        self.count = 0
        self.raw: list[bytes] = []
        self.sensed: list[tuple[Sensed, bytes]] = []
        self.measures: list[Measure] = []
        self.changes: list[Change] = []
        self.fails = fails

    def feed(self, batch: Sequence[AuditEvent], raw: Sequence[bytes] = (), source: str = "") -> list[Finding]:
        if self.fails:
            self.fails -= 1
            raise KeyError("a rule's defect")
        self.count += len(batch)
        self.raw += raw
        return [Finding("all", "everything", Severity.HIGH, Identity("eve"), Target(), 1.0, 2.0, self.count)]

    def sense(self, batch: Sequence[Sensed], raw: Sequence[bytes] = (), source: str = "") -> list[Finding]:
        self.sensed += zip(batch, raw, strict=True)
        return []

    def measure(self, batch: Sequence[Measure]) -> list[Finding]:
        self.measures += batch
        return []

    def notice(self, batch: Sequence[Change]) -> list[Finding]:
        self.changes += batch
        return []

    @property
    def blind(self) -> str:
        return "learning"


class Nobody:
    def feed(self, batch: Sequence[AuditEvent]) -> list[bool]:
        return [False] * len(batch)


def pipeline(store: FindingStore, matcher: Counting) -> Pipeline:
    return Pipeline(matcher, Nobody(), (), store, ManualClock(), lambda found: None, lambda health: None)


def events(number: int) -> list[AuditEvent]:
    return [AuditEvent(audit_id=str(n)) for n in range(number)]


async def test_findings_and_position_of_a_batch_are_saved_together(tmp_path: Path) -> None:
    store = Store(tmp_path / "findings.db")
    line = pipeline(store, Counting())
    tasks = Tasks()
    tasks.start("pipeline", line.run())

    await line.put(Batch("audit", events(3 * SLICE), "1:900"))
    await line.idle()

    ((finding,), positions) = store.load()
    assert (finding.count, positions) == (3 * SLICE, {"audit": "1:900"})
    await tasks.close()
    store.close()


async def test_only_beside_an_audit_trail_stands_what_cannot_be_judged_in_it_yet(tmp_path: Path) -> None:
    store, told = Store(tmp_path / "findings.db"), list[SourceHealth]()
    line = Pipeline(Counting(), Nobody(), (), store, ManualClock(), lambda found: None, told.append)
    tasks = Tasks()
    tasks.start("pipeline", line.run())
    await line.put(Batch("audit", events(1)))
    await line.put(Batch("prometheus", [Measure("up", (), 1.0, 2.0)]))
    await line.idle()

    for name in ("audit", "prometheus"):
        line.health(SourceHealth(name, "live", 0.0, note="as it said"))

    assert [one.note for one in told] == ["as it said; learning", "as it said"]
    await tasks.close()
    store.close()


async def test_a_batch_half_taken_in_is_not_saved(tmp_path: Path) -> None:
    """The next engine reads it from its beginning: what it counted must not be on disk then."""
    store = Store(tmp_path / "findings.db")
    matcher = Counting()
    line = pipeline(store, matcher)
    tasks = Tasks()
    tasks.start("pipeline", line.run())

    await line.put(Batch("audit", events(3 * SLICE), "1:900"))
    while not matcher.count:
        await asyncio.sleep(0)
    line.save()

    assert matcher.count < 3 * SLICE, "the whole batch was taken in"
    assert store.load() == ([], {})
    await tasks.close()
    store.close()


async def test_open_streams_are_saved_with_the_position_that_is_after_them(tmp_path: Path) -> None:
    """An engine that is killed reads on after its position: a stream it had seen open must not be forgotten."""
    store, ledger, clock = Store(tmp_path / "findings.db"), StreamLedger(), ManualClock()
    nobody: Callable[[object], None] = lambda found: None  # noqa: E731 - it is a stand-in
    line = Pipeline(Counting(), Nobody(), (ledger,), store, clock, nobody, nobody)
    line.memory = lambda: {LEDGER: ledger.dump()}
    tasks = Tasks()
    tasks.start("pipeline", line.run())
    tasks.start("saving", line.run_saving())
    on = {"resource": "pods", "subresource": "exec", "namespace": "shop", "name": "web"}
    await line.put(
        Batch("audit", read([{"auditID": "s1", "stage": "ResponseStarted", "objectRef": on, "user": JANE}]), "1:900")
    )

    async with asyncio.timeout(10):
        while not store.load()[1]:
            await asyncio.sleep(0.01)
    await tasks.close()  # killed: nothing is saved at the end

    later = StreamLedger()
    later.restore(store.load()[1].get(LEDGER, ""), 1_800_000_000.0)
    assert [stream[0] for stream in later.open_streams("jane")] == ["s1"]
    store.close()


class Full:
    """A store on a disk that is full at first."""

    def __init__(self, store: Store) -> None:
        self.store, self.full = store, True

    def save(self, findings: Sequence[Finding], positions: Mapping[str, str]) -> None:
        if self.full:
            raise JournalError("The disk is full.")
        self.store.save(findings, positions)

    def load(self) -> tuple[list[Finding], dict[str, str]]:
        return self.store.load()

    def close(self) -> None:
        self.store.close()


async def test_what_a_full_disk_refused_is_saved_later(tmp_path: Path) -> None:
    store = Full(Store(tmp_path / "findings.db"))
    line = pipeline(store, Counting())
    tasks = Tasks()
    tasks.start("pipeline", line.run())

    await line.put(Batch("audit", events(2), "1:2"))
    await line.idle()
    store.full = False
    await line.put(Batch("webhook", events(1), "w:1"))
    await line.idle()

    ((finding,), positions) = store.load()
    assert (finding.count, positions) == (3, {"audit": "1:2", "webhook": "w:1"})
    await tasks.close()
    store.close()


class Slow(Full):
    """A store whose first save, in a thread, takes until it is let go."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.begun, self.go, self.done = threading.Event(), threading.Event(), threading.Event()

    def save(self, findings: Sequence[Finding], positions: Mapping[str, str]) -> None:
        if not self.begun.is_set():
            self.begun.set()
            self.go.wait(10)
            self.store.save(findings, positions)
            self.done.set()
        else:
            self.store.save(findings, positions)


@pytest.mark.parametrize("ending", ["idle", "closed"])
async def test_a_save_that_takes_long_is_not_written_over_what_is_saved_after_it(tmp_path: Path, ending: str) -> None:
    """Else the next engine would count again what the newer state had counted, from an older position."""
    store = Slow(Store(tmp_path / "findings.db"))
    line = pipeline(store, Counting())
    tasks = Tasks()
    tasks.start("pipeline", line.run())
    tasks.start("saving", line.run_saving())
    await line.put(Batch("audit", events(2), "1:2"))
    while not store.begun.is_set():
        await asyncio.sleep(0)
    await line.put(Batch("audit", events(3), "1:5"))
    while line.events < 5:
        await asyncio.sleep(0)
    await asyncio.sleep(0)

    ended = asyncio.get_running_loop().create_task(line.idle() if ending == "idle" else tasks.close())
    for _ in range(10):
        await asyncio.sleep(0)
    store.go.set()
    await ended
    line.save()
    while not store.done.is_set():
        await asyncio.sleep(0)

    ((finding,), positions) = store.load()
    assert (finding.count, positions) == (5, {"audit": "1:5"})
    await tasks.close()
    store.close()


async def test_a_batch_of_events_measures_and_changes_loses_none(tmp_path: Path) -> None:
    store = Store(tmp_path / "findings.db")
    matcher = Counting()
    line = pipeline(store, matcher)
    tasks = Tasks()
    tasks.start("pipeline", line.run())
    measure, change = Measure("q", (), 1.0, 1.0), Change("created", BY_KIND["Node"].ref("", "n9"), 1.0)

    await line.put(Batch("mixed", [*events(1), measure, *events(1), change], "", (b"first", b"", b"second", b"")))
    await line.idle()

    assert (matcher.count, matcher.raw, matcher.measures) == (2, [b"first", b"second"], [measure])
    assert matcher.changes == [change]
    await tasks.close()
    store.close()


async def test_a_storm_of_programs_lets_others_have_their_turn(tmp_path: Path) -> None:
    """A program's long command line is looked through by many patterns: four hundred at once hold the loop too long."""
    matcher = Counting()
    line = pipeline(Store(tmp_path / "findings.db"), matcher)
    tasks = Tasks()
    tasks.start("pipeline", line.run())
    started = [Process(float(number), "/bin/sh") for number in range(400)]
    await line.put(Batch("tetragon", started, "", [b"{}"] * len(started)))
    seen = [0]
    while seen[-1] < len(started):
        await asyncio.sleep(0)
        seen.append(len(matcher.sensed))
    await tasks.close()
    assert max(later - before for before, later in pairwise(seen)) <= 50


async def test_a_batch_that_breaks_a_rule_is_given_back_to_the_queue_as_done(tmp_path: Path) -> None:
    """Else nobody who waits for the queue would ever go on."""
    store = Store(tmp_path / "findings.db")
    line = pipeline(store, Counting(fails=1))
    await line.put(Batch("audit", events(1), "1:1"))

    with pytest.raises(KeyError):
        await line.run()
    await asyncio.wait_for(line.idle(), 5)

    assert store.load() == ([], {})
    store.close()
