"""Checks of the checklist on what we see with: are the sources alive, and is what they brought triaged.

Silence is never calm: a source that is absent or stale makes its items unknown, whatever the list of findings says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from console.checks import asking
from console.checks.base import check
from console.checks.telling import tell, told
from console.model.facts import Unknown
from console.model.instants import minute
from console.model.ref import ResourceRef
from console.model.signal import Measure, SourceHealth
from console.model.verdict import Verdict, both
from console.ports.facts import Facts

LAG = 120.0
"""Seconds a fresh source may lag."""
ECHO = 3600.0
"""Seconds for which a canary that came back is believed."""
FLOOR = "medium"
SENSORS = ("falco", "tetragon", "hubble")
"""Sources that are runtime sensors."""
FALCO = "PROM-FALCO"
"""The metric rule that turns what Falcosidekick counts into findings."""


def fresh(facts: Facts, name: str) -> Verdict:
    """The source is live and hardly lags."""
    health: SourceHealth = tell(facts, asking.source(name))
    if health.state not in ("live", "ended"):
        why = f": {health.why}" if health.why else ""
        return Verdict(None, f"{health.name} is {health.state} since {minute(health.since)}{why}")
    if health.lag > LAG:
        return Verdict(False, f"{health.name} lags {health.lag:.0f} s")
    return Verdict(True, f"{health.name} is {health.state}")


@check("prometheus.fresh", "source", "metric", "objects")
def prometheus_fresh(facts: Facts, target: ResourceRef) -> Verdict:
    """Prometheus answers, its newest sample is at most two minutes old, and it hears a kubelet for each node."""
    return both(_answers(facts, target), _scrapes(facts, target), _hears_kubelets(facts, target))


@told
def _answers(facts: Facts, target: ResourceRef) -> Verdict:
    return fresh(facts, "prometheus")


@told
def _scrapes(facts: Facts, target: ResourceRef) -> Verdict:
    """A server that answers may have stopped to scrape: its graphs are quiet then, not calm."""
    age = _number(facts, "scrape-age")
    if age is None:
        return Verdict(False, "it scrapes nothing: no target has a sample of the last 5 m")
    return Verdict(age <= LAG, f"newest sample {age:.0f} s old")


@told
def _hears_kubelets(facts: Facts, target: ResourceRef) -> Verdict:
    heard = _number(facts, "kubelets") or 0.0
    nodes = len(tell(facts, asking.objects("Node")))
    return Verdict(heard >= nodes, f"hears {heard:.0f} kubelets of {nodes} nodes")


def _number(facts: Facts, query: str) -> float | None:
    """The value of a query with one answer; None when the answer is empty."""
    series = cast(Iterable[Measure], tell(facts, asking.metric(query)))
    return next((one.value for one in series), None)


@check("audit.fresh", "source", "echo")
@told
def audit_fresh(facts: Facts, target: ResourceRef) -> Verdict:
    """The audit record this tool reads is fresh, and a request of our own came back through it; holes are shown."""
    health: SourceHealth = tell(facts, asking.source("audit"))
    verdict = both(fresh(facts, "audit"), _canary(facts, target))
    residual = tuple(f"hole in the audit record {minute(start)} to {minute(end)}" for start, end in health.gaps)
    if health.malformed:
        residual += (f"{health.malformed} unreadable records",)
    if health.dropped:
        residual += (f"{health.dropped} records dropped",)
    limits = (*verdict.limits, "a search index (Elasticsearch) filled beside it: this build reads none")
    return Verdict(verdict.truth, verdict.observed, residual, verdict.unverifiable, limits, verdict.at)


@told
def _canary(facts: Facts, target: ResourceRef) -> Verdict:
    at = tell(facts, asking.echo())
    if facts.now() - at > ECHO:
        return Verdict(None, f"our own last request came back at {minute(at)}: too long ago to prove anything")
    return Verdict(True, "canary seen")


def triaged(facts: Facts, target: ResourceRef, source: str, rule: str = "") -> Verdict:
    """The source is live, and all its findings of medium or worse (of one rule, or of all) are acknowledged."""

    @told
    def alive(facts: Facts, target: ResourceRef) -> Verdict:
        verdict = fresh(facts, source)
        return Verdict(True, "") if verdict.truth else Verdict(None, verdict.observed)

    @told
    def acknowledged(facts: Facts, target: ResourceRef) -> Verdict:
        total, done = tell(facts, asking.findings(FLOOR, source, rule))
        if done < total:
            return Verdict(False, f"{total - done} of {total} findings of {FLOOR} or worse not acknowledged")
        return Verdict(True, f"{total} findings of {FLOOR} or worse, all acknowledged" if total else f"none of {FLOOR}")

    live, done = alive(facts, target), acknowledged(facts, target)
    # "None" beside a source that is silent would read as calm.
    return live if live.truth is None and done.truth else both(live, done)


@check("usage.triaged", "source", "findings")
def usage_triaged(facts: Facts, target: ResourceRef) -> Verdict:
    """Every metric finding of medium or worse is acknowledged, and Prometheus is fresh."""
    return triaged(facts, target, "prometheus")


@check("access.triaged", "source", "findings")
def access_triaged(facts: Facts, target: ResourceRef) -> Verdict:
    """Every audit finding of medium or worse is acknowledged, and the audit record is fresh."""
    return triaged(facts, target, "audit")


@check("runtime.triaged", "source", "findings", "metric")
def runtime_triaged(facts: Facts, target: ResourceRef) -> Verdict:
    """What runtime sensors found is acknowledged and they are alive: those we read, else Falcosidekick's counter."""
    read = _read(facts)
    if not read:
        return both(_sensor(facts, target), triaged(facts, target, "prometheus", FALCO))
    verdict = both(*(triaged(facts, target, name) for name in read))
    limits = (*verdict.limits, "whether the sensor of each node still reports: only the stream of all of them is seen")
    return Verdict(verdict.truth, verdict.observed, verdict.residual, verdict.unverifiable, limits, verdict.at)


def _read(facts: Facts) -> tuple[str, ...]:
    """Runtime sensors whose own records we read."""
    return tuple(name for name in SENSORS if not isinstance(facts.get(asking.source(name)), Unknown))


@told
def _sensor(facts: Facts, target: ResourceRef) -> Verdict:
    """A counter that nobody scrapes any more gives no alert either: without it nothing is known."""
    if not _number(facts, "falco-alive"):
        return Verdict(None, "Falcosidekick's counter is not scraped any more")
    limits = ("whether the sensor of each node still reports: only the counter behind all of them is seen",)
    return Verdict(True, "Falcosidekick is counting", limits=limits)


@check("timeline.covered", "findings", "metric", "source")
def timeline_covered(facts: Facts, target: ResourceRef) -> Verdict:
    """The timeline of findings has something of each: the audit record, metrics, and a runtime sensor."""
    return both(_audit_told(facts, target), _metrics_told(facts, target), _runtime_told(facts, target))


def _events(facts: Facts, source: str, rule: str = "") -> int:
    total, _ = tell(facts, asking.findings("info", source, rule))
    return int(total)


@told
def _audit_told(facts: Facts, target: ResourceRef) -> Verdict:
    found = _events(facts, "audit")
    return Verdict(bool(found), f"{found} findings of the audit record")


@told
def _metrics_told(facts: Facts, target: ResourceRef) -> Verdict:
    found = _events(facts, "prometheus") - _events(facts, "prometheus", FALCO)
    return Verdict(bool(found), f"{found} of metrics")


@told
def _runtime_told(facts: Facts, target: ResourceRef) -> Verdict:
    read = _read(facts)
    found = sum(_events(facts, name) for name in read) if read else _events(facts, "prometheus", FALCO)
    return Verdict(True, f"{found} of the runtime sensor") if found else _no_alert(facts, target)


@told
def _no_alert(facts: Facts, target: ResourceRef) -> Verdict:
    """Without a sensor nobody knows whether there was anything to line up."""
    sensor = both(*(fresh(facts, name) for name in read)) if (read := _read(facts)) else _sensor(facts, target)
    return Verdict(False, "0 of the runtime sensor") if sensor.truth else sensor


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
