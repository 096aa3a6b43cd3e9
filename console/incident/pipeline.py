"""The one writer: batches of signals in, findings out, in the order they arrived.

Sources put, waiting when the queue is full; a single consumer matches, keeps the ledger and tells hands apart. It
gives the loop back after every few hundred events, and saves findings together with how far each source was read,
so that a restart neither loses nor repeats anything. Nothing here decides what is suspicious: rules do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from console.errors import JournalError
from console.model.audit import AuditEvent
from console.model.finding import Finding
from console.model.runtime import Alert, Flow, Process, Sensed
from console.model.signal import Change, Measure, SourceHealth
from console.ports.clock import Clock
from console.ports.source import Batch

SLICE = 400
"""Audit events matched before other tasks get a turn: about 3 ms."""
SENSED = 40
"""Tellings of sensors matched before other tasks get a turn: long command lines take long to look through."""
QUEUE = 32
"""Batches waiting at most; then sources wait."""
LEDGER, COUNTS, BASELINE = "ledger", "counts", "baseline"
"""Where the memory of observers and rules is kept among the positions: it is true for exactly these."""
SAVE = 0.5
"""Seconds between two saves at least."""


class Matcher(Protocol):
    """The rules, as the pipeline uses them."""

    def feed(self, batch: Sequence[AuditEvent], raw: Sequence[bytes] = (), source: str = "") -> list[Finding]:
        """New and changed findings after these audit events."""
        ...

    def sense(self, batch: Sequence[Sensed], raw: Sequence[bytes] = (), source: str = "") -> list[Finding]:
        """New and changed findings after what sensors told."""
        ...

    def measure(self, batch: Sequence[Measure]) -> list[Finding]:
        """New and changed findings after these answers of metric queries."""
        ...

    def notice(self, batch: Sequence[Change]) -> list[Finding]:
        """New and changed findings after these changes of watched objects."""
        ...

    @property
    def blind(self) -> str:
        """What the rules cannot judge yet in an audit trail, as a note for people; "" for nothing."""
        ...


class Observer(Protocol):
    """Something that sees every audit event (the ledger)."""

    def feed(self, batch: Sequence[AuditEvent]) -> None: ...


class Own(Protocol):
    """Tells own requests from others'."""

    def feed(self, batch: Sequence[AuditEvent]) -> list[bool]: ...


class FindingStore(Protocol):
    """Where findings and positions are kept together."""

    def save(self, findings: Sequence[Finding], positions: Mapping[str, str]) -> None: ...

    def load(self) -> tuple[list[Finding], dict[str, str]]: ...

    def close(self) -> None: ...


class Pipeline:
    """Implements `console.ports.source.Sink`.

    Args:
        matcher: the rules.
        on_findings: called with new and changed findings, in the loop.
        on_health: called when a source says how it is.
    """

    def __init__(
        self,
        matcher: Matcher,
        hands: Own,
        observers: Iterable[Observer],
        store: FindingStore,
        clock: Clock,
        on_findings: Callable[[list[Finding]], None],
        on_health: Callable[[SourceHealth], None],
    ) -> None:
        self._matcher, self._hands, self._observers = matcher, hands, tuple(observers)
        self._store, self._clock = store, clock
        self._on_findings, self._on_health = on_findings, on_health
        self._queue: asyncio.Queue[Batch] = asyncio.Queue(QUEUE)
        self.memory: Callable[[], Mapping[str, str]] = dict
        """What to keep beside the positions, by name; asked between two batches."""
        self._unsaved: dict[str, Finding] = {}
        self._matched: dict[str, Finding] = {}
        """Findings of the batch being matched: saved with its position, so that no event is counted twice."""
        self._positions: dict[str, str] = {}
        self.positions: dict[str, str] = {}
        """How far each source was taken in."""
        self._remembered: dict[str, str] = {}
        self._between = asyncio.Lock()
        """Held while a batch is matched: memory is then ahead of the positions."""
        self._writing = asyncio.Lock()
        """Held from taking what is to be saved until it is: an older state must not be written over a newer one."""
        self._moved = asyncio.Event()
        self._audited: set[str] = set()
        """Sources that told of audit events."""
        self.events = 0
        """Audit events taken in since the start."""

    async def put(self, batch: Batch) -> None:
        """Hand over; waits while the queue is full."""
        await self._queue.put(batch)

    def health(self, health: SourceHealth) -> None:
        """A source says how it is. Beside an audit trail stands what cannot be judged in it yet."""
        if health.name in self._audited and (blind := self._matcher.blind):
            health = msgspec.structs.replace(health, note="; ".join(filter(None, (health.note, blind))))
        self._on_health(health)

    async def idle(self) -> None:
        """Wait until everything handed over was matched and saved."""
        await self._queue.join()
        async with self._writing:
            self.save()

    async def run(self) -> None:
        """Consume for ever."""
        while True:
            batch = await self._queue.get()
            try:
                async with self._between:
                    await self._take(batch)
            finally:
                self._queue.task_done()

    async def run_saving(self) -> None:
        """Save what changed, at most twice a second, in a thread: a storm's findings are many."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            async with self._writing:
                await self._save_in_thread()
            await self._clock.sleep(SAVE)

    async def _save_in_thread(self) -> None:
        """When we are cancelled the thread is waited for: what it writes must not come after what is saved next."""
        async with self._between:
            findings, positions = self._to_save()
        saving = asyncio.get_running_loop().run_in_executor(None, self._store.save, list(findings.values()), positions)
        try:
            await asyncio.shield(saving)
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                await asyncio.gather(saving, return_exceptions=True)
            self._give_back(findings, positions)
            if not isinstance(error, JournalError):
                raise

    def save(self) -> None:
        """Findings and positions, in one transaction. What cannot be saved is kept and tried again."""
        if not self._unsaved and not self._positions:
            return
        findings, positions = self._to_save(remembering=not self._between.locked())
        try:
            self._store.save(list(findings.values()), positions)
        except JournalError:
            self._give_back(findings, positions)  # the journal tells people about the disk

    def _to_save(self, remembering: bool = True) -> tuple[dict[str, Finding], dict[str, str]]:
        """What is not saved yet, with what is remembered of the events up to these positions."""
        for name, kept in self.memory().items() if remembering else ():
            if kept and kept != self._remembered.get(name):
                self._positions[name] = self._remembered[name] = kept
        findings, positions = self._unsaved, self._positions
        self._unsaved, self._positions = {}, {}
        return findings, positions

    def _give_back(self, findings: dict[str, Finding], positions: dict[str, str]) -> None:
        self._unsaved, self._positions = findings | self._unsaved, positions | self._positions
        self._moved.set()

    async def _take(self, batch: Batch) -> None:
        self._matched = {}
        pairs = zip(batch.signals, batch.raw, strict=False) if batch.raw else ((one, b"") for one in batch.signals)
        audit: list[tuple[AuditEvent, bytes]] = []
        sensed: list[tuple[Sensed, bytes]] = []
        for one, raw in pairs:
            if isinstance(one, AuditEvent):
                audit.append((one, raw))
            elif isinstance(one, Alert | Process | Flow):
                sensed.append((one, raw))
        if audit:
            self._audited.add(batch.source)
        await self._match([one for one, _ in audit], [raw for _, raw in audit if batch.raw], batch.source)
        await self._sense(sensed, batch.source)
        if measures := [one for one in batch.signals if isinstance(one, Measure)]:
            self._keep(self._matcher.measure(measures))
        if changes := [one for one in batch.signals if isinstance(one, Change)]:
            self._keep(self._matcher.notice(changes))
        self._unsaved.update(self._matched)
        if batch.position:
            self._positions[batch.source] = self.positions[batch.source] = batch.position
        if batch.position or self._matched:
            self._moved.set()

    async def _match(self, events: list[AuditEvent], raws: list[bytes], source: str) -> None:
        for start in range(0, len(events), SLICE):
            part, raw = events[start : start + SLICE], raws[start : start + SLICE]
            for observer in self._observers:
                observer.feed(part)
            own = self._hands.feed(part)
            if any(own):  # what we do ourselves is in the journal; a finding about it would be noise
                raw = [one for one, ours in zip(raw, own, strict=False) if not ours]
                part = [one for one, ours in zip(part, own, strict=True) if not ours]
            self._keep(self._matcher.feed(part, raw, source))
            self.events += len(own)
            await asyncio.sleep(0)

    async def _sense(self, sensed: list[tuple[Sensed, bytes]], source: str) -> None:
        for start in range(0, len(sensed), SENSED):
            part = sensed[start : start + SENSED]
            self._keep(self._matcher.sense([one for one, _ in part], [raw for _, raw in part], source))
            await asyncio.sleep(0)

    def _keep(self, changed: list[Finding]) -> None:
        if changed:
            self._matched.update((finding.id, finding) for finding in changed)
            self._on_findings(changed)
