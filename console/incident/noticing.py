"""What watches saw, handed to the rules: objects that appeared, changed in what is wanted of them, or went.

In: every change of every watch, and the caches. Out: batches of `Change`. The callback must cost nothing for a status
update and never waits. Kinds are those the engine watches anyway; nothing is listed or asked for. Left out, because
another tells it better: writes the audit trail told of (it knows who), our own (the journal has them), and pods whose
workload asks for all they have (the workload is judged). What is lost is counted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from console.actions.names import TOPIC
from console.incident.naming import key_of
from console.model.instants import seconds, stamp
from console.model.objects import (
    Binding,
    Ingress,
    NetworkPolicy,
    Obj,
    Pod,
    Role,
    Service,
    SigningRequest,
    WebhookConfiguration,
    Workload,
)
from console.model.ref import BY_KIND
from console.model.signal import Change, SourceHealth
from console.model.state import IncidentState
from console.ports.clock import Clock
from console.ports.cluster import Cluster
from console.ports.source import Batch, Sink
from console.rules.changes import SPAN, controllers_of, hand_of
from console.rules.lookout import SOURCE
from console.rules.privileges import privileges_of, template_of
from console.rules.told import Told

MOST = 20_000
"""Changes waiting at most."""
SETTLE = 2.0
"""Seconds a change waits: the watch of its owner may be a moment behind."""
AUDIT = 60.0
"""Seconds it waits more while an audit trail is read, beside how far that is behind: the trail tells who."""
_LONGEST = 900.0
PATIENCE = 60.0
"""Seconds within which the first lists come; what is not there then is taken up when it comes."""
FOUNDING = 600.0
"""Seconds after the cluster itself was made in which its own parts are installed."""
_PAUSE = 0.5
_SLICE = 50
"""Changes handed over together: judging them takes about three milliseconds."""
_LOOKED = 500

_WORKLOADS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob")


def _wanted(obj: Workload) -> Any:
    return template_of(obj), obj.spec.schedule


_WHAT: dict[str, Callable[[Any], Any]] = {
    "Pod": lambda obj: (obj.spec.containers, obj.spec.init_containers, obj.spec.ephemeral_containers),
    "Node": lambda obj: obj.spec.taints,
    "Namespace": lambda obj: obj.metadata.labels,
    "Service": lambda obj: cast(Service, obj).spec,
    "Ingress": lambda obj: cast(Ingress, obj).spec,
    "NetworkPolicy": lambda obj: cast(NetworkPolicy, obj).spec,
    "ServiceAccount": lambda obj: None,
    "Role": lambda obj: cast(Role, obj).rules,
    "ClusterRole": lambda obj: cast(Role, obj).rules,
    "RoleBinding": lambda obj: cast(Binding, obj).subjects,
    "ClusterRoleBinding": lambda obj: cast(Binding, obj).subjects,
    "MutatingWebhookConfiguration": lambda obj: cast(WebhookConfiguration, obj).webhooks,
    "ValidatingWebhookConfiguration": lambda obj: cast(WebhookConfiguration, obj).webhooks,
    "CertificateSigningRequest": lambda obj: cast(SigningRequest, obj).status.conditions,
    "Event": lambda obj: None,
    **dict.fromkeys(_WORKLOADS, _wanted),
}
"""Kinds that are told of, and what of each makes a change of it one that rules see."""
KINDS = tuple(_WHAT)
_GOING = frozenset(KINDS) - {"Pod", "Job", "ReplicaSet", "Event", "Node", "CertificateSigningRequest"}
"""Kinds whose end is told too: of the others ends are everyday."""


def own_hand(state: Callable[[], IncidentState], touched: Callable[[], set[str]]) -> Callable[[Change], bool]:
    """Whether a change is our own doing: under a field manager of this incident, on what our writes touched.

    Either alone would not do: who reads an object of ours knows the manager, and may use it.
    """

    def ours(change: Change) -> bool:
        names = {record.value for _, record in state().recorded.get(TOPIC, ())}
        return change.manager in ("", *names) and key_of(change.ref) in touched()

    return ours


class Noticing:
    """Follows the watches of a cluster.

    Args:
        healths: how the sources are, to know whether an audit trail is read.
        told: what that trail told of.
        ours: whether a change is our own doing.
    """

    def __init__(
        self,
        cluster: Cluster,
        clock: Clock,
        healths: Callable[[], Iterable[SourceHealth]],
        told: Told,
        ours: Callable[[Change], bool],
    ) -> None:
        self._cluster, self._clock, self._healths, self._told, self._ours = cluster, clock, healths, told, ours
        self._waiting: deque[tuple[float, str, str, Obj, Obj | None]] = deque()
        self._unlooked = list(KINDS)
        """Kinds whose first list was not looked through yet."""
        self.dropped = 0

    def heard(self, verb: str, kind: str, obj: Obj, before: Obj | None) -> None:
        """A change of a watch; what was there before us is looked for in the caches instead."""
        what = _WHAT.get(kind)
        if what is None or verb == "listed":
            return
        if verb == "updated":
            if before is None or what(obj) == what(before):
                return
        elif verb == "deleted" and kind not in _GOING:
            return
        elif (owner := self._owner(obj)) is not None and not _stands_out(obj, owner, before):
            return  # else looked at again later: its owner may not be there yet
        if len(self._waiting) >= MOST:
            self.dropped += 1
            return
        self._waiting.append((self._clock.now(), verb, kind, obj, before))

    def health(self) -> SourceHealth:
        """What is said beside the state of the watches."""
        by = "that no audit trail tells of " if self._hold() > SETTLE else ""
        note = f"changes {by}are judged by the objects themselves: who made them is not known"
        return SourceHealth(SOURCE, "live", 0.0, dropped=self.dropped, note=note)

    async def run(self, sink: Sink) -> None:
        """Hand over for ever: first what is young in the caches, then what is heard."""
        begun = self._clock.now()
        while True:
            if self._unlooked and self._clock.now() >= begun + self._hold():
                await self._look_through(sink, patient=self._clock.now() < begun + PATIENCE)
            await self._release(sink)
            await self._clock.sleep(_PAUSE)

    # What was there

    async def _look_through(self, sink: Sink, patient: bool) -> None:
        """Objects made in the last day: the breach began before the tool did."""
        states = {kind: self._cluster.view(kind).health.state for kind in self._unlooked}
        if patient and "loading" in states.values():
            return
        for kind in [kind for kind, state in states.items() if state in ("live", "stale")]:
            self._unlooked.remove(kind)
            since = self._young()
            young: list[Change] = []
            for number, obj in enumerate(self._cluster.view(kind).all()):
                if (obj.metadata.creation_timestamp or "") >= since:
                    young += self._told_of("created", kind, obj, None, 0.0)
                if len(young) >= _SLICE or number % _LOOKED == 0:
                    young = await self._hand_over(sink, young)
            await self._hand_over(sink, young)

    def _young(self) -> str:
        """The time, as the API writes it, after which an object is looked at. What was made with the cluster is its
        installation: posture judges it as it stands."""
        system = self._cluster.view("Namespace").get("", "kube-system")
        founded = seconds(system.metadata.creation_timestamp) if system is not None else None
        return stamp(max(self._clock.now() - SPAN, (founded or 0.0) + FOUNDING))

    # What happens

    async def _release(self, sink: Sink) -> None:
        ready: list[Change] = []
        before = self._clock.now() - self._hold()
        while self._waiting and self._waiting[0][0] <= before:
            at, verb, kind, obj, was = self._waiting.popleft()
            ready += self._told_of(verb, kind, obj, was, at)
            if len(ready) >= _SLICE:
                ready = await self._hand_over(sink, ready)
        await self._hand_over(sink, ready)

    async def _hand_over(self, sink: Sink, changes: list[Change]) -> list[Change]:
        if changes:
            await sink.put(Batch(SOURCE, changes))
        await asyncio.sleep(0)
        return []

    def _hold(self) -> float:
        """Seconds a change waits."""
        lags = [one.lag for one in self._healths() if one.name.startswith("audit") and one.state in ("live", "loading")]
        return min(SETTLE + AUDIT + max(lags), _LONGEST) if lags else SETTLE

    def _told_of(self, verb: str, kind: str, obj: Obj, before: Obj | None, heard: float) -> Iterator[Change]:
        """The change, unless another tells it."""
        owner = self._owner(obj)
        if owner is not None and not _stands_out(obj, owner, before):
            return
        meta = obj.metadata
        marked, hand = hand_of(obj, before)
        manager = "" if verb == "deleted" else hand or controllers_of(obj)  # a mark never says who deleted
        made = seconds(meta.creation_timestamp) or 0.0
        at = made if verb == "created" else marked if verb == "updated" and 0 <= heard - marked < AUDIT else heard
        ref = BY_KIND[kind].ref(meta.namespace, meta.name, meta.uid)
        change = Change(verb, ref, at or heard, manager, obj, before, owner is not None)
        if not self._told.knows(ref, change.at) and not self._ours(change):
            yield change

    def _owner(self, obj: Obj) -> Obj | None:
        """The workload it belongs to. What it says of that is a claim: it must be there, and have that uid."""
        claimed = obj.metadata.controller
        if claimed is None or claimed.kind not in _WORKLOADS or not isinstance(obj, Pod | Workload):
            return None
        owner = self._cluster.view(claimed.kind).get(obj.metadata.namespace, claimed.name)
        return owner if owner is not None and owner.metadata.uid == claimed.uid else None


def _stands_out(obj: Obj, owner: Obj, before: Obj | None) -> bool:
    """Whether it says more than the workload it belongs to, which is judged when it is made or changed."""
    if isinstance(obj, Pod) and before is not None and obj.spec.ephemeral_containers:
        return True
    return bool(privileges_of(obj) - privileges_of(owner))
