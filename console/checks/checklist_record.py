"""Checks of the checklist that rest on the incident's own record: declarations, roles, clocks, decisions, statements.

A statement is an entry `recorded` on a topic, made by a seat. Whether it is right nobody here can judge: these checks
prove that it was said, by whom and when, never more.
"""

from __future__ import annotations

from collections.abc import Callable

from console.checks import asking
from console.checks.base import check
from console.checks.telling import listed, tell, told
from console.model.instants import minute, seconds
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.ports.facts import Facts

Said = tuple[str, str, float]
"""Value, seat, epoch seconds."""
Test = Callable[[str], bool]
EGRESS_RULES = ("PROM-EGRESS", "PROM-EGRESS-RATIO", "PROM-DNS-TXT")
"""Metric rules whose findings show data that leaves."""


def said(facts: Facts, topic: str, test: Test = bool) -> list[Said]:
    """Statements on a topic whose value passes, oldest first."""
    return [one for one in tell(facts, asking.recorded(topic)) if test(one[0])]


def newest(facts: Facts, topic: str, missing: str, test: Test = bool) -> Verdict:
    """True when something was said on the topic, showing the newest; else false with what is missing."""
    found = said(facts, topic, test)
    if not found:
        return Verdict(False, f"{missing} (:record {topic})")
    value, seat, at = found[-1]
    return Verdict(True, f"{value} (by {seat}, {minute(at)})")


def t0(facts: Facts) -> tuple[float, str]:
    """When the breach began, and on which word: the confirmed time, else the newest estimate. 0.0 when nobody said."""
    for topic in ("t0.confirmed", "t0.estimate"):
        for value, _, _ in reversed(said(facts, topic)):
            if (moment := seconds(value)) is not None:
                return moment, f"T0 {topic.removeprefix('t0.')} {minute(moment)}"
    return 0.0, "no T0 recorded"


@check("incident.declared", "declared", "recorded")
@told
def incident_declared(facts: Facts, target: ResourceRef) -> Verdict:
    """The incident was declared under a name, and a severity was set."""
    declared = tell(facts, asking.declared())
    if declared is None:
        return Verdict(False, "not declared (:declare NAME SEVERITY)")
    name, severity, at = declared
    severity = next((value for value, _, _ in reversed(said(facts, "severity"))), severity)
    if not severity:
        return Verdict(False, f"{name}, declared {minute(at)}, no severity set (:declare high)")
    return Verdict(True, f"{name}, {severity}, declared {minute(at)}")


@check("role.commander", "recorded")
@told
def role_commander(facts: Facts, target: ResourceRef) -> Verdict:
    """A commander was named, and took the role."""
    named = newest(facts, "role.assumed", "no commander named", _is_commander)
    acknowledged = newest(facts, "role.ack", "the commander has not acknowledged", _is_commander)
    return both(named, acknowledged)


def _is_commander(value: str) -> bool:
    return value.split()[:1] == ["ic"]


@check("journal.checkpointed", "recorded", "chain")
@told
def journal_checkpointed(facts: Facts, target: ResourceRef) -> Verdict:
    """The journal's chain is intact and a checkpoint of it was signed."""
    return both(chain_intact(facts, target), newest(facts, "checkpoint.signed", "no checkpoint was signed"))


@told
def chain_intact(facts: Facts, target: ResourceRef) -> Verdict:
    """The journal's hash chain verifies."""
    problem = tell(facts, asking.chain())
    return Verdict(not problem, f"journal: {problem}" if problem else "journal chain intact")


@check("clocks.started", "declared", "recorded")
@told
def clocks_started(facts: Facts, target: ResourceRef) -> Verdict:
    """The clock of awareness runs (declaring starts it) and a status cadence is set."""
    declared = tell(facts, asking.declared())
    if declared is not None:
        aware = Verdict(True, f"aware since {minute(declared[2])}")
    else:
        aware = newest(facts, "clock.aware", "the clock of awareness does not run")
    return both(aware, newest(facts, "cadence.set", "no status cadence set"))


@check("strategy.decided", "recorded")
@told
def strategy_decided(facts: Facts, target: ResourceRef) -> Verdict:
    """A decision on the strategy was recorded."""
    found = said(facts, "decision.strategy") or said(facts, "decision", lambda value: "strategy" in value.lower())
    if not found:
        return Verdict(False, "no strategy decided (:record decision.strategy)")
    value, seat, at = found[-1]
    return Verdict(True, f"{value} (by {seat}, {minute(at)})")


@check("hypotheses.stated", "recorded")
@told
def hypotheses_stated(facts: Facts, target: ResourceRef) -> Verdict:
    """At least one hypothesis is on the board; who stated it owns it."""
    found = said(facts, "hypothesis")
    if not found:
        return Verdict(False, "no hypothesis recorded (:record hypothesis)")
    limits = ("when each hypothesis is to be looked at next",)
    return Verdict(True, f"{len(found)} hypotheses, newest: {found[-1][0]} (by {found[-1][1]})", limits=limits)


@check("cause.stated", "recorded")
@told
def cause_stated(facts: Facts, target: ResourceRef) -> Verdict:
    """Root cause and a confirmed T0 were stated."""
    moment = newest(
        facts, "t0.confirmed", "T0 is not confirmed as an RFC 3339 time", lambda text: seconds(text) is not None
    )
    return both(newest(facts, "rootcause", "no root cause stated"), moment)


@check("egress.stated", "recorded", "evidence", "findings")
@told
def egress_stated(facts: Facts, target: ResourceRef) -> Verdict:
    """Where data left was stated (or that none did, and why), with flow or metric evidence."""
    return both(newest(facts, "path.egress", "no way out stated"), _egress_shown(facts, target))


@told
def _egress_shown(facts: Facts, target: ResourceRef) -> Verdict:
    """A sealed snapshot, or a finding of the metric rules about data that leaves."""
    proof = [kind for kind in ("flow.snapshot", "metric.snapshot") if tell(facts, asking.evidence(kind, ""))]
    counts = {rule: tell(facts, asking.findings("info", "prometheus", rule))[0] for rule in EGRESS_RULES}
    proof += [f"{count} findings of {rule}" for rule, count in counts.items() if count]
    if not proof:
        return Verdict(None, "neither flows nor metrics show where data left (no flow source, no metric finding)")
    return Verdict(True, f"seen in {listed(proof)}", limits=("whether what is stated is what was seen",))


@check("backup.clean", "recorded")
@told
def backup_clean(facts: Facts, target: ResourceRef) -> Verdict:
    """The restore point chosen is earlier than the confirmed T0."""
    chosen = [(seconds(value), value) for value, _, _ in said(facts, "backup.selected")]
    confirmed = [seconds(value) for value, _, _ in said(facts, "t0.confirmed")]
    if not chosen:
        return Verdict(False, "no restore point chosen (:record backup.selected TIME)")
    if chosen[-1][0] is None or not confirmed or confirmed[-1] is None:
        return Verdict(None, f"cannot compare restore point {chosen[-1][1]!r} with T0: both must be RFC 3339 times")
    earlier = chosen[-1][0] < confirmed[-1]
    return Verdict(earlier, f"restore point {chosen[-1][1]} is {'before' if earlier else 'NOT before'} T0")


@check("bundle.sealed", "recorded", "chain")
@told
def bundle_sealed(facts: Facts, target: ResourceRef) -> Verdict:
    """Report and evidence bundle are sealed and were verified on another machine; the journal is intact."""
    sealed = newest(facts, "bundle.sealed", "the bundle is not sealed")
    return both(sealed, newest(facts, "bundle.verified", "nobody verified it elsewhere"), chain_intact(facts, target))


@check("followups.owned", "recorded")
@told
def followups_owned(facts: Facts, target: ResourceRef) -> Verdict:
    """Every follow-up names one owner and a date: `TEXT owner=NAME due=DATE`."""
    found = [value for value, _, _ in said(facts, "followup")]
    if not found:
        return Verdict(False, "no follow-up recorded (:record followup TEXT owner=NAME due=DATE)")
    loose = [value for value in found if "owner=" not in value or "due=" not in value]
    if loose:
        return Verdict(False, f"{len(loose)} of {len(found)} without owner or date: {listed(loose)}")
    return Verdict(True, f"{len(found)} follow-ups, each with owner and date")


@check("drill.completed", "recorded")
@told
def drill_completed(facts: Facts, target: ResourceRef) -> Verdict:
    """A drill made of this incident was played once."""
    return newest(facts, "drill.completed", "no drill of this incident was played")


@check("checklist.revised", "recorded")
@told
def checklist_revised(facts: Facts, target: ResourceRef) -> Verdict:
    """A revision of the checklist was recorded, or that none is needed."""
    return newest(facts, "checklist.reviewed", "the checklist was not reviewed")


@check("policies.updated", "recorded")
@told
def policies_updated(facts: Facts, target: ResourceRef) -> Verdict:
    """As many follow-ups or accepted risks were recorded as contributing factors."""
    factors = said(facts, "factor")
    answers = [*said(facts, "followup"), *said(facts, "risk.accepted")]
    if not factors:
        return Verdict(False, "no contributing factor recorded (:record factor)")
    text = f"{len(factors)} factors, {len(answers)} follow-ups or accepted risks"
    return Verdict(len(answers) >= len(factors), text, limits=("which answer belongs to which factor",))
