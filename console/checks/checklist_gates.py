"""Gates, the undo register, and what admission refuses.

A gate looks at other items and at facts no item has. Admission is proved by behaviour: a dry-run a person started,
recorded as `dry-run FIXTURE NAMESPACE denied|admitted`; nothing here sends one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from console.checks import asking
from console.checks.base import check
from console.checks.telling import listed, tell, told
from console.model.objects import Workload
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.policy.rbac import ACCOUNT_PREFIX, account_user
from console.ports.facts import Facts

QUIET = 900.0
RECOVERED = 72 * 3600.0
ENFORCE = "pod-security.kubernetes.io/enforce"
Standing = tuple[str, str, float]
"""Item id, state, since when."""


def _bad(items: Iterable[Standing], but: str) -> list[str]:
    return [f"{item} {state}" for item, state, _ in items if state in ("regressed", "unknown") and item != but]


@check("gate.containment", "items", "affected", "calls_since")
def gate_containment(facts: Facts, target: ResourceRef) -> Verdict:
    """No item of containment has regressed or is unknown, and no compromised identity got a request through."""
    return both(_contained(facts, target), _identities_quiet(facts, target))


@told
def _contained(facts: Facts, target: ResourceRef) -> Verdict:
    bad = _bad(tell(facts, asking.items("containment")), "SVC-05")
    limits = ("flows to known destinations: no flow source is connected",)
    if bad:
        return Verdict(False, f"{len(bad)} items stand in the way: {listed(bad)}", limits=limits)
    return Verdict(True, "no item of containment regressed or unknown", limits=limits)


@told
def _identities_quiet(facts: Facts, target: ResourceRef) -> Verdict:
    since = facts.now() - QUIET
    users = {
        ref.name if ref.kind == "User" else account_user(ref.namespace, ref.name)
        for kind in ("User", "ServiceAccount")
        for ref in tell(facts, asking.affected(kind))
    }
    loud = [user for user in sorted(users) if tell(facts, asking.calls_since(user, since))]
    if loud:
        names = listed(user.removeprefix(ACCOUNT_PREFIX) for user in loud)
        return Verdict(False, f"requests in the last 15 m by {names}")
    return Verdict(True, f"{len(users)} identities quiet for 15 m")


@check("gate.recovery", "items")
@told
def gate_recovery(facts: Facts, target: ResourceRef) -> Verdict:
    """Nothing has regressed, and the heightened watch (REC-08) stands for 72 hours."""
    items = cast(tuple[Standing, ...], tell(facts, asking.items("")))
    regressed = [item for item, state, _ in items if state == "regressed"]
    if regressed:
        return Verdict(False, f"regressed: {listed(regressed)}")
    watch = [since for item, state, since in items if item == "REC-08" and state in ("verified", "overridden", "n-a")]
    if not watch:
        return Verdict(False, "the heightened watch (REC-08) does not stand")
    quiet = facts.now() - watch[0]
    if quiet < RECOVERED:
        return Verdict(False, f"{quiet / 3600:.0f} of 72 h since REC-08")
    return Verdict(None, "72 h since REC-08; hits on indicators are not observed")


@check("containment.lifted", "undo_debt", "journal")
@told
def containment_lifted(facts: Facts, target: ResourceRef) -> Verdict:
    """Something was contained, and every entry of the undo register is closed."""
    open_ = tell(facts, asking.undo_debt())
    if open_:
        return Verdict(False, f"{open_} entries open in the undo register")
    if not tell(facts, asking.journal("effect")):
        return Verdict(False, "nothing was contained with this tool yet")
    return Verdict(True, "undo register empty")


@check("namespace.guarded", "object", "recorded", about="Namespace")
@told
def namespace_guarded(facts: Facts, target: ResourceRef) -> Verdict:
    """Pod Security is enforced by label, and a privileged and a hostPath pod were refused in a dry-run."""
    namespace = tell(facts, asking.an_object("Namespace", "", target.name))
    if namespace is None:
        return Verdict(True, "it is gone")
    level = (namespace.metadata.labels or {}).get(ENFORCE, "")
    if level not in ("baseline", "restricted"):
        return Verdict(False, f"Pod Security enforces {level or 'nothing'}")
    tried = [_refused(facts, fixture, target.name) for fixture in ("privileged-pod", "hostPath-pod")]
    return both(Verdict(True, f"Pod Security enforces {level}"), *tried)


@check("images.admitted", "recorded")
@told
def images_admitted(facts: Facts, target: ResourceRef) -> Verdict:
    """A pod from an unknown registry and an unsigned one were refused in a dry-run."""
    return both(*(_refused(facts, fixture, "") for fixture in ("unknown-registry-pod", "unsigned-image-pod")))


def _refused(facts: Facts, fixture: str, namespace: str) -> Verdict:
    """What the newest dry-run of a fixture answered; no dry-run, no answer."""
    tries = [value.split() for value, _, _ in tell(facts, asking.recorded("dry-run"))]
    mine = [words for words in tries if words[:1] == [fixture] and (not namespace or words[1:2] == [namespace])]
    if not mine:
        return Verdict(None, f"{fixture} was not tried (dry-run)")
    denied = mine[-1][-1] == "denied"
    return Verdict(denied, f"{fixture} {'denied' if denied else 'ADMITTED'}")


@check("audit.scheduled", "objects")
@told
def audit_scheduled(facts: Facts, target: ResourceRef) -> Verdict:
    """A CronJob runs a benchmark scan."""
    jobs = cast(Iterable[Workload], tell(facts, asking.objects("CronJob")))
    scans = [job.metadata.name for job in jobs if "bench" in job.metadata.name]
    if not scans:
        return Verdict(False, "no CronJob runs a benchmark scan")
    return Verdict(None, f"CronJob {listed(scans)} exists; its last run is not watched")
