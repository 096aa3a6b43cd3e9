"""Gates, the undo register, and what admission refuses.

A gate looks at other items and at facts no item has. Admission is proved by behaviour: a dry-run a person started,
recorded as `dry-run FIXTURE NAMESPACE denied|admitted`; nothing here sends one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from console.checks import asking
from console.checks.base import check
from console.checks.indicators import left_of
from console.checks.telling import listed, place, tell, told
from console.model.instants import seconds, stamp
from console.model.objects import Workload
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.policy.rbac import ACCOUNT_PREFIX, account_user
from console.ports.facts import Facts

QUIET = 900.0
RECOVERED = 72 * 3600.0
SCANNED = 7 * 86400.0
"""Seconds for which a benchmark scan counts as recent."""
SCANNERS = ("bench", "kubescape", "trivy", "polaris", "popeye")
"""What a benchmark scan's CronJob has in its name."""
ENFORCE = "pod-security.kubernetes.io/enforce"
WORD = "unknown ones want your word (overridden, n-a or deferred, and why)"
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
        # What no source here shows can only be settled by a person: without that the gate would never open.
        word = f"; {WORD}" if any(one.endswith(" unknown") for one in bad) else ""
        return Verdict(False, f"{len(bad)} items stand in the way: {listed(bad)}{word}", limits=limits)
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


@check("gate.recovery", "items", "recorded", "running", "calls_since", "callers")
def gate_recovery(facts: Facts, target: ResourceRef) -> Verdict:
    """Nothing regressed, the heightened watch (REC-08) stands for 72 hours, and no indicator is seen now."""
    quiet = _quiet_window(facts, target)
    return both(quiet, left_of(facts, QUIET)) if quiet.truth else quiet


@told
def _quiet_window(facts: Facts, target: ResourceRef) -> Verdict:
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
    return Verdict(True, "72 h since REC-08, nothing regressed")


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
    """A CronJob whose name is a benchmark scanner's is active and completed a run in the last 7 days."""
    jobs = cast(Iterable[Workload], tell(facts, asking.objects("CronJob")))
    scans = [job for job in jobs if any(word in job.metadata.name for word in SCANNERS)]
    if not scans:
        return Verdict(False, f"no CronJob has a scanner's name ({', '.join(SCANNERS)})")
    limits = ("what that CronJob really runs, and what it found: its name says what it is",)
    newest = max(scans, key=_completed)
    name, at = place(newest), _completed(newest)
    if newest.spec.suspend:
        return Verdict(False, f"CronJob {name} is suspended", limits=limits)
    if not at:
        return Verdict(False, f"CronJob {name} never completed a run", limits=limits)
    recent = facts.now() - at < SCANNED
    return Verdict(
        recent, f"CronJob {name} completed {stamp(at)}{'' if recent else ', over 7 days ago'}", limits=limits
    )


def _completed(job: Workload) -> float:
    return seconds(job.status.last_successful_time) or 0.0
