"""Checks of the checklist on what we see with: are the sources alive, and is what they brought triaged.

Silence is never calm: a source that is absent or stale makes its items unknown, whatever the list of findings says.
"""

from __future__ import annotations

from console.checks import asking
from console.checks.base import check
from console.checks.telling import tell, told
from console.model.instants import minute
from console.model.ref import ResourceRef
from console.model.signal import SourceHealth
from console.model.verdict import Verdict, both
from console.ports.facts import Facts

LAG = 120.0
"""Seconds a fresh source may lag."""
ECHO = 3600.0
"""Seconds for which a canary that came back is believed."""
FLOOR = "medium"


def fresh(facts: Facts, name: str) -> Verdict:
    """The source is live and hardly lags."""
    health: SourceHealth = tell(facts, asking.source(name))
    if health.state not in ("live", "ended"):
        why = f": {health.why}" if health.why else ""
        return Verdict(None, f"{health.name} is {health.state} since {minute(health.since)}{why}")
    if health.lag > LAG:
        return Verdict(False, f"{health.name} lags {health.lag:.0f} s")
    return Verdict(True, f"{health.name} is {health.state}")


@check("prometheus.fresh", "source")
@told
def prometheus_fresh(facts: Facts, target: ResourceRef) -> Verdict:
    """Prometheus answers and its newest sample is at most two minutes old."""
    return fresh(facts, "prometheus")


@check("audit.fresh", "source", "echo")
@told
def audit_fresh(facts: Facts, target: ResourceRef) -> Verdict:
    """The audit record is fresh, and a request of our own came back through it; known holes are shown."""
    health: SourceHealth = tell(facts, asking.source("audit"))
    verdict = both(fresh(facts, "audit"), _canary(facts, target))
    residual = tuple(f"hole in the audit record {minute(start)} to {minute(end)}" for start, end in health.gaps)
    if health.malformed:
        residual += (f"{health.malformed} unreadable records",)
    if health.dropped:
        residual += (f"{health.dropped} records dropped",)
    return Verdict(verdict.truth, verdict.observed, residual, verdict.unverifiable, verdict.limits, verdict.at)


@told
def _canary(facts: Facts, target: ResourceRef) -> Verdict:
    at = tell(facts, asking.echo())
    if facts.now() - at > ECHO:
        return Verdict(None, f"our own last request came back at {minute(at)}: too long ago to prove anything")
    return Verdict(True, "canary seen")


def triaged(facts: Facts, target: ResourceRef, source: str) -> Verdict:
    """The source is live, and all its findings of medium or worse are acknowledged."""

    @told
    def alive(facts: Facts, target: ResourceRef) -> Verdict:
        verdict = fresh(facts, source)
        return Verdict(True, "") if verdict.truth else Verdict(None, verdict.observed)

    @told
    def acknowledged(facts: Facts, target: ResourceRef) -> Verdict:
        total, done = tell(facts, asking.findings(FLOOR, source))
        if done < total:
            return Verdict(False, f"{total - done} of {total} findings of {FLOOR} or worse not acknowledged")
        return Verdict(True, f"{total} findings of {FLOOR} or worse, all acknowledged")

    return both(alive(facts, target), acknowledged(facts, target))


@check("usage.triaged", "source", "findings")
def usage_triaged(facts: Facts, target: ResourceRef) -> Verdict:
    """Every metric finding of medium or worse is acknowledged, and Prometheus is fresh."""
    return triaged(facts, target, "prometheus")


@check("access.triaged", "source", "findings")
def access_triaged(facts: Facts, target: ResourceRef) -> Verdict:
    """Every audit finding of medium or worse is acknowledged, and the audit record is fresh."""
    return triaged(facts, target, "audit")


@check("access.own", "source", "journal")
@told
def access_own(facts: Facts, target: ResourceRef) -> Verdict:
    """Nobody else was seen using our identity or our request ids while the audit record was watched."""
    alarms = tell(facts, asking.journal("alarm"))
    if alarms:
        return Verdict(False, f"{alarms} alarms in the journal: read them before trusting this access")
    verdict = fresh(facts, "audit")
    limits = ("uses of our identity from before this engine watched",)
    if verdict.truth is not True:
        return Verdict(None, f"no alarm, but {verdict.observed}", limits=limits)
    return Verdict(True, "no foreign use of our identity in the audit record", limits=limits)
