"""Whether a pod's evidence is in the store: by kind and by incarnation, never by name alone."""

from __future__ import annotations

from console.checks import asking
from console.checks.base import check
from console.model.facts import Known, Unknown
from console.model.objects import Pod
from console.model.ref import ResourceRef
from console.model.verdict import Verdict
from console.ports.facts import Facts

CAPTURED = frozenset(
    (
        *("pod.yaml", "owner.yaml", "account.yaml", "rbac.yaml", "netpol.yaml", "node.yaml", "events"),
        *("endpoints.yaml", "pod.logs", "pod.logs.previous"),
    )
)
"""Kinds that the actions of this build capture. Of any other kind nothing can be in the store: that it is absent does
not say that nobody took it."""
LIMITS = (
    "log lines already rotated on the node",
    "memory, processes, open sockets and the file system: evidence.volatile, or the node's disk",
)


def restarts(pod: Pod) -> int:
    """Restarts of all its containers."""
    parts = (pod.status.container_statuses, pod.status.init_container_statuses)
    return sum(one.restart_count for part in parts for one in part or ())


@check("evidence.pod", "evidence", "missed", "object", about="Pod")
def evidence_pod(facts: Facts, target: ResourceRef) -> Verdict:
    """Manifest, logs (previous ones too when it was restarted) and Events of exactly this pod are sealed."""
    wanted = ["pod.yaml", "pod.logs", "events"]
    found = facts.get(asking.an_object("Pod", target.namespace, target.name))
    uid, pod = target.uid, None
    if isinstance(found, Known) and isinstance(found.value, Pod):
        uid = uid or found.value.metadata.uid
        pod = found.value if found.value.metadata.uid == uid else None
    if not uid:
        return Verdict(None, f"{target} is not there and no uid is known, so its evidence cannot be looked up")
    if pod is not None and restarts(pod):
        wanted.append("pod.logs.previous")
    return _judged(facts, uid, wanted)


def _judged(facts: Facts, uid: str, wanted: list[str]) -> Verdict:
    answers = {kind: facts.get(asking.evidence(kind, uid)) for kind in wanted}
    unknown = [f"{kind}: {fact.why}" for kind, fact in answers.items() if isinstance(fact, Unknown)]
    if unknown:
        return Verdict(None, "; ".join(unknown), limits=LIMITS)
    absent = [kind for kind, fact in answers.items() if isinstance(fact, Known) and not fact.value]
    residual = [reason for kind in wanted for reason in _missed(facts, kind, uid)]
    at = min(fact.at for fact in answers.values() if isinstance(fact, Known))
    if absent:
        return Verdict(False, f"missing: {', '.join(absent)}", tuple(residual), limits=LIMITS, at=at)
    return Verdict(True, f"sealed: {', '.join(wanted)}", tuple(residual), limits=LIMITS, at=at)


def _missed(facts: Facts, kind: str, uid: str) -> list[str]:
    fact = facts.get(asking.missed(kind, uid))
    return [f"{kind} was not captured: {why}" for why in fact.value] if isinstance(fact, Known) else []
