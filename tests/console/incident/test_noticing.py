"""What of all that watches see is handed to the rules, when, and what is left to others."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, cast

import msgspec
import pytest

from console.cluster.cache import Cache
from console.hygiene.exporting import known_safe
from console.incident import noticing
from console.incident.engine import WARM
from console.incident.noticing import AUDIT, FOUNDING, KINDS, SETTLE, Noticing, own_hand
from console.model import entry as e
from console.model.instants import stamp
from console.model.objects import TYPES, Obj
from console.model.ref import BY_KIND
from console.model.signal import Change, SourceHealth
from console.model.state import IncidentState
from console.ports.clock import ManualClock
from console.ports.cluster import Cluster, KindHealth
from console.ports.source import Batch
from console.ports.tasks import Tasks
from console.rules.changes import SPAN
from console.rules.told import Told
from tests.console.rules.events import read

DAY = 86_400.0
PRIVILEGED = {"name": "a", "securityContext": {"privileged": True}}
PLAIN = {"name": "a", "image": "web:1"}
_numbers = itertools.count(1)


class Taking:
    """A pipeline that keeps what it is given."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    async def put(self, batch: Batch) -> None:
        assert batch.source == "watch"
        self.changes += cast(list[Change], batch.signals)

    def health(self, health: SourceHealth) -> None: ...


class World:
    """Caches as watches fill them, and what the pipeline is given of their changes."""

    def __init__(self, ours: Callable[[Change], bool] = lambda change: False, age: float = 90 * DAY) -> None:
        self.clock, self.told, self.sink, self._tasks = ManualClock(), Told(), Taking(), Tasks()
        self._started = False
        self.healths: list[SourceHealth] = []
        self.caches: dict[str, Cache] = {}
        self.noticing = Noticing(cast(Cluster, self), self.clock, lambda: self.healths, self.told, ours)
        for kind in KINDS:
            self.see(kind)
        self.put("Namespace", "kube-system", verb="listed", age=age)

    def see(self, kind: str, state: str = "live") -> None:
        self.view(kind).mark("", KindHealth(kind, state, 0.0))

    def view(self, kind: str) -> Cache:
        return self.caches.setdefault(kind, Cache(kind, self.noticing.heard))

    def put(self, kind: str, name: str, spec: Any = None, verb: str = "created", age: float = 0.0, **more: Any) -> Obj:
        """An object as a watch decodes it; in the same name again it is changed."""
        namespace = more.pop("namespace", "shop" if BY_KIND[kind].namespaced else "")
        known = self.view(kind).get(namespace, name)
        meta = {
            "name": name, "namespace": namespace, "resourceVersion": str(next(_numbers)),
            "uid": known.metadata.uid if known else f"uid-{next(_numbers)}",
            "creationTimestamp": stamp(self.clock.now() - age), **more.pop("meta", {}),
        }  # fmt: skip
        obj = msgspec.convert({"metadata": meta, "spec": spec or {}, **more}, TYPES.get(kind, Obj))
        self.view(kind).put(obj, verb)
        return obj

    async def settle(self, seconds: float = SETTLE + 1) -> list[str]:
        """Let time pass; what was handed over since the last time, as `verb Kind name`."""
        before = len(self.sink.changes)
        if not self._started:
            self._started = True
            self._tasks.start("watch", self.noticing.run(self.sink))
        for _ in range(int(seconds / 0.5)):
            await self.clock.advance(0.5)
        return [f"{one.verb} {one.ref.kind} {one.ref.name}" for one in self.sink.changes[before:]]

    async def close(self) -> None:
        await self._tasks.close()


def owner(obj: Obj, kind: str) -> dict[str, Any]:
    """Metadata of what this object controls."""
    meta = obj.metadata
    return {"ownerReferences": [{"kind": kind, "name": meta.name, "uid": meta.uid, "controller": True}]}


def pods(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"containers": list(containers), **more}


def template(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"template": {"spec": pods(*containers, **more)}}


@pytest.fixture
async def world() -> Any:
    one = World()
    await one.settle()
    yield one
    await one.close()


def test_only_kinds_that_are_watched_anyway_are_followed() -> None:
    assert set(KINDS) <= set(WARM)


async def test_what_appears_is_told_once_and_its_status_never(world: World) -> None:
    world.put("Pod", "web", pods(PLAIN))
    assert await world.settle() == ["created Pod web"]

    world.put("Pod", "web", pods(PLAIN), status={"phase": "Running"})
    world.put("Pod", "web", {**pods(PLAIN), "nodeName": "n1"}, meta={"labels": {"a": "b"}})
    assert await world.settle() == []

    world.put("Pod", "web", {**pods(PLAIN), "ephemeralContainers": [{"name": "d"}]})
    assert await world.settle() == ["updated Pod web"]


@pytest.mark.parametrize(
    ("kind", "first", "same", "other"),
    [
        ("Service", {"type": "ClusterIP"}, {"type": "ClusterIP"}, {"type": "NodePort"}),
        ("Deployment", template(PLAIN), {**template(PLAIN), "replicas": 9}, template(PRIVILEGED)),
        ("CronJob", {"schedule": "1 * * * *"}, {"schedule": "1 * * * *", "suspend": True}, {"schedule": "2 * * * *"}),
        ("Node", {}, {"providerID": "x"}, {"taints": [{"key": "a"}]}),
    ],
)
async def test_of_a_changed_object_only_what_is_wanted_of_it_counts(
    world: World, kind: str, first: Any, same: Any, other: Any
) -> None:
    world.put(kind, "x", first)
    await world.settle()

    world.put(kind, "x", same, status={})
    assert await world.settle() == []
    world.put(kind, "x", other)
    assert await world.settle() == [f"updated {kind} x"]


async def test_the_end_of_what_guards_is_told_and_nobody_is_named_for_it(world: World) -> None:
    mark = {"managedFields": [{"manager": "jane", "operation": "Update", "time": stamp(world.clock.now())}]}
    policy, pod = world.put("NetworkPolicy", "deny", meta=mark), world.put("Pod", "web", pods(PLAIN))
    await world.settle()

    world.view("NetworkPolicy").drop(policy)
    world.view("Pod").drop(pod)

    assert await world.settle() == ["deleted NetworkPolicy deny"]
    assert [(one.verb, one.manager) for one in world.sink.changes if one.ref.kind == "NetworkPolicy"] == [
        ("created", "jane"),
        ("deleted", ""),
    ]


async def test_a_change_is_told_under_the_mark_it_made() -> None:
    """Marks have whole seconds: the one of who made the object must not stand for who approved it."""
    world = World()
    await world.settle()
    at = stamp(world.clock.now())
    made = {"manager": "zed", "operation": "Update", "time": at}
    approved = {"manager": "kubectl", "operation": "Update", "time": at, "subresource": "approval"}
    world.put("CertificateSigningRequest", "c", {"username": "eve"}, meta={"managedFields": [made]})
    world.put(
        "CertificateSigningRequest", "c", {"username": "eve"}, meta={"managedFields": [made, approved]},
        status={"conditions": [{"type": "Approved"}]},
    )  # fmt: skip
    await world.settle()
    await world.close()

    assert [(one.verb, one.manager) for one in world.sink.changes] == [("created", "zed"), ("updated", "kubectl")]


# Owners


async def test_pods_of_a_workload_that_asks_for_as_much_are_left_to_it(world: World) -> None:
    agent = world.put("DaemonSet", "agent", template(PRIVILEGED))
    plain = world.put("DaemonSet", "plain", template(PLAIN))
    world.put("Pod", "agent-1", pods(PRIVILEGED), meta=owner(agent, "DaemonSet"))
    world.put("Pod", "plain-1", pods(PLAIN), meta=owner(plain, "DaemonSet"))
    world.put("Pod", "plain-2", pods(PRIVILEGED), meta=owner(plain, "DaemonSet"))

    told = await world.settle()

    assert told == ["created DaemonSet agent", "created DaemonSet plain", "created Pod plain-2"]
    assert world.sink.changes[-1].owned, "a webhook gave it more than its workload asks for"


async def test_an_owner_that_comes_a_moment_later_counts_and_a_forged_one_does_not(world: World) -> None:
    claimed = {"ownerReferences": [{"kind": "ReplicaSet", "name": "web", "uid": "uid-late", "controller": True}]}
    forged = {"ownerReferences": [{"kind": "ReplicaSet", "name": "web", "uid": "guessed", "controller": True}]}
    world.put("Pod", "web-1", pods(PRIVILEGED), meta=claimed)
    world.put("Pod", "web-2", pods(PRIVILEGED), meta=forged)
    world.put("ReplicaSet", "web", template(PRIVILEGED), meta={"uid": "uid-late"})

    told = await world.settle()

    assert told == ["created Pod web-2", "created ReplicaSet web"]
    assert not world.sink.changes[0].owned


async def test_a_static_pod_belongs_to_its_node_and_is_told(world: World) -> None:
    node = world.put("Node", "n1")
    world.put("Pod", "web-n1", pods(PLAIN), meta=owner(node, "Node"))
    assert await world.settle() == ["created Node n1", "created Pod web-n1"]


# What was there before


async def test_what_was_made_in_the_last_day_is_looked_at_and_the_installation_is_not() -> None:
    world = World()
    world.put("Pod", "old", pods(PLAIN), verb="listed", age=SPAN + 60)
    world.put("Pod", "young", pods(PLAIN), verb="listed", age=SPAN - 60)
    world.see("ClusterRoleBinding", "forbidden")
    world.put("ClusterRoleBinding", "hidden", verb="listed", age=60)

    assert await world.settle() == ["created Pod young"]

    world.see("ClusterRoleBinding")
    assert await world.settle() == ["created ClusterRoleBinding hidden"], "taken up when it can be seen"
    assert await world.settle(10) == []
    await world.close()

    fresh = World(age=FOUNDING + 60)
    fresh.put("ClusterRole", "system:node", verb="listed", age=60 + 30)
    fresh.put("ClusterRole", "later", verb="listed", age=30)
    assert await fresh.settle() == ["created ClusterRole later"]
    await fresh.close()


async def test_the_first_lists_are_waited_for_that_owners_are_known() -> None:
    world = World()
    world.see("ReplicaSet", "loading")
    world.put("Pod", "web-1", pods(PLAIN), verb="listed", meta={
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web", "uid": "uid-rs", "controller": True}]
    })  # fmt: skip
    assert await world.settle(30) == []

    world.put("ReplicaSet", "web", template(PLAIN), verb="listed", meta={"uid": "uid-rs"}, age=90 * DAY)
    world.see("ReplicaSet")
    assert await world.settle() == []
    await world.close()


# Beside an audit trail


def created(name: str, **more: Any) -> list[Any]:
    on = {"resource": "pods", "namespace": "shop", "name": name}
    return read([{"verb": "create", "objectRef": on, "user": {"username": "jane"}, **more}])


async def test_beside_an_audit_trail_only_what_it_does_not_tell_is_told(world: World) -> None:
    """A thin policy, another API server, a gap: then the watch is all there is."""
    world.healths = [SourceHealth("audit", "live", 0.0)]
    for name in ("told", "silent", "bare"):
        world.put("Pod", name, pods(PRIVILEGED))
    at = {"stageTimestamp": stamp(world.clock.now())}
    assert await world.settle(AUDIT) == [], "the trail may be behind"
    world.told.feed(created("told", requestObject={"spec": {}}, **at))
    world.told.feed(created("bare", **at))

    assert await world.settle(5) == ["created Pod silent", "created Pod bare"]
    assert "no audit trail tells of" in world.noticing.health().note


@pytest.mark.parametrize("state", ["stale", "failed", "absent", "ended"])
async def test_a_trail_that_is_not_read_is_not_waited_for(world: World, state: str) -> None:
    world.healths = [SourceHealth("audit", state, 0.0), SourceHealth("falco", "live", 0.0)]
    world.put("Pod", "web", pods(PLAIN))
    assert await world.settle() == ["created Pod web"]


async def test_a_trail_that_is_behind_is_waited_for_longer(world: World) -> None:
    world.healths = [SourceHealth("audit:webhook", "live", 0.0, lag=30.0)]
    world.put("Pod", "web", pods(PLAIN))
    assert await world.settle(AUDIT + 20) == []
    assert await world.settle(20) == ["created Pod web"]


# Ourselves, and bounds


def test_our_own_writes_are_known_by_manager_and_object_together() -> None:
    name = e.Recorded(*map(known_safe, ("name", "cabc", "engine", "field manager")))
    state = IncidentState(recorded={"name": [(1.0, name)]})
    ours = own_hand(lambda: state, lambda: {"NetworkPolicy/shop/deny"})

    def change(name: str, manager: str) -> Change:
        return Change("created", BY_KIND["NetworkPolicy"].ref("shop", name), 1.0, manager)

    assert ours(change("deny", "cabc"))
    assert not ours(change("deny", "helm")), "somebody else changed what we made"
    assert not ours(change("other", "cabc")), "somebody else uses the name of our hand"


async def test_our_own_changes_are_not_told() -> None:
    world = World(ours=lambda change: change.ref.name == "mine")
    await world.settle()
    world.put("Pod", "mine", pods(PLAIN))
    world.put("Pod", "theirs", pods(PLAIN))
    assert await world.settle() == ["created Pod theirs"]
    await world.close()


async def test_a_storm_is_bounded_and_what_is_lost_is_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noticing, "MOST", 3)
    for number in range(5):
        world.put("Pod", f"web-{number}", pods(PLAIN))

    assert len(await world.settle()) == 3
    assert world.noticing.health().dropped == 2
