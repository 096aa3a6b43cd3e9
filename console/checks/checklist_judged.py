"""Lists that a person has to judge one by one, and the persistence an intruder may have left in the cluster's API.

A judgement is a statement recorded on the topic `judged.good` or `judged.bad`, its value `Kind namespace/name`. What is
judged bad must be gone or stopped; what nobody judged is still to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import msgspec

from console.checks import asking
from console.checks.base import check
from console.checks.checklist_evidence import sealed
from console.checks.checklist_record import t0
from console.checks.telling import listed, place, tell, told
from console.model.instants import seconds
from console.model.meta import Obj
from console.model.objects import Pod, Workload
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.ports.facts import Facts

MIRROR = "kubernetes.io/config.mirror"
SOURCE = "kubernetes.io/config.source"
RUNS_BY_ITSELF = ("CronJob", "DaemonSet", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
LASTS = (*RUNS_BY_ITSELF, "ClusterRoleBinding", "RoleBinding", "CertificateSigningRequest")
_CLUSTER_OWN = frozenset({"kube-system"})


class Judged(msgspec.Struct, frozen=True):
    """One thing to judge."""

    kind: str
    name: str
    """`namespace/name`."""
    what: str = ""
    stopped: bool = False
    """Whether it can do nothing as it is now."""

    @property
    def value(self) -> str:
        """How a person names it in the record."""
        return f"{self.kind} {self.name}"


def judged_all(facts: Facts, found: Iterable[Judged], noun: str) -> Verdict:
    """True when each is judged and what is judged bad is stopped; shows what is left."""
    found = list(found)
    good = {value for value, _, _ in tell(facts, asking.recorded("judged.good"))}
    bad = {value for value, _, _ in tell(facts, asking.recorded("judged.bad"))}
    alive = [one for one in found if one.value in bad and not one.stopped]
    open_ = [one for one in found if one.value not in good and one.value not in bad]
    residual = tuple(f"{one.value} was judged bad and is still there" for one in alive)
    if alive or open_:
        left = listed(_shown(one) for one in (*alive, *open_))
        return Verdict(False, f"{len(alive) + len(open_)} of {len(found)} {noun} to judge: {left}", residual)
    noun = noun.rstrip(",")
    return Verdict(True, f"{len(found)} {noun}, all judged" if found else f"no {noun}")


def _shown(one: Judged) -> str:
    return f"{one.value} ({one.what})" if one.what else one.value


def made_since(facts: Facts, kinds: Iterable[str], since: float) -> list[Judged]:
    """Objects of these kinds made after a time. An older one that was changed does not show."""
    found = []
    for kind in kinds:
        for obj in cast(Iterable[Obj], tell(facts, asking.objects(kind))):
            if (seconds(obj.metadata.creation_timestamp) or 0.0) >= since:
                stopped = kind == "CronJob" and isinstance(obj, Workload) and bool(obj.spec.suspend)
                found.append(Judged(kind, place(obj), obj.metadata.creation_timestamp or "", stopped))
    return found


def _since_t0(facts: Facts, kinds: Iterable[str], noun: str) -> Verdict:
    moment, words = t0(facts)
    if not moment:
        return Verdict(None, f"{words}: what was made since cannot be listed (:record t0.estimate TIME)")
    return judged_all(facts, made_since(facts, kinds, moment), f"{noun}, made since {words},")


@check("autorun.judged", "objects", "recorded")
@told
def autorun_judged(facts: Facts, target: ResourceRef) -> Verdict:
    """Every CronJob, DaemonSet and admission webhook made since T0 is judged, and bad ones are stopped."""
    return _since_t0(facts, RUNS_BY_ITSELF, "objects that run by themselves")


@check("persistence.judged", "objects", "recorded", "evidence", "missed")
def persistence_judged(facts: Facts, target: ResourceRef) -> Verdict:
    """The cluster was dumped, and everything that lasts and was made since T0 is judged."""
    return both(_dumped(facts, target), _lasting(facts, target))


@told
def _dumped(facts: Facts, target: ResourceRef) -> Verdict:
    return sealed(facts, ("cluster.dump",))


@told
def _lasting(facts: Facts, target: ResourceRef) -> Verdict:
    return _since_t0(facts, LASTS, "objects that last")


@check("staticpods.judged", "notable_pods", "recorded")
@told
def staticpods_judged(facts: Facts, target: ResourceRef) -> Verdict:
    """No static pod outside kube-system runs on any node unless a person judged it good."""
    found = [
        Judged("Pod", place(pod), f"on {pod.spec.node_name}, from {_source(pod)}")
        for pod in cast(Iterable[Pod], tell(facts, asking.notable_pods()))
        if _static(pod) and pod.metadata.namespace not in _CLUSTER_OWN
    ]
    own = "those of kube-system are taken for the cluster's own: compare their images and manifests on the node"
    verdict = judged_all(facts, found, "unknown static pods")
    return msgspec.structs.replace(verdict, limits=(own,))


def _static(pod: Pod) -> bool:
    notes = pod.metadata.annotations or {}
    return MIRROR in notes or notes.get(SOURCE) in ("file", "http")


def _source(pod: Pod) -> str:
    return (pod.metadata.annotations or {}).get(SOURCE, "file")
