"""Pods by what they share and by what makes them notable, kept up with every change instead of counted anew.

In: changes of pods. Out: the few pods that run on a host's network, have host ports or are static; who shares owner,
account or image with whom. Status updates change nothing here: ten thousand pods under churn cost a check nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from console.model.ending import is_over
from console.model.facts import Fact, Known
from console.model.objects import Obj, Pod
from console.model.ref import ResourceRef
from console.ports.clock import Clock
from console.ports.cluster import Cluster

MIRROR = "kubernetes.io/config.mirror"
SOURCE = "kubernetes.io/config.source"

Key = tuple[str, str]
"""Namespace and name."""
Trait = tuple[str, str]
"""`owner`, `account` or `image`, and which."""


class _Entry(msgspec.Struct, frozen=True):
    traits: frozenset[Trait]
    notable: bool


class PodIndex:
    """All pods of the watch, by trait. Made before the watch, it follows; made later, it reads the cache once first."""

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        self._cluster, self._clock = cluster, clock
        self._filled = not any(health.kind == "Pod" for health in cluster.healths())
        self._entries: dict[Key, _Entry] = {}
        self._having: dict[Trait, set[Key]] = {}
        self._notable: set[Key] = set()
        self.version = 0
        """Rises when an answer may differ."""

    def heard(self, verb: str, obj: Obj) -> None:
        """A pod changed."""
        if self._filled and isinstance(obj, Pod):
            self._put((obj.metadata.namespace, obj.metadata.name), None if verb == "deleted" else _entry(obj))

    def notable(self) -> Fact:
        """Pods that are exposed on their host or static, as they are in the cache."""
        self._fill()
        view = self._cluster.view("Pod")
        pods = (view.get(*key) for key in sorted(self._notable))
        return self._known(tuple(pod for pod in pods if pod is not None))

    def siblings(self, affected: Iterable[ResourceRef]) -> Fact:
        """`namespace/name` of pods that share a trait with an affected pod and are not affected themselves."""
        self._fill()
        names = {(ref.namespace, ref.name) for ref in affected if ref.kind == "Pod"}
        traits = {trait for name in names if name in self._entries for trait in self._entries[name].traits}
        found = {key for trait in traits for key in self._having.get(trait, ())} - names
        return self._known(tuple(f"{namespace}/{name}" for namespace, name in sorted(found)))

    def running(self, image: str) -> Fact:
        """`namespace/name` of pods with a container whose image id holds this text (a digest)."""
        self._fill()
        matching = [keys for (what, which), keys in self._having.items() if what == "image" and image in which]
        found = {key for keys in matching for key in keys}
        return self._known(tuple(f"{namespace}/{name}" for namespace, name in sorted(found)))

    def _known(self, value: object) -> Known:
        return Known(value, self._clock.now(), "watch")

    def _fill(self) -> None:
        if self._filled:
            return
        self._filled = True
        for pod in self._cluster.view("Pod").all():
            self.heard("listed", pod)

    def _put(self, key: Key, entry: _Entry | None) -> None:
        before = self._entries.get(key)
        if before == entry:
            return
        self.version += 1
        for trait in before.traits if before else ():
            self._having[trait].discard(key)
            if not self._having[trait]:
                del self._having[trait]
        self._notable.discard(key)
        self._entries.pop(key, None)
        if entry is None:
            return
        self._entries[key] = entry
        for trait in entry.traits:
            self._having.setdefault(trait, set()).add(key)
        if entry.notable:
            self._notable.add(key)


def _entry(pod: Pod) -> _Entry | None:
    """What is kept of a pod; nothing of one that has ended."""
    if is_over(pod):
        return None
    return _Entry(frozenset(_traits(pod)), _is_notable(pod))


def _traits(pod: Pod) -> Iterable[Trait]:
    owner, account = pod.metadata.controller, pod.spec.service_account_name
    if owner is not None:
        yield "owner", owner.uid
    if account and account != "default":  # everything without an account of its own has this one
        yield "account", f"{pod.metadata.namespace}/{account}"
    parts = (
        pod.status.container_statuses,
        pod.status.init_container_statuses,
        pod.status.ephemeral_container_statuses,
    )
    for part in parts:
        for one in part or ():
            if one.image_id:
                yield "image", one.image_id


def _is_notable(pod: Pod) -> bool:
    notes = pod.metadata.annotations
    if notes and (MIRROR in notes or notes.get(SOURCE) in ("file", "http")):
        return True
    return pod.spec.host_network or any(port.host_port for one in pod.spec.containers for port in one.ports or ())
