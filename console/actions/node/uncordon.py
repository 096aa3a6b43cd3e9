"""`node.uncordon`: undo of a cordon. The field goes back to what it was, which is: absent."""

from __future__ import annotations

from console.actions.base import Applied, Desk
from console.actions.drafting import patch, rights_of
from console.actions.node.cordon import PINS
from console.actions.reverters import reverter_lines
from console.actions.writing import NOTHING, Undoing
from console.checks import asking
from console.checks.nodes import node_schedulable
from console.errors import Refused
from console.model.action import ActionSpec, Danger, Right
from console.model.facts import Known
from console.model.plan import Plan, Step
from console.model.verdict import Verdict
from console.ports.facts import Facts


class NodeUncordon(Undoing):
    """See the module."""

    spec = ActionSpec(
        id="node.uncordon",
        title="Let pods on the node again",
        family="node",
        danger=Danger.D1,
        help=(
            "Lifts the mark that the cordon set, if it is still there. Waiting pods may land on the node at once: "
            "be sure that it is clean, or replace it. Nothing moves back by itself."
        ),
        targets=("Node",),
        rights=(Right("get", "nodes"), Right("patch", "nodes")),
        undo_why="Cordoning it again is node.cordon.",
        inverse_of="node.cordon",
    )

    async def plan_undo(self, desk: Desk, applied: Applied, mode: str) -> Plan:
        target = applied.plan.target
        try:
            node = await desk.fetch(target)
        except Refused:
            node = {}  # gone, or another one of its name: the cordon went with it
        steps: tuple[Step, ...] = ()
        if (node.get("spec") or {}).get("unschedulable"):
            change = {"spec": {"unschedulable": None}}
            steps = (patch(desk.manager, target, node, change, PINS, f"uncordon node {target.name}"),)
        return Plan(
            self.spec.id,
            target,
            Danger.D1,
            desk.now(),
            steps,
            rights=rights_of(steps),
            blast=("waiting pods may be placed on it at once",) if steps else (),
            reverters=reverter_lines([node]) if steps else (),
            undo=("node.cordon cordons it again.",),
            warnings=() if steps else (NOTHING,),
        )

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        return self.effective(facts, applied)

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        target = applied.plan.target
        fact = facts.get(asking.an_object("Node", "", target.name))
        if isinstance(fact, Known) and (fact.value is None or fact.value.metadata.uid != target.uid):
            return Verdict(True, f"node {target.name} (uid {target.uid}) is gone, and its cordon with it", at=fact.at)
        return node_schedulable(facts, target)
