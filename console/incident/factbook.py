"""The fact book: what checks read, answered from watches, the record, the audit ledger and probes.

In: the cluster's caches, the folded journal, source health, the audit ledger. Out: `Known` or `Unknown` for every name
of `console.checks.asking`, and a pulse whenever something changed, so that nobody has to poll. Nothing here writes,
judges or blocks: watch and record answer at once, everything else is queued for the prober.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from console.checks import asking
from console.errors import BadInput
from console.incident.podindex import PodIndex
from console.incident.probing import Prober
from console.incident.questions import Metrics, Questions
from console.incident.recalling import Record
from console.incident.sealing import Seals
from console.model.facts import Ask, Fact, Known, Unknown
from console.model.instants import minute
from console.model.objects import Obj
from console.model.ref import ResourceRef
from console.model.signal import SourceHealth
from console.model.state import IncidentState
from console.ports.clock import Clock
from console.ports.cluster import Cluster, KindHealth
from console.ports.facts import Facts
from console.ports.silences import Alerts
from console.ports.tasks import Tasks

PAUSE = 0.25
"""Seconds between two pulses: at most four a second."""
WORST = ("live", "ended", "loading", "stale", "forbidden", "absent", "failed")
"""States of a source, from good to bad."""
_INDEXED = frozenset({"notable_pods", "siblings", "running"})
_RIGHTS = frozenset({"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"})

INTACT = "chain ok"
"""What the header says of a journal with nothing wrong."""
HEED = 0.5
"""Seconds between two looks at the states of the watches."""

Stream = tuple[str, str, str, str, float]


class Ledger(Protocol):
    """What the audit record says of users. Filled by the pipeline; only asked while an audit source is live."""

    def open_streams(self, user: str) -> Iterable[Stream]:
        """(audit id, verb, target, subresource, started) of requests that began and did not end."""
        ...

    @property
    def blind_before(self) -> float:
        """Epoch seconds before which calls are not remembered."""
        ...

    def calls_since(self, user: str, since: float) -> int:
        """Requests of a user with a status below 400 after `since` (epoch seconds)."""
        ...


class Trail(Protocol):
    """Who called from where and touched what, out of the audit record. A string is the reason why it cannot tell."""

    def callers(self, since: float) -> tuple[str, ...] | str:
        """Addresses that called after `since` (epoch seconds)."""
        ...

    def touched(self, user: str, since: float) -> tuple[tuple[str, str, str, str], ...] | str:
        """(group, resource, namespace, name) a user wrote, opened or, of Secrets, read after `since`."""
        ...


class Findings(Protocol):
    """(total, acknowledged) of findings at or above a severity, of one source and one rule ("" for all)."""

    def __call__(self, floor: str, source: str, rule: str = "") -> tuple[int, int]: ...


class FactBook:
    """All facts of one incident. Implements `console.ports.facts.Facts`.

    Args:
        state: the folded journal as it is now.
        affected: the affected set as it is now.
        sources: health of every configured source.
        findings, metrics, chain, echo, groups, trail: see their names in `console.checks.asking`; without them those
            facts are unknown.
        silences: Alertmanager; without it what fires and is silenced there is unknown.
        intact: whether sealed bytes are still there and unaltered; called in a thread.
    """

    def __init__(
        self,
        cluster: Cluster,
        state: Callable[[], IncidentState],
        ledger: Ledger,
        affected: Callable[[], Iterable[ResourceRef]],
        sources: Callable[[], Iterable[SourceHealth]],
        clock: Clock,
        *,
        findings: Findings | None = None,
        metrics: Metrics | None = None,
        chain: Callable[[], str] | None = None,
        echo: Callable[[], float] | None = None,
        groups: Callable[[str], tuple[str, ...]] | None = None,
        trail: Trail | None = None,
        intact: Callable[[str], bool] | None = None,
        silences: Alerts | None = None,
    ) -> None:
        self._cluster, self._ledger, self._clock = cluster, ledger, clock
        self._affected, self._sources = affected, sources
        self._findings, self._metrics, self._chain = findings, metrics, chain
        self._echo, self._seen_groups, self._trail = echo, groups, trail
        self._seals = Seals(intact, clock, self.touch)
        self._record = Record(state, clock, self._seals)
        self.prober = Prober(Questions(cluster, clock, metrics, silences).ask, clock, self.touch)
        self._dirty = asyncio.Event()
        self._revision = 0
        self._index = PodIndex(cluster, clock)
        self._versions: dict[tuple[str, str], int] = {}
        self._waiting: dict[asyncio.Future[None], None] = {}  # woken in the order they came
        self._stop_listening = cluster.listen(self._heard)
        self._answers: dict[str, Callable[..., Fact]] = {
            "object": self._object,
            "objects": self._objects,
            "notable_pods": lambda: self._pods("") or self._index.notable(),
            "siblings": lambda: self._pods("") or self._index.siblings(self._affected()),
            "running": lambda image: self._pods("") or self._index.running(image),
            "open_streams": self._open_streams,
            "calls_since": self._calls_since,
            "callers": self._callers,
            "touched": self._touched,
            "groups": self._groups,
            "affected": self._affected_of,
            "source": self._source,
            "findings": self._found,
            "chain": self._chain_now,
            "echo": self._echo_now,
            "items": lambda phase: Unknown("only the checklist knows its items"),
            "metric": self._metric,
        }

    # Facts

    def get(self, ask: Ask, urgent: bool = False) -> Fact:
        """The newest value, or why there is none. Raises `BadInput` for a name that is none."""
        if ask.fact in ("allowed", "token_secrets", "silence", "alert"):
            return self.prober.get(ask, urgent)
        if ask.fact in self._record.answers:
            return self._record.answers[ask.fact](*ask.args)
        answer = self._answers.get(ask.fact)
        if answer is None:
            raise BadInput(f"No fact is called {ask.fact!r}; console.checks.asking lists them.")
        return answer(*ask.args)

    def now(self) -> float:
        """Epoch seconds."""
        return self._clock.now()

    def stamp(self, ask: Ask) -> object:
        """Differs whenever the answer may: cheap even for a list of ten thousand pods."""
        if ask.fact in _INDEXED:
            affected = tuple(self._affected()) if ask.fact == "siblings" else ()
            return (self._cluster.view("Pod").health.state, self._index.version, affected)
        if ask.fact not in ("object", "objects"):
            fact = self.get(ask)
            return fact.value if isinstance(fact, Known) else fact.why
        kind, namespace = ask.args[0], ask.args[1]
        health, _ = self._watch(kind, namespace)
        if ask.fact == "objects":
            return (health.state, health.since, health.namespaces, self._versions.get((kind, namespace), 0))
        obj = self._cluster.view(kind).get(namespace, ask.args[2])
        return (health.state, obj and (obj.metadata.uid, obj.metadata.resource_version))

    def reading(self, urgent: bool = False) -> Facts:
        """The book with its time stopped, for one round of judgements."""
        return _Reading(self, self._clock.now(), urgent)

    # Change

    @property
    def revision(self) -> int:
        """How many pulses there were."""
        return self._revision

    def touch(self) -> None:
        """Something a fact rests on changed: the record, a source, the affected set. Cheap; call it always."""
        self._dirty.set()

    def renew(self, fact: str) -> None:
        """Probed answers of this name may be out of date (a write was just made): ask them again."""
        self.prober.renew(fact)
        self.touch()

    async def wait_change(self, seen: int = -1) -> int:
        """Wait until something changed after revision `seen` (default: from now on); at most four times a second."""
        seen = self._revision if seen < 0 else seen
        while self._revision <= seen:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting[future] = None
            try:
                await future
            finally:
                self._waiting.pop(future, None)
        return self._revision

    def start(self, tasks: Tasks) -> None:
        """Begin to probe and to pulse; ends with `tasks`."""
        tasks.start("facts:pulse", self._pulse())
        tasks.start("facts:probe", self.prober.run())
        tasks.start("facts:age", self.prober.age())
        tasks.start("facts:seals", self._seals.run())
        tasks.start("facts:watches", self._heed_watches())

    def close(self) -> None:
        """Hear no more changes."""
        self._stop_listening()

    async def _pulse(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            self._revision += 1
            for future in self._waiting:
                if not future.done():
                    future.set_result(None)
            await self._clock.sleep(PAUSE)

    async def _heed_watches(self) -> None:
        """A watch that goes live without an object, or stale in silence, tells nobody: look at their states."""
        before = None
        while True:
            now = [(health.kind, health.state, health.namespaces) for health in self._cluster.healths()]
            if now != before:
                before = now
                self._dirty.set()
            await self._clock.sleep(HEED)

    def _heard(self, verb: str, kind: str, obj: Obj, before: Obj | None) -> None:
        for namespace in {"", obj.metadata.namespace}:
            self._versions[kind, namespace] = self._versions.get((kind, namespace), 0) + 1
        if kind == "Pod":
            self._index.heard(verb, obj)
        elif kind in _RIGHTS:
            self.prober.renew("allowed")
        self._dirty.set()

    # Watches

    def _watch(self, kind: str, namespace: str) -> tuple[KindHealth, Unknown | None]:
        """The watch of a kind, and why it cannot answer for this namespace ("" all of them)."""
        health = self._cluster.view(kind).health
        if health.state != "live":
            since = f" since {minute(health.since)}" if health.since and health.state == "stale" else ""
            return health, Unknown(f"{kind} watch is {health.state}{since}{f': {health.why}' if health.why else ''}")
        if health.namespaces and namespace not in health.namespaces:
            return health, Unknown(f"{kind} is watched in {', '.join(health.namespaces)} only")
        return health, None

    def _object(self, kind: str, namespace: str, name: str) -> Fact:
        _, blind = self._watch(kind, namespace)
        return blind or Known(self._cluster.view(kind).get(namespace, name), self._clock.now(), "watch")

    def _objects(self, kind: str, namespace: str) -> Fact:
        _, blind = self._watch(kind, namespace)
        return blind or Known(tuple(self._cluster.view(kind).all(namespace)), self._clock.now(), "watch")

    def _pods(self, namespace: str) -> Unknown | None:
        return self._watch("Pod", namespace)[1]

    # Sources

    def _healths(self, name: str) -> list[SourceHealth]:
        if name == "watch":
            return [
                SourceHealth(f"watch {health.kind}", health.state, health.since, health.why)
                for health in self._cluster.healths()
            ]
        return [health for health in self._sources() if health.name == name or health.name.startswith(f"{name}:")]

    def _source(self, name: str) -> Fact:
        healths = self._healths(name)
        if not healths:
            return Unknown(f"no {name} source is configured")
        return Known(max(healths, key=_badness), self._clock.now(), name)

    def _audit(self, since: float = 0.0) -> Unknown | None:
        """Why the audit record cannot answer for the time since then, None if it can."""
        healths = self._healths("audit")
        if not healths:
            return Unknown("no audit source is configured")
        if bad := [health for health in healths if health.state not in ("live", "ended")]:
            return Unknown(f"{bad[0].name} is {bad[0].state} since {minute(bad[0].since)}: {bad[0].why or 'no reason'}")
        holes = [gap for health in healths for gap in health.gaps if since and gap[1] > since]
        return Unknown(f"the audit record has a hole from {minute(holes[0][0])}") if holes else None

    def _open_streams(self, user: str) -> Fact:
        return self._audit() or Known(tuple(self._ledger.open_streams(user)), self._clock.now(), "audit")

    def _calls_since(self, user: str, since: str) -> Fact:
        moment = float(since)
        if self._ledger.blind_before > moment:
            return Unknown(
                f"the engine was started again at {minute(self._ledger.blind_before)}; earlier calls are gone"
            )
        return self._audit(moment) or Known(
            self._ledger.calls_since(user, self._theirs(moment)), self._clock.now(), "audit"
        )

    def _callers(self, since: str) -> Fact:
        return self._followed(float(since), self._trail.callers(self._theirs(float(since))) if self._trail else None)

    def _touched(self, user: str, since: str) -> Fact:
        moment = float(since)
        return self._followed(moment, self._trail.touched(user, self._theirs(moment)) if self._trail else None)

    def _theirs(self, moment: float) -> float:
        """A time of ours as the server's clock has it, by which the audit record is written.

        With our clock ahead, who calls this very minute would else seem to be quiet.
        """
        return moment - self._cluster.info.skew

    def _followed(self, since: float, found: tuple[object, ...] | str | None) -> Fact:
        if blind := self._audit(since):
            return blind
        if found is None or isinstance(found, str):
            return Unknown(found or "the audit record is not followed")
        return Known(found, self._clock.now(), "audit")

    def _groups(self, user: str) -> Fact:
        if user.startswith("system:serviceaccount:") and user.count(":") == 3:
            namespace = user.split(":")[2]
            own = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
            return Known(own, self._clock.now(), "watch")
        if blind := self._audit():
            return blind
        seen = self._seen_groups(user) if self._seen_groups else ()
        return Known(seen, self._clock.now(), "audit") if seen else Unknown(f"{user} was not seen in the audit record")

    def _found(self, floor: str, source: str, rule: str = "") -> Fact:
        if self._findings is None:
            return Unknown("no rules are running")
        return Known(self._findings(floor, source, rule), self._clock.now(), source or "journal")

    def _affected_of(self, kind: str) -> Fact:
        refs = tuple(ref for ref in self._affected() if kind in ("", ref.kind))
        return Known(refs, self._clock.now(), "journal")

    def _chain_now(self) -> Fact:
        if self._chain is None:
            return Unknown("the chain was not checked")
        said = self._chain()
        return Known("" if said == INTACT else said, self._clock.now(), "journal")

    def _echo_now(self) -> Fact:
        if blind := self._audit():
            return blind
        at = self._echo() if self._echo else 0.0
        return Known(at, at, "audit") if at else Unknown("no request of our own came back through the audit source yet")

    def _metric(self, query: str) -> Fact:
        if self._metrics is None:
            return Unknown("no prometheus source is configured")
        return self.prober.get(asking.metric(query))


class _Reading:
    """The book at one moment."""

    def __init__(self, book: FactBook, now: float, urgent: bool) -> None:
        self._book, self._now, self._urgent = book, now, urgent

    def get(self, ask: Ask) -> Fact:
        return self._book.get(ask, self._urgent)

    def now(self) -> float:
        return self._now

    def stamp(self, ask: Ask) -> object:
        return self._book.stamp(ask)


def _badness(health: SourceHealth) -> tuple[int, float]:
    return (WORST.index(health.state) if health.state in WORST else len(WORST), health.lag)
