"""The fact book over scripted watches and records: the unseen is unknown with its reason; change is told, paced."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, cast

import msgspec
import pytest

from console.checks import asking
from console.errors import BadInput
from console.incident.factbook import PAUSE, FactBook
from console.model.action import Right
from console.model.entry import Captured, Entry, Recorded
from console.model.facts import Ask, Known, Unknown
from console.model.objects import Metadata, Node, Obj
from console.model.ref import BY_KIND
from console.model.signal import SourceHealth
from console.model.state import IncidentState
from console.model.text import Clean
from console.ports.clock import ManualClock
from console.ports.cluster import Cluster, ClusterInfo, KindHealth, Listener, Ruling
from console.ports.tasks import Tasks


class Watched:
    """A cache of one kind in whatever state the test wants."""

    def __init__(self, kind: str, objects: Iterable[Obj] = ()) -> None:
        self.kind, self.objects = kind, list(objects)
        self.health = KindHealth(kind, "live", 0.0)

    def get(self, namespace: str, name: str) -> Obj | None:
        return next((o for o in self.objects if (o.metadata.namespace, o.metadata.name) == (namespace, name)), None)

    def all(self, namespace: str = "") -> Iterator[Obj]:
        return (o for o in self.objects if namespace in ("", o.metadata.namespace))

    def __len__(self) -> int:
        return len(self.objects)


class ScriptedCluster:
    """Watches in scripted states, and scripted access reviews."""

    def __init__(self) -> None:
        self.views: dict[str, Watched] = {}
        self.listener: Listener = lambda *_: None
        self.rulings: list[Ruling] = []
        self.info = ClusterInfo("c1", "https://api.example", "test")

    def view(self, kind: str) -> Watched:
        return self.views.setdefault(kind, Watched(kind))

    def healths(self) -> tuple[KindHealth, ...]:
        return tuple(view.health for view in self.views.values())

    def listen(self, listener: Listener) -> Callable[[], None]:
        self.listener = listener
        return lambda: None

    async def review(self, rights: Any, subject: Any = None) -> tuple[Ruling, ...]:
        return (self.rulings.pop(0),)


class Ledger:
    blind_before = 0.0

    def open_streams(self, user: str) -> list[tuple[str, str, str, str, float]]:
        return [("a1", "get", "shop/web", "exec", 1.0)] if user == "eve" else []

    def __init__(self) -> None:
        self.asked = 0.0

    def calls_since(self, user: str, since: float) -> int:
        self.asked = since
        return 3


class Book:
    """A book with everything it rests on, for the test to change."""

    def __init__(self, state: IncidentState | None = None, **more: Any) -> None:
        self.clock, self.cluster, self.state = ManualClock(), ScriptedCluster(), state or IncidentState()
        self.sources: list[SourceHealth] = []
        self.ledger = Ledger()
        self.book = FactBook(
            cast(Cluster, self.cluster), lambda: self.state, self.ledger,
            lambda: [BY_KIND["Node"].ref("", "node-0")], lambda: self.sources, self.clock, **more,
        )  # fmt: skip

    def why(self, ask: Ask) -> str:
        fact = self.book.get(ask)
        assert isinstance(fact, Unknown)
        return fact.why

    def value(self, ask: Ask) -> Any:
        fact = self.book.get(ask)
        assert isinstance(fact, Known), fact
        return fact.value

    def record(self, record: Any) -> None:
        self.state.apply(Entry(self.state.seq + 1, self.clock.now(), Clean("ana"), record, "", ""))


@pytest.fixture
def a() -> Book:
    return Book()


@contextmanager
def health(book: Book, kind: str, state: str, **more: Any) -> Iterator[None]:
    view = book.cluster.view(kind)
    before, view.health = view.health, KindHealth(kind, state, book.clock.now() - 60, **more)
    yield
    view.health = before


@pytest.mark.parametrize("state", ["loading", "stale", "forbidden", "absent"])
def test_a_watch_that_is_not_live_answers_nothing(a: Book, state: str) -> None:
    with health(a, "Node", state, why="because"):
        assert f"Node watch is {state}" in a.why(asking.objects("Node"))
        assert "because" in a.why(asking.an_object("Node", "", "node-0"))


def test_an_object_that_is_not_there_is_known_to_be_absent(a: Book) -> None:
    assert a.value(asking.an_object("Node", "", "node-0")) is None


def test_a_watch_of_some_namespaces_answers_for_those_only(a: Book) -> None:
    with health(a, "Pod", "live", namespaces=("shop",)):
        assert a.value(asking.objects("Pod", "shop")) == ()
        assert a.why(asking.objects("Pod")) == "Pod is watched in shop only"
        assert a.why(asking.an_object("Pod", "bank", "x")) == "Pod is watched in shop only"


def test_without_an_audit_source_the_ledger_is_not_believed(a: Book) -> None:
    for ask in (asking.open_streams("eve"), asking.calls_since("eve", 0.0), asking.echo(), asking.groups("eve")):
        assert a.why(ask) == "no audit source is configured"


def test_the_ledger_answers_while_every_audit_source_is_live(a: Book) -> None:
    a.sources = [SourceHealth("audit", "live", 0.0), SourceHealth("audit:2", "live", 0.0)]
    assert len(a.value(asking.open_streams("eve"))) == 1
    a.sources[1] = SourceHealth("audit:2", "stale", a.clock.now(), "no record for 5 m")
    assert "audit:2 is stale" in a.why(asking.open_streams("eve"))
    assert a.value(asking.source("audit")).name == "audit:2"


def test_a_hole_in_the_audit_record_hides_calls_of_that_time_only(a: Book) -> None:
    now = a.clock.now()
    a.sources = [SourceHealth("audit", "live", 0.0, gaps=((now - 500, now - 400),))]
    assert "hole" in a.why(asking.calls_since("eve", now - 450))
    assert a.value(asking.calls_since("eve", now - 300)) == 3


@pytest.mark.parametrize("skew", [1200.0, -1200.0, 0.0])
def test_the_audit_record_is_asked_in_the_time_of_the_clock_that_wrote_it(a: Book, skew: float) -> None:
    """Our clock twenty minutes ahead: an account that calls now would be proved quiet for a quarter of an hour."""
    a.cluster.info = msgspec.structs.replace(a.cluster.info, skew=skew)
    a.sources = [SourceHealth("audit", "live", 0.0)]
    since = a.clock.now() - 900

    a.value(asking.calls_since("eve", since))

    assert a.ledger.asked == since - skew


class Followed:
    """A trail that knows of one caller, and not of the time before 1000."""

    def callers(self, since: float) -> tuple[str, ...] | str:
        return ("192.0.2.1",) if since >= 1000 else "the audit record begins later"

    def touched(self, user: str, since: float) -> tuple[tuple[str, str, str, str], ...] | str:
        return (("", "secrets", "shop", "db"),)


def test_the_trail_answers_while_the_audit_record_is_whole_and_says_why_it_cannot() -> None:
    a = Book(trail=Followed())
    assert a.why(asking.callers(2000.0)) == "no audit source is configured"
    a.sources = [SourceHealth("audit", "live", 0.0)]
    assert a.value(asking.callers(2000.0)) == ("192.0.2.1",)
    assert a.why(asking.callers(10.0)) == "the audit record begins later"
    assert a.value(asking.touched("eve", 2000.0)) == (("", "secrets", "shop", "db"),)
    a.sources = [SourceHealth("audit", "live", 0.0, gaps=((2500.0, 2600.0),))]
    assert "hole" in a.why(asking.touched("eve", 2000.0))


def test_groups_of_a_service_account_are_known_without_any_source(a: Book) -> None:
    assert a.value(asking.groups("system:serviceaccount:shop:web")) == (
        "system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated",
    )  # fmt: skip


def test_statements_and_captures_come_out_of_the_record(a: Book) -> None:
    a.record(Recorded(Clean("t0.estimate"), Clean("2026-05-01T00:00:00Z"), Clean("ana")))
    a.record(Captured(Clean("pod.yaml"), Clean("Pod shop/web"), Clean("u1"), Clean("aa"), 3))
    logs = (Clean("pod.logs"), Clean("Pod shop/web"), Clean("u1"), Clean(""), 0, Clean("no logs yet"))
    a.record(Captured(*logs, failed=True))
    assert a.value(asking.recorded("t0.estimate")) == (("2026-05-01T00:00:00Z", "ana", a.clock.now()),)
    assert a.value(asking.evidence("pod.yaml", "u1")) == ("aa",)
    assert a.value(asking.evidence("pod.yaml", "u2")) == ()
    assert a.value(asking.evidence("pod.logs", "u1")) == ()
    assert a.value(asking.missed("pod.logs", "u1")) == ("no logs yet",)
    a.record(Captured(Clean("pod.yaml"), Clean("Pod shop/web"), Clean("u1"), Clean("bb"), 3))
    assert a.value(asking.evidence("pod.yaml", "u1")) == ("aa", "bb")
    assert a.value(asking.journal("captured")) == 3


def test_optional_facts_say_what_is_missing(a: Book) -> None:
    assert a.why(asking.metric("q:cpu")) == "no prometheus source is configured"
    assert a.why(asking.findings("medium")) == "no rules are running"
    assert a.why(asking.chain()) == "the chain was not checked"
    assert a.why(asking.source("prometheus")) == "no prometheus source is configured"


def test_a_name_that_is_no_fact_is_a_defect(a: Book) -> None:
    with pytest.raises(BadInput, match="No fact is called 'weather'"):
        a.book.get(Ask("weather"))


def test_every_name_that_checks_may_ask_for_is_answered(a: Book) -> None:
    from console.checks.shipped import shipped

    arguments = {"object": ("Pod", "a", "b"), "objects": ("Pod", ""), "allowed": ("u", "", "get", "", "pods", "", "")}
    single = {"recorded", "affected", "journal", "source", "open_streams", "groups", "items", "metric", "running"}
    double = {"evidence", "missed", "token_secrets", "findings"}
    for name in {name for check in shipped().values() for name in check.reads}:
        args = arguments.get(name) or (("x",) if name in single else ("a", "b") if name in double else ())
        args = ("eve", "0.0") if name in ("calls_since", "touched") else ("0.0",) if name == "callers" else args
        a.book.get(Ask(name, args))


def test_a_stamp_of_one_object_ignores_the_others_of_its_kind(a: Book) -> None:
    one, two = (Node(metadata=Metadata(name, "", f"u-{name}", "1")) for name in ("n1", "n2"))
    a.cluster.views["Node"] = Watched("Node", [one, two])
    ask, everything = asking.an_object("Node", "", "n1"), asking.objects("Node")
    before = a.book.stamp(ask), a.book.stamp(everything)
    two.metadata.resource_version = "2"
    a.cluster.listener("updated", "Node", two, two)
    assert a.book.stamp(ask) == before[0]
    assert a.book.stamp(everything) != before[1]
    one.metadata.resource_version = "2"
    assert a.book.stamp(ask) != before[0]
    with health(a, "Node", "stale"):
        assert a.book.stamp(ask) != before[0]


def test_a_reading_stops_the_time(a: Book) -> None:
    reading = a.book.reading()
    before = reading.now()
    asyncio.run(a.clock.advance(5))
    assert reading.now() == before
    assert a.book.now() == before + 5


async def test_changes_are_told_at_once_and_then_at_most_four_times_a_second(a: Book) -> None:
    tasks, seen = Tasks(), list[float]()

    async def listen() -> None:
        revision = a.book.revision
        while True:
            revision = await a.book.wait_change(revision)
            seen.append(a.clock.monotonic())

    a.book.start(tasks)
    await a.clock.advance(1.0)
    tasks.start("listen", listen())
    for _ in range(100):
        a.book.touch()
        await a.clock.advance(0.01)
    await a.clock.advance(5.0)
    assert seen[0] == 1.0
    assert len(seen) == 5
    assert all(after - before >= PAUSE for before, after in pairwise(seen))
    await tasks.close()


async def test_a_watch_that_goes_live_empty_or_stale_in_silence_is_told(a: Book) -> None:
    tasks = Tasks()
    a.cluster.view("Node").health = KindHealth("Node", "loading", 0.0)
    a.book.start(tasks)
    await a.clock.advance(2.0)
    for state in ("live", "stale"):
        before = a.book.revision
        a.cluster.view("Node").health = KindHealth("Node", state, 0.0)
        await a.clock.advance(1.0)
        assert a.book.revision == before + 1
    await tasks.close()


async def test_a_change_of_rights_asks_for_access_reviews_again(a: Book) -> None:
    tasks = Tasks()
    a.book.start(tasks)
    right = Right("list", "secrets")
    ask = asking.allowed("eve", right)
    a.cluster.rulings = [Ruling(right, True), Ruling(right, False), Ruling(right, False, error="no answer")]
    assert a.why(ask) == "being asked"
    await a.clock.advance(1.0)
    assert a.value(ask) is True
    a.cluster.listener("deleted", "ClusterRoleBinding", Obj(metadata=Metadata("b")), None)
    a.book.get(ask)
    await a.clock.advance(1.0)
    assert a.value(ask) is False
    await tasks.close()


@pytest.mark.parametrize(("said", "problem"), [("chain ok", ""), ("entry 7 was changed", "entry 7 was changed")])
def test_the_headers_word_for_an_intact_chain_is_no_problem(said: str, problem: str) -> None:
    book = Book(chain=lambda: said)
    assert book.value(asking.chain()) == problem


def test_calls_from_before_a_restart_are_unknown_not_zero() -> None:
    book = Book()
    book.sources.append(SourceHealth("audit", "live", 0.0))
    Ledger.blind_before = 100.0
    try:
        assert "started again" in book.why(asking.calls_since("eve", 50.0))
        assert book.value(asking.calls_since("eve", 150.0)) == 3
    finally:
        Ledger.blind_before = 0.0


def sealed_items(*names: str) -> list[Captured]:
    return [Captured(Clean("pod.yaml"), Clean("Pod shop/web"), Clean("u1"), Clean(name * 64), 3) for name in names]


async def hashed(book: Book, blobs: int) -> None:
    """Wait until that many blobs were looked at by the book's own task."""
    async with asyncio.timeout(20):
        while len(book.book._seals._looked) < blobs:
            await asyncio.sleep(0.005)


async def test_evidence_that_is_gone_or_altered_is_no_evidence_and_is_hashed_off_the_loop() -> None:
    there, threads = {"a" * 64}, set()

    def intact(blob: str) -> bool:
        threads.add(threading.get_ident())
        return blob in there

    state = IncidentState()
    state.captured.extend(sealed_items("a", "b"))
    book, tasks = Book(state, intact=intact), Tasks()
    ask = asking.evidence("pod.yaml", "u1")

    assert book.why(ask) == "the sealed bytes are being hashed"
    assert not threads
    book.book.start(tasks)
    await hashed(book, 2)
    assert book.value(ask) == ("a" * 64,)
    assert book.book._dirty.is_set() or book.book.revision  # whoever judges by it is told

    there.clear()
    await book.clock.advance(301)
    assert book.value(ask) == ("a" * 64,)  # until it was looked at again
    async with asyncio.timeout(20):
        while book.value(ask):
            await asyncio.sleep(0.005)
    assert threads
    assert threading.get_ident() not in threads
    await tasks.close()


async def test_what_this_engine_sealed_itself_counts_until_a_look_says_otherwise() -> None:
    book, tasks = Book(intact=lambda blob: False), Tasks()
    book.state.captured.extend(sealed_items("a"))

    assert book.value(asking.evidence("pod.yaml", "u1")) == ("a" * 64,)
    book.book.start(tasks)
    await hashed(book, 1)
    assert book.value(asking.evidence("pod.yaml", "u1")) == ()
    await tasks.close()
