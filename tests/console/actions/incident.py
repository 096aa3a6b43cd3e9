"""One incident over a real API server, put together as the engine does it, for tests of the runner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from console.actions.approving import Approval
from console.actions.case import Case
from console.actions.chronicle import Chronicle
from console.actions.names import Names
from console.actions.node.cordon import NodeCordon
from console.actions.node.uncordon import NodeUncordon
from console.actions.registry import Registry
from console.actions.runner import Runner
from console.cluster.connecting import connect
from console.cluster.live import LiveCluster
from console.cluster.options import ConnectOptions
from console.hygiene.exporting import Exporter, known_safe
from console.incident.factbook import FactBook
from console.journal.evidence import FileEvidence
from console.journal.sqlite import SqliteJournal
from console.model.entry import Armed
from console.model.plan import Plan
from console.model.ref import BY_KIND, ResourceRef
from console.model.verdict import Outcome
from console.ports.clock import Clock, SystemClock
from console.ports.cluster import Cluster
from console.ports.silences import Silences, recognise
from console.ports.tasks import Tasks

SECRET = b"incident secret of the test ....."


class NoAudit:
    """An audit record that has seen nothing: no audit source is configured in these tests."""

    blind_before = 0.0

    def open_streams(self, user: str) -> list[tuple[str, str, str, str, float]]:
        return []

    def calls_since(self, user: str, since: float) -> int:
        return 0


class SwiftClock(SystemClock):
    """The machine's clock, but nobody waits long: it jumps to the next moment somebody waits for."""

    def __init__(self) -> None:
        self._skipped = 0.0
        self._awaited: list[float] = []

    def now(self) -> float:
        return super().now() + self._skipped

    def monotonic(self) -> float:
        return super().monotonic() + self._skipped

    async def sleep(self, seconds: float) -> None:
        moment = self.monotonic() + seconds
        self._awaited.append(moment)
        try:
            while self.monotonic() < moment:
                await asyncio.sleep(0.01)
                self._skipped += max(0.0, min(self._awaited) - self.monotonic())
        finally:
            self._awaited.remove(moment)


class Incident:
    """Journal, evidence, facts and runner of one incident."""

    def __init__(
        self, cluster: Cluster, folder: Path, registry: Registry, clock: Clock, silences: Silences | None = None
    ) -> None:
        self.clock = clock
        self.cluster = cluster
        self.journal = SqliteJournal(folder / "journal.db")
        self.evidence = FileEvidence(folder / "evidence")
        self.chronicle = Chronicle(self.journal, self.clock)
        export = Exporter(SECRET)
        self.book = FactBook(
            cluster, lambda: self.chronicle.state, NoAudit(), lambda: (), lambda: (), self.clock, silences=silences
        )
        self.chronicle.listen(lambda entry: self.book.touch())
        names = Names(SECRET, self.chronicle, export)
        self.case = Case(
            cluster, self.chronicle, self.evidence, export, self.clock, registry, self.book, names, silences=silences
        )
        recognise((silences,), names.marked)
        self.runner = Runner(self.case)
        self.tasks = Tasks()

    async def start(self) -> None:
        self.book.start(self.tasks)
        await self.runner.start()
        await live(self.cluster, "Node", "Namespace", "Pod", *WEBHOOKS)

    async def close(self) -> None:
        await self.runner.close()
        await self.tasks.close()
        self.book.close()
        self.journal.close()

    def arm(self, seat: str = "ana") -> None:
        self.chronicle.record(Armed(known_safe(seat), known_safe("drill"), self.clock.now() + 900), seat)

    async def approve(self, plan: Plan, **more: Any) -> Outcome:
        """As a person at an armed seat does it, typing the plan's id."""
        approval = {"seat": "ana", "uid": 1000, "typed": plan.id, **more}
        return await self.runner.approve(plan.digest, Approval(**approval))

    async def finish(self, plan: Plan, **more: Any) -> Outcome:
        """Approve and wait for the final outcome."""
        await self.approve(plan, **more)
        return await asyncio.wait_for(self.runner.follow(plan.digest), 60)

    def records(self, tag: str) -> list[Any]:
        """Journal records of a type, oldest first."""
        return [e.record for e in self.journal.read() if e.record.__struct_config__.tag == tag]


WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


async def live(cluster: Cluster, *kinds: str) -> None:
    """Wait until these kinds are watched (or known to be forbidden)."""
    async with asyncio.timeout(20):
        while any(cluster.view(kind).health.state == "loading" for kind in kinds):
            await asyncio.sleep(0.02)


def registry() -> Registry:
    found = Registry()
    found.add(NodeCordon())
    found.add(NodeUncordon())
    return found


@asynccontextmanager
async def incident(
    kubeconfig: Path,
    folder: Path,
    actions: Registry | None = None,
    clock: Clock | None = None,
    silences: Silences | None = None,
) -> AsyncIterator[Incident]:
    """An incident on the cluster of this kubeconfig; the same folder again is a restarted engine."""
    real = SystemClock()
    cluster = LiveCluster(await connect(ConnectOptions((kubeconfig,), folder), real), real, SECRET)
    await cluster.identify()
    opened = Incident(cluster, folder, actions or registry(), clock or real, silences)
    try:
        await opened.start()
        yield opened
    finally:
        await opened.close()
        await cluster.close()


def node(name: str) -> ResourceRef:
    return BY_KIND["Node"].ref("", name)


Object = Mapping[str, Any]


async def eventually(condition: Callable[[], object], within: float = 20.0) -> None:
    """Wait for what a real API server and its controllers do on their own, while the loop goes on."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.02)
