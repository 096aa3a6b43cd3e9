"""Whether a silence holds an alert, or has let it go. In: what Alertmanager says of both, asked anew after a write."""

from __future__ import annotations

from console.checks import asking
from console.checks.telling import listed, tell, told
from console.model.instants import stamp
from console.model.ref import ResourceRef
from console.model.silence import Firing, Silence
from console.model.verdict import Verdict
from console.ports.facts import Facts


def silence_active(facts: Facts, marker: str) -> Verdict:
    """The silence with this marker is active, read by its id."""

    @told
    def judge(facts: Facts, target: ResourceRef) -> Verdict:
        found: Silence | None = tell(facts, asking.silence(marker))
        if found is None:
            return Verdict(False, "Alertmanager has no such silence")
        if found.state != "active":
            return Verdict(False, f"silence {found.id} is {found.state}", (f"the silence is {found.state}",))
        return Verdict(True, f"silence {found.id} is active until {stamp(found.ends)}")

    return judge(facts, ResourceRef())


def alert_suppressed(facts: Facts, fingerprint: str, marker: str) -> Verdict:
    """The alert is listed as suppressed by exactly this silence."""

    @told
    def judge(facts: Facts, target: ResourceRef) -> Verdict:
        silence: Silence | None = tell(facts, asking.silence(marker))
        alert: Firing | None = tell(facts, asking.alert(fingerprint))
        if alert is None:
            return Verdict(None, "the alert fires no more: that the silence holds it cannot be seen")
        if silence is None or silence.id not in alert.silenced_by:
            return Verdict(False, f"the alert {alert.name} is {alert.state or 'listed'} and not held by the silence")
        return Verdict(alert.state == "suppressed", f"the alert {alert.name} is {alert.state} by it")

    return judge(facts, ResourceRef())


def silence_over(facts: Facts, marker: str) -> Verdict:
    """The silence has expired, or Alertmanager has forgotten it."""

    @told
    def judge(facts: Facts, target: ResourceRef) -> Verdict:
        found: Silence | None = tell(facts, asking.silence(marker))
        if found is None:
            return Verdict(True, "Alertmanager knows the silence no more")
        return Verdict(found.state == "expired", f"silence {found.id} is {found.state}")

    return judge(facts, ResourceRef())


def alert_heard(facts: Facts, fingerprint: str) -> Verdict:
    """The alert is told again, or has ended. One that another alert inhibits is quiet without any silence."""

    @told
    def judge(facts: Facts, target: ResourceRef) -> Verdict:
        alert: Firing | None = tell(facts, asking.alert(fingerprint))
        if alert is None:
            return Verdict(True, "the alert fires no more")
        if alert.silenced_by:
            return Verdict(False, f"the alert {alert.name} is still silenced, by {listed(alert.silenced_by)}")
        inhibited = f", quiet because of another alert ({listed(alert.inhibited_by)})" if alert.inhibited_by else ""
        return Verdict(True, f"the alert {alert.name} is {alert.state or 'listed'} again{inhibited}")

    return judge(facts, ResourceRef())
