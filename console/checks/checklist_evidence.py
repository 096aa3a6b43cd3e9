"""Checks of the checklist on what was preserved, and on whether the affected set is whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

from console.checks import asking
from console.checks.base import check
from console.checks.checklist_record import newest, t0
from console.checks.evidence import CAPTURED
from console.checks.telling import listed, tell, told
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.ports.facts import Facts


def uncaptured(kinds: Iterable[str]) -> Verdict:
    """Unknown: these kinds are taken outside this tool, where it cannot see whether somebody did."""
    return Verdict(None, f"this build captures no {', '.join(kinds)}: take it outside, then override with where it is")


def sealed(facts: Facts, kinds: Iterable[str], uid: str = "") -> Verdict:
    """Evidence of each of these kinds is in the store; unknown for those that no action of this build captures."""
    kinds = list(kinds)
    absent = [kind for kind in kinds if not tell(facts, asking.evidence(kind, uid))]
    residual = tuple(f"{kind}: {why}" for kind in kinds for why in tell(facts, asking.missed(kind, uid)))
    outside = [kind for kind in absent if kind not in CAPTURED]
    if outside == absent and absent:
        return Verdict(None, uncaptured(outside).observed, residual)
    if absent:
        return Verdict(False, f"not sealed: {', '.join(absent)}", residual)
    return Verdict(True, f"sealed: {', '.join(kinds)}", residual)


@check("evidence.volatile", "evidence", "missed", about="Pod")
@told
def evidence_volatile(facts: Facts, target: ResourceRef) -> Verdict:
    """A process list or a checkpoint of exactly this pod is sealed."""
    if not target.uid:
        return Verdict(None, "its uid is not known, so its evidence cannot be looked up")
    kinds = ("proc.list", "checkpoint.tar")
    either = [sealed(facts, (kind,), target.uid) for kind in kinds]
    return next((one for one in either if one.truth), uncaptured(kinds))


@check("evidence.window", "evidence", "missed")
@told
def evidence_window(facts: Facts, target: ResourceRef) -> Verdict:
    """The audit and metric window around T0 was exported."""
    return sealed(facts, ("audit.export", "metric.export"))


@check("evidence.cluster", "evidence", "missed")
@told
def evidence_cluster(facts: Facts, target: ResourceRef) -> Verdict:
    """The cluster's configuration was dumped."""
    return sealed(facts, ("cluster.dump",))


@check("logs.collected", "evidence", "missed")
@told
def logs_collected(facts: Facts, target: ResourceRef) -> Verdict:
    """Audit and application logs were collected, and the gaps in them listed."""
    return sealed(facts, ("audit.export", "app.logs", "log.gaps"))


@check("forensics.reported", "evidence", "missed", "chain")
@told
def forensics_reported(facts: Facts, target: ResourceRef) -> Verdict:
    """A forensic report is sealed, and the record that holds the hashes of the originals is intact."""
    problem = tell(facts, asking.chain())
    intact = Verdict(not problem, f"journal: {problem}" if problem else "record of hashes intact")
    return both(sealed(facts, ("forensics.report",)), intact)


@check("identity.mapped", "object", "evidence", "missed", about="ServiceAccount")
@told
def identity_mapped(facts: Facts, target: ResourceRef) -> Verdict:
    """What this account could do, and what it did, is sealed."""
    account = tell(facts, asking.an_object("ServiceAccount", target.namespace, target.name))
    uid = target.uid or (account.metadata.uid if account is not None else "")
    if not uid:
        return Verdict(None, f"account {target} is gone and its uid is not known")
    return sealed(facts, ("sar.matrix", "audit.extract"), uid)


@check("keys.replaced", "object", "evidence", "missed", about="Node")
@told
def keys_replaced(facts: Facts, target: ResourceRef) -> Verdict:
    """Hashes of the node's authorized keys were sealed before and after, and they differ."""
    node = tell(facts, asking.an_object("Node", "", target.name))
    uid = target.uid or (node.metadata.uid if node is not None else "")
    hashes: tuple[str, ...] = tell(facts, asking.evidence("authorized_keys.hash", uid)) if uid else ()
    if len(hashes) < 2:
        return uncaptured(("authorized_keys.hash",))
    changed = hashes[0] != hashes[-1]
    return Verdict(changed, "authorized keys differ" if changed else "authorized keys are the same as before")


@check("pod.marked", "object", "declared", about="Pod")
@told
def pod_marked(facts: Facts, target: ResourceRef) -> Verdict:
    """The pod carries the codename as the value of a label. One that is gone was not seen marked: that is unknown."""
    declared = tell(facts, asking.declared())
    if declared is None:
        return Verdict(False, "there is no codename yet: the incident is not declared")
    pod = tell(facts, asking.an_object("Pod", target.namespace, target.name))
    if pod is None:
        return Verdict(None, "it is gone and cannot be marked any more: mark the item n-a with the reason")
    wanted = label_value(declared[0])
    marks = [key for key, value in (pod.metadata.labels or {}).items() if value in (declared[0], wanted)]
    return Verdict(bool(marks), f"label {marks[0]}" if marks else f"no label has the value {wanted}")


def label_value(codename: str) -> str:
    """The codename as a label can hold it: what Kubernetes forbids becomes a dash, 63 characters at most."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", codename)[:63].strip("-_.")


@check("scope.closed", "affected", "recorded", "siblings")
@told
def scope_closed(facts: Facts, target: ResourceRef) -> Verdict:
    """Something is listed, T0 is estimated, and no sibling by owner, account or image is missing from the list."""
    refs = cast(tuple[ResourceRef, ...], tell(facts, asking.affected("")))
    if not refs:
        return Verdict(False, "nothing is listed as affected")
    moment, words = t0(facts)
    stated = Verdict(bool(moment), words if moment else newest(facts, "t0.estimate", words).observed)
    return both(Verdict(True, f"{len(refs)} objects listed"), stated, _siblings(facts, target))


@told
def _siblings(facts: Facts, target: ResourceRef) -> Verdict:
    """Pods with the owner, account or image of an affected pod are affected too."""
    left = tell(facts, asking.siblings())
    if left:
        return Verdict(False, f"{len(left)} siblings not listed: {listed(left)}")
    return Verdict(True, "no sibling by owner, account or image is missing")
