"""`alert.unsilence`: undo of a silence. It expires at once; Alertmanager keeps it in its list for some days."""

from __future__ import annotations

import shlex

from console.actions.alert.silence import KIND, server_of
from console.actions.base import Applied, Desk
from console.actions.pinning import pin
from console.actions.reaching import SILENCE
from console.actions.writing import NOTHING, Undoing
from console.checks.silences import alert_heard, silence_over
from console.model.action import ActionSpec, Danger
from console.model.plan import Call, Plan, Step
from console.model.ref import ResourceRef
from console.model.silence import Silence
from console.model.verdict import Verdict, both
from console.ports.facts import Facts
from console.ports.silences import Alerts


class AlertUnsilence(Undoing):
    """See the module."""

    spec = ActionSpec(
        id="alert.unsilence",
        title="End the silence of an alert",
        family="alert",
        danger=Danger.D1,
        help=(
            "Expires the silence that the action made, and no other. If the alert still fires, its notifications go "
            "out again, at once or with the next interval of its route."
        ),
        targets=(KIND,),
        undo_why="Silencing it again is alert.silence.",
        inverse_of="alert.silence",
    )

    async def plan_undo(self, desk: Desk, applied: Applied, mode: str) -> Plan:
        server, known = server_of(desk), applied.plan.context_value()
        found = await server.find(known["marker"])
        steps = () if found is None or found.state == "expired" else (_expire(server, found, known),)
        return Plan(
            self.spec.id,
            applied.plan.target,
            Danger.D1,
            desk.now(),
            steps,
            blast=(f"{known['name']} is told again, if it still fires",) if steps else (),
            undo=("alert.silence silences it again.",),
            warnings=() if steps else (NOTHING,),
            context=applied.plan.context,
        )

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        return silence_over(facts, applied.plan.context_value()["marker"])

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        known = applied.plan.context_value()
        return both(silence_over(facts, known["marker"]), alert_heard(facts, known["alert"]))


def _expire(server: Alerts, found: Silence, known: dict[str, str]) -> Step:
    ref = ResourceRef("", "", SILENCE, "", known["marker"], found.id)
    line = shlex.join(["amtool", f"--alertmanager.url={server.url}", "silence", "expire", found.id])
    title = f"end silence {found.id} of {known['name']} at {server.where}"
    call = Call("DELETE", f"/api/v2/silence/{found.id}", ref, title=title, kubectl=line)
    return Step(call, pin(ref, {"metadata": {"uid": found.id}}), fresh=False, gone_ok=True)
