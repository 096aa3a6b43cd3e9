"""`alert.silence`: keep one firing alert quiet for a time, at Alertmanager. Nothing in the cluster is touched."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from console.actions.alert.matching import hit_lines, matchers_of, refuse_too_much, warnings
from console.actions.base import Applied, Desk
from console.actions.pinning import canonical
from console.actions.reaching import NO_ALERTMANAGER, SILENCE
from console.actions.writing import Writing
from console.checks.silences import alert_suppressed, silence_active
from console.errors import BadInput, Refused
from console.model.action import ActionSpec, Danger, Param
from console.model.instants import stamp
from console.model.plan import Call, Plan, Step
from console.model.ref import ResourceRef
from console.model.silence import Firing, Matcher
from console.model.verdict import Verdict, both
from console.ports.facts import Facts
from console.ports.silences import Alerts

KIND = "Alert"
"""Kind of the target: an alert is no object of the cluster; its name is the fingerprint that Alertmanager gives it."""
LIMITS = (
    "Prometheus goes on judging the rule: only the notifications stop, and this console is not told of it either",
    "other servers of an Alertmanager cluster learn of it by gossip, some seconds later",
    "alerts with the same labels that begin to fire later are hidden too",
    "whoever can open Alertmanager reads its comment and author, and may end it",
)
_SPAN = re.compile(r"(\d{1,5})([mhd])")
_UNITS = {"m": 60, "h": 3600, "d": 86400}
SHORTEST, LONGEST = 300, 7 * 86400
EARLIER = 86400
"""Seconds before any clock in doubt: Alertmanager begins a silence of the past now, one of the future waits."""


class AlertSilence(Writing):
    """See the module."""

    spec = ActionSpec(
        id="alert.silence",
        title="Silence an alert at Alertmanager",
        family="alert",
        danger=Danger.D1,
        help=(
            "Makes a silence for exactly this alert, by all of its labels, until a time that the plan names. Nothing "
            "in the cluster changes, and nothing is mended: only the notifications stop. It needs the Alertmanager of "
            "the settings, and writes with the credentials named there. What would hide everything, or the watchdog, "
            "is refused."
        ),
        targets=(KIND,),
        key="a",
        params=(
            Param("reason", "Why it may be quiet; it stands in the silence's comment", required=True),
            Param("for", "How long: 30m, 2h or 3d, from 5m to 7d", default="2h"),
            Param("labels", "Names of the labels to match by, with commas; all of them when left out"),
        ),
        undo="alert.unsilence",
    )

    async def plan(self, desk: Desk, target: ResourceRef, params: Mapping[str, str]) -> Plan:
        server = server_of(desk)
        alert = await _firing(server, target)
        matchers = matchers_of(alert, params["labels"])
        hit, everything = await server.firing(matchers), await server.firing()
        refuse_too_much(alert, matchers, hit, everything, server.watchdog)
        await _refuse_again(server, alert)
        now = desk.now()
        ends = now - desk.info.skew + _span(params["for"])  # by the cluster's clock, ours may be wrong
        marker = desk.neutral_name(f"silence of alert {alert.fingerprint} planned at {now!r}")
        comment = _comment(desk.incident, params["reason"], marker)
        by = desk.info.user or "warroom"
        step = _post(server, alert, matchers, ends, by, comment, marker)
        return Plan(
            self.spec.id,
            ResourceRef(desk.info.id, "", KIND, "", alert.fingerprint),
            Danger.D1,
            now,
            (step,),
            tuple(sorted(params.items())),
            blast=(
                *hit_lines(hit, server.where),
                f"matches: {', '.join(map(str, matchers))}",
                f"begins at once, ends by itself at {stamp(ends)}; author {by}, comment: {comment}",
            ),
            limits=LIMITS,
            reverters=("whoever can open Alertmanager: nothing there tells who may end a silence",),
            undo=("alert.unsilence ends it; so does its time. By hand: amtool silence query, then silence expire ID",),
            warnings=tuple(warnings(alert, hit)),
            context=canonical({"marker": marker, "alert": alert.fingerprint, "name": alert.name}),
        )

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        return silence_active(facts, applied.plan.context_value()["marker"])

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        """The silence is there, and the alert is suppressed by it: as Alertmanager lists both, not as it answered."""
        known = applied.plan.context_value()
        return both(silence_active(facts, known["marker"]), alert_suppressed(facts, known["alert"], known["marker"]))


def server_of(desk: Desk) -> Alerts:
    """Alertmanager. Raises `Refused` when none is configured, with the next step."""
    if desk.alerts is None:
        raise Refused(NO_ALERTMANAGER)
    return desk.alerts


async def _firing(server: Alerts, target: ResourceRef) -> Firing:
    alert = await server.alert(target.name)
    if alert is None:
        raise Refused(
            f"No alert with the fingerprint {target.name} fires at {server.where}. It may have ended: look at the list "
            "again."
        )
    return alert


async def _refuse_again(server: Alerts, alert: Firing) -> None:
    """An alert that a silence of ours holds wants no second one, whoever asked for the first and never heard of it."""
    for id_ in alert.silenced_by:
        known = await server.silence(id_)
        if known is not None and known.state == "active" and server.ours(known.comment):
            raise Refused(
                f"{alert.name} is silenced already, by this incident, until {stamp(known.ends)} (silence {known.id}). "
                "`warroom undo` lists it."
            )


def _span(text: str) -> int:
    match = _SPAN.fullmatch(text.strip())
    span = int(match[1]) * _UNITS[match[2]] if match else 0
    if not SHORTEST <= span <= LONGEST:
        raise BadInput(f"alert.silence: for {text!r} is no time from 5m to 7d. Write 30m, 2h or 3d.")
    return span


def _comment(incident: str, reason: str, marker: str) -> str:
    whose = f"warroom {incident}" if incident else "warroom"
    return f"{whose}: {' '.join(reason.split())[:500]} [{marker}]"


def _post(
    server: Alerts,
    alert: Firing,
    matchers: Sequence[Matcher],
    ends: float,
    by: str,
    comment: str,
    marker: str,
) -> Step:
    body = {
        "matchers": [{"name": m.name, "value": m.value, "isRegex": False, "isEqual": True} for m in matchers],
        "startsAt": _moment(ends - LONGEST - EARLIER),
        "endsAt": _moment(ends),
        "createdBy": by,
        "comment": comment,
    }
    line = ["amtool", f"--alertmanager.url={server.url}", "silence", "add", f"--author={by}", f"--comment={comment}"]
    line += [f"--end={stamp(ends)}", *map(str, matchers)]
    title = f"silence {alert.name} at {server.where} until {stamp(ends)}"
    ref = ResourceRef("", "", SILENCE, "", marker)
    return Step(Call("POST", "/api/v2/silences", ref, (), canonical(body), title=title, kubectl=shlex.join(line)))


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
