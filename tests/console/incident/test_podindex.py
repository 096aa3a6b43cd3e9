"""The index of pods follows every change and agrees with counting them anew."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from console.incident.podindex import PodIndex
from console.model.facts import Known
from console.model.meta import Part
from console.model.objects import Pod
from console.model.ref import BY_KIND
from console.model.workload import ContainerState
from console.ports.clock import ManualClock
from console.ports.cluster import Cluster
from tests.console.checks.scripted import pod
from tests.console.incident.test_factbook import ScriptedCluster, Watched


def decoded(name: str, **more: Any) -> Pod:
    return msgspec.json.decode(msgspec.json.encode(pod(name, **more)), type=Pod)


class World:
    """A watch of pods, and the index that hears of every change."""

    def __init__(self) -> None:
        self.cluster = ScriptedCluster()
        self.index = PodIndex(cast(Cluster, self.cluster), ManualClock())
        self.cluster.views["Pod"] = Watched("Pod")

    def put(self, one: Pod) -> None:
        self.drop(one.metadata.name, tell=False)
        self.cluster.views["Pod"].objects.append(one)
        self.index.heard("updated", one)

    def drop(self, name: str, tell: bool = True) -> None:
        view = self.cluster.views["Pod"]
        gone = [one for one in view.objects if one.metadata.name == name]
        view.objects = [one for one in view.objects if one.metadata.name != name]
        if tell and gone:
            self.index.heard("deleted", gone[0])


def value(fact: object) -> Any:
    assert isinstance(fact, Known)
    return fact.value


def state(index: PodIndex) -> Any:
    """All an index can tell."""
    affected = [BY_KIND["Pod"].ref("shop", "a")]
    notable = [one.metadata.name for one in value(index.notable())]
    return notable, value(index.siblings(affected)), value(index.running("sha256"))


def test_a_status_update_changes_nothing_and_a_new_image_does() -> None:
    world = World()
    world.put(decoded("a", digest="sha256:1"))
    before = world.index.version
    ready = decoded("a", digest="sha256:1")
    ready.status.conditions = []
    world.put(ready)
    assert world.index.version == before
    world.put(decoded("a", digest="sha256:2"))
    assert world.index.version > before
    assert value(world.index.running("sha256:1")) == ()


def test_a_pod_that_ended_or_went_is_forgotten() -> None:
    world = World()
    world.put(decoded("a", spec={"hostNetwork": True}))
    assert [one.metadata.name for one in value(world.index.notable())] == ["a"]
    ended = decoded("a", spec={"hostNetwork": True})
    ended.status.phase = "Succeeded"
    world.put(ended)
    assert len(value(world.index.notable())) == 1, "its phase alone may be forged"
    ended = msgspec.json.decode(msgspec.json.encode(ended), type=Pod)
    for one in ended.status.container_statuses or ():
        one.state = ContainerState(terminated=Part())
    world.put(ended)
    assert value(world.index.notable()) == ()
    world.put(decoded("b", spec={"hostNetwork": True}))
    world.drop("b")
    assert value(world.index.notable()) == ()


_POD = st.fixed_dictionaries(
    {
        "name": st.sampled_from("abcd"),
        "digest": st.sampled_from(["sha256:1", "sha256:2", ""]),
        "account": st.sampled_from(["default", "web"]),
        "owner": st.sampled_from([None, ("ReplicaSet", "x", "rs1"), ("ReplicaSet", "y", "rs2")]),
        "spec": st.sampled_from([{}, {"hostNetwork": True}]),
    }
)


@given(st.lists(st.one_of(_POD, st.sampled_from("abcd")), max_size=20))
def test_following_comes_to_the_same_as_reading_all_anew(changes: list[Any]) -> None:
    world = World()
    for change in changes:
        if isinstance(change, str):
            world.drop(change)
        else:
            world.put(decoded(**change))
    fresh = PodIndex(cast(Cluster, world.cluster), ManualClock())
    assert state(world.index) == state(fresh)
