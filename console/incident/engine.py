"""The engine of one incident: its parts put together, started, and ended in order.

In: ports and adapters, made by the composition root. Out: tables and answers for seats, the record, and, through the
runner alone, writes to the cluster. The loop is never blocked: whatever waits is a task with a name.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import msgspec

from console.actions.case import Case
from console.actions.chronicle import Chronicle
from console.actions.names import Names
from console.actions.registry import Registry
from console.actions.runner import Runner
from console.errors import JournalError, WarRoomError
from console.hygiene.exporting import Exporter, known_safe
from console.incident.board import SHOWN, Board
from console.incident.browsers import Browsers
from console.incident.checking import Checking
from console.incident.detailing import Details
from console.incident.detecting import Detection
from console.incident.entries import entry_row
from console.incident.factbook import INTACT, FactBook
from console.incident.hands import Hands, Sighting
from console.incident.heading import header_view, phase_of
from console.incident.keeping import kept
from console.incident.naming import key_of, parse
from console.incident.noticing import Noticing, own_hand
from console.incident.noting import FindingNotes
from console.incident.pipeline import BASELINE, COUNTS, LEDGER, FindingStore, Pipeline
from console.incident.providing import provider_here
from console.incident.rationing import Ration
from console.incident.readying import FIRST, first_list
from console.incident.seats import Seats
from console.model import entry as e
from console.model.finding import Finding
from console.model.objects import Obj
from console.model.ref import BY_KIND
from console.model.signal import SourceHealth
from console.model.state import IncidentState
from console.ports.clock import Clock
from console.ports.cluster import Cluster, KindHealth, View
from console.ports.journal import ChainReport, EvidenceStore, Journal
from console.ports.session import Using
from console.ports.source import Asked, Source
from console.ports.tasks import Tasks
from console.rules.changes import recent_changes
from console.rules.compiling import RuleSet
from console.rules.ledger import StreamLedger
from console.rules.standing import standing
from console.rules.told import Told
from console.rules.trail import Trail

_log = logging.getLogger("warroom.engine")
UNWALKED = "chain being checked"

WARM = (
    "Pod", "Node", "Namespace", "Deployment", "ReplicaSet", "ServiceAccount", "RoleBinding", "ClusterRoleBinding",
    "NetworkPolicy", "StatefulSet", "DaemonSet", "Job", "CronJob", "Service", "EndpointSlice", "Ingress", "Role",
    "ClusterRole", "PodDisruptionBudget", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
    "CertificateSigningRequest", "Event",
)  # fmt: skip
"""Kinds watched from the start, in this order. ConfigMaps and Secrets only when somebody asks."""
_WALKED = 5000
"""Entries whose chain is walked before anybody is let in; a longer one is walked in a thread."""


class Parts(msgspec.Struct, frozen=True):
    """What the composition root hands in."""

    incident: str
    cluster: Cluster
    journal: Journal
    evidence: EvidenceStore
    store: FindingStore
    secret: bytes
    rules: RuleSet | Callable[[], RuleSet]
    """Or what loads them: then that, and all watches but the first, wait for the first list."""
    registry: Registry
    clock: Clock
    export: Exporter
    sources: tuple[Source, ...] = ()
    drill: bool = False
    banner: str = ""
    using: Using = Using()
    background: tuple[Coroutine[Any, Any, None], ...] = ()
    """Work that belongs to this engine (a drill's attacker)."""


class Engine:
    """One incident, alive. `start()` it, let seats in, `await ended()`, `close()` it."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.incident, self.cluster, self.clock, self.export = parts.incident, parts.cluster, parts.clock, parts.export
        self.secret, self.registry, self.uid = parts.secret, parts.registry, os.getuid()
        self.chronicle = Chronicle(parts.journal, parts.clock)
        self.seats = Seats(self.uid, lambda: self.state, self.chronicle.record, self.note)
        self._tasks = Tasks(self._failed)
        self._healths: dict[str, SourceHealth] = {}
        self._end = asyncio.Event()
        self._why = ""
        self._notes = FindingNotes(self.note, parts.export)
        self._sightings = Ration(parts.clock)
        self._chain = UNWALKED
        self._words = {"journal": UNWALKED, "banner": parts.banner}
        self._compose()

    def _compose(self) -> None:
        parts = self.parts
        self.board = Board(
            self.clock, self.export, lambda: self.state, self._look, self.registry.specs(),
            lambda: self.cluster.info.id, lambda action: self.runner.target(action),  # noqa: PLW0108 - made below
        )  # fmt: skip
        self.ledger, self.trail, told = StreamLedger(), Trail(), Told()
        self.hands = Hands(
            lambda: self.cluster.info.users, self.cluster.owns, lambda: self.state.audit_ids, self._touched,
            lambda: self.state.opened_at, self._sighted, self.export.seal,
        )  # fmt: skip
        self.book = FactBook(
            self.cluster, lambda: self.state, self.ledger, self.board.members, self._healths.values, self.clock,
            findings=self.board.count, chain=lambda: self._words["journal"],
            echo=lambda: self.hands.echo, groups=self.ledger.groups, trail=self.trail, intact=parts.evidence.has,
            metrics=next((source.ask for source in parts.sources if isinstance(source, Asked)), None),
        )  # fmt: skip
        self.case = Case(
            self.cluster, self.chronicle, parts.evidence, self.export, self.clock, self.registry, self.book,
            Names(self.secret, self.chronicle, self.export), self.ledger.arrived,
        )  # fmt: skip
        self.runner = Runner(self.case)
        self.detection = Detection()
        self.pipeline = Pipeline(
            self.detection, self.hands, (self.ledger, self.trail, told), parts.store, self.clock, self._found,
            self._health,
        )  # fmt: skip
        ours = own_hand(lambda: self.state, self._touched)
        self.noticing = Noticing(self.cluster, self.clock, self._healths.values, told, ours)
        self.details = Details(self.export, self.cluster)
        self.browsers = Browsers(self.cluster, self.clock, self.export, self._tasks)
        self.checklist = Checking(self.case, self.book, self.board, self.note)
        self.board.on_affected = self.book.touch

    @property
    def state(self) -> IncidentState:
        """The incident as the journal tells it now."""
        return self.chronicle.state

    # Life

    async def start(self) -> None:
        """Open the record, take up what was known, begin to watch. Nothing here waits for the cluster."""
        findings, positions = self.parts.store.load()
        self._remember(positions)
        findings = self.detection.restore(findings)
        self._open_record()
        self._show_history()
        self.board.found(findings)
        self.chronicle.listen(self._heard)
        self.cluster.listen(self._changed)
        self.cluster.listen(self.noticing.heard)
        for source in self.parts.sources:  # configured, though not running yet: not "no source"
            self._healths[source.name] = SourceHealth(source.name, "loading", self.clock.now())
        self.cluster.view(FIRST)
        self.board.rebuild()
        self._draw_header()
        await self.runner.start()
        rules = self.parts.rules
        if isinstance(rules, RuleSet):
            self._judge_by(rules)
            self._start_tasks(positions)
        else:
            self._tasks.start("after the first list", self._start_later(rules, positions))

    def _remember(self, positions: dict[str, str]) -> None:
        """Take up what the ledger and the rules of an earlier engine knew: sources go on after what it has seen."""
        self._handed = {name: positions.pop(name, "") for name in (COUNTS, BASELINE)}
        self.pipeline.memory = lambda: {LEDGER: self.ledger.dump(), **self.detection.dump()}
        if positions:
            self.ledger.restore(positions.pop(LEDGER, ""), self.clock.now())

    async def _start_later(self, load: Callable[[], RuleSet], positions: Mapping[str, str]) -> None:
        await first_list(self.cluster, self.clock)
        self._judge_by(await asyncio.to_thread(load))
        await asyncio.to_thread(self.checklist.load)
        self._start_tasks(positions)

    def _judge_by(self, rules: RuleSet) -> None:
        self.detection.judge_by(rules, provider_here(self.cluster), self._handed)
        if told := standing(rules, self.clock.now()):
            self._health(told)

    def _start_tasks(self, positions: Mapping[str, str]) -> None:
        for kind in WARM:
            self.cluster.view(kind)
        start = self._tasks.start
        for name, work in (
            ("pipeline", self.pipeline.run),
            ("pipeline:save", self.pipeline.run_saving),
            ("board", self.board.run),
            ("pulse", self._pulse),
            ("checklist", self.checklist.run),
            ("watch", lambda: self.noticing.run(self.pipeline)),
        ):
            start(name, self._kept(name, work))
        self.book.start(self._tasks)
        for source in self.parts.sources:
            start(f"source:{source.name}", self._kept_source(source, positions.get(source.name, "")))
        for number, background in enumerate(self.parts.background):
            start(f"background:{number}", background)
        if self._chain == UNWALKED:
            start("journal:chain", self._walk_later())

    async def _kept(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        await kept(work, self.clock, lambda error, new: self._stumbled(name, error, new))

    async def _kept_source(self, source: Source, position: str) -> None:
        """Run a source. One that stumbles is shown as failed, and goes on where it was when it is run again."""

        async def run() -> None:
            await self.pipeline.idle()  # what it handed over before it stumbled must not be read again
            await source.run(self.pipeline, self.pipeline.positions.get(source.name, position))

        def stumbled(error: BaseException, new: bool) -> None:
            defect = f"stopped by a defect ({type(error).__name__}); it is started again"
            why = str(error) if isinstance(error, WarRoomError) else defect
            self._health(SourceHealth(source.name, "failed", self.clock.now(), why))
            self._stumbled(f"source:{source.name}", error, new)

        await kept(run, self.clock, stumbled)

    async def _walk_later(self) -> None:
        self._chain_walked(await asyncio.to_thread(self.parts.journal.verify))

    def _chain_walked(self, report: ChainReport) -> None:
        """Say what the walk over the record's hash chain showed. A broken chain is an alarm; work goes on."""
        self._chain = self._words["journal"] = INTACT
        if report.problem:
            self._chain = self._words["journal"] = str(self.export(f"chain BROKEN: {report.problem}"))
            text = f"the journal is not intact: {report.problem}. Compare it with an export held elsewhere"
            self.note(e.Alarm(self.export(text)))
        self._draw_header()

    def _open_record(self) -> None:
        for seat in list(self.state.seats):  # an engine that was killed could not say good-bye for them
            self.chronicle.record(e.SeatLeft(known_safe(seat)))
        for seat in list(self.state.armed):  # a command's seat: whoever takes its name now is somebody else
            self.chronicle.record(e.Disarmed(known_safe(seat)))
        if self.state.opened is not None:
            return
        info, export = self.cluster.info, self.export
        fingerprint = hashlib.sha256(self.secret).hexdigest()
        cluster, server, context, version = (
            export(text) for text in (info.id, info.server, info.context, info.version)
        )
        drill = self.parts.drill
        self.chronicle.record(e.Opened(cluster, server, context, known_safe(fingerprint), version, drill))

    def _show_history(self) -> None:
        entries = list(self.chronicle.journal.read(max(0, self.state.seq - SHOWN)))
        self.board.tables["journal"].put(*(entry_row(entry) for entry in entries))
        self._notes.recall(entries, self.state.types.get("found", 0))
        if self.state.seq <= _WALKED:
            self._chain_walked(self.parts.journal.verify())

    def stop(self, why: str) -> None:
        """Ask the engine to end."""
        self._why = self._why or why
        self._end.set()

    async def ended(self) -> None:
        """Wait until somebody asked for the end."""
        await self._end.wait()

    async def close(self) -> None:
        """End in order: no new work, everything saved, the record closed last."""
        await self.runner.close()
        await self._tasks.close()
        self.book.close()
        self.pipeline.save()
        await self.cluster.close()
        self.note(e.Stopped(self.export(self._why or "closed")))
        self.parts.store.close()
        self.parts.journal.close()

    # What happens

    def _found(self, findings: list[Finding]) -> None:
        self._notes.take(findings)
        self.board.found(findings)
        self.book.touch()

    def note(self, record: e.Record) -> None:
        """Record what the engine observed. A disk that is full stops no watching: the header says so instead."""
        try:
            self.chronicle.record(record)
        except JournalError as error:
            self._words["journal"] = str(self.export(str(error)))
            self._draw_header()
        else:
            self._words["journal"] = self._chain

    def _heard(self, entry: e.Entry) -> None:
        self.board.heard(entry)
        self.book.touch()
        self._draw_header()

    def _changed(self, verb: str, kind: str, obj: Obj, before: Obj | None) -> None:
        if key_of(BY_KIND[kind].ref(obj.metadata.namespace, obj.metadata.name)) in self.board.affected:
            self.board.touch()

    def _health(self, health: SourceHealth) -> None:
        before = self._healths.get(health.name)
        self._healths[health.name] = health
        if before is None or before.state != health.state or before.gaps != health.gaps:
            self.book.touch()
        self._draw_header()

    def _sighted(self, sighting: Sighting) -> None:
        export = self.export
        if not self._sightings.take():
            return
        if left_out := self._sightings.told():
            self.note(e.Alarm(export(f"{left_out} more sightings of foreign hands were left out: see the audit log")))
        if sighting.alarm:
            self.note(e.Alarm(export(sighting.text)))
        else:
            target = export.ref(parse(sighting.key))
            self.note(e.OtherHand(target, export(sighting.who), export(sighting.text)))

    def _touched(self) -> set[str]:
        targets = {key_of(self.runner.target(action)) for action in self.state.actions.values() if action.intents}
        return targets | {key_of(ref) for ref in self.runner.touched()}

    def _look(self, kind: str) -> View | None:
        return self.cluster.view(kind) if kind in WARM else None

    def list_changes(self) -> None:
        """Fill the topic `changes`: what the cluster's own marks say of the last 24 hours."""
        rows = recent_changes(self._look, self.clock.now(), self.export)
        self.board.tables["changes"].replace(rows)

    # Rounds

    async def _pulse(self) -> None:
        """Once a second: watches that went stale, armings that ended, the list of changes while somebody reads it."""
        watches: tuple[KindHealth, ...] = ()
        while True:
            await self.clock.sleep(1.0)
            self.detection.detector.rules.run_at(provider_here(self.cluster))
            now = self.clock.now()
            for seat in [seat for seat, armed in self.state.armed.items() if armed.until <= now]:
                self.note(e.Disarmed(known_safe(seat)))
            healths = self.cluster.healths()
            if [(one.kind, one.state) for one in healths] != [(one.kind, one.state) for one in watches]:
                watches = healths
                self.browsers.pulse()
                self.book.touch()
                self.board.touch()
                if self.board.tables["changes"].readers:
                    self.list_changes()
            self._draw_header()

    def _draw_header(self) -> None:
        words = self._words | {"phase": phase_of(self.state), "login": self.cluster.login_needed}
        healths, watches = (self.noticing.health(), *self._healths.values()), self.cluster.healths()
        drill = self.parts.drill
        header = header_view(self.cluster.info, self.state, healths, watches, words, self.export, drill)
        self.board.tables["header"].put(header)

    # Defects

    def _stumbled(self, task: str, error: BaseException, new: bool) -> None:
        """An endless round failed and will be started again."""
        if new:
            self.defect(task, error)
            text = f"part of the engine failed and is started again: {task} ({type(error).__name__})"
            self.note(e.Alarm(self.export(text)))

    def _failed(self, task: str, error: BaseException) -> None:
        self.defect(task, error)
        self.note(e.Alarm(self.export(f"part of the engine failed: {task} ({type(error).__name__})")))

    def defect(self, where: str, error: BaseException) -> None:
        """Write a defect to the engine's log: where, what, and the lines of code, never values."""
        frames = "".join(traceback.format_tb(error.__traceback__))
        _log.error("%s: %s: %s\n%s", where, type(error).__name__, self.export(str(error)), frames)
