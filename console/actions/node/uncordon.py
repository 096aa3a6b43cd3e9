"""`node.uncordon`: undo of a cordon. The field goes back to what it was, which is: absent."""

from __future__ import annotations

from console.actions.base import Applied, Desk
from console.actions.drafting import patch, reference, rights_of
from console.actions.node.cordon import PINS
from console.actions.reverters import reverter_lines
from console.actions.writing import Undoing
from console.checks.nodes import node_schedulable
from console.errors import Refused
from console.model.action import ActionSpec, Danger, Right
from console.model.plan import Plan
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
        node = await desk.fetch(target)
        if not (node.get("spec") or {}).get("unschedulable"):
            raise Refused(f"Node {target.name} takes new pods already: somebody has lifted the cordon.")
        ref = reference(node, "Node", desk.info.id)
        change = {"spec": {"unschedulable": None}}
        step = patch(desk.manager, ref, node, change, PINS, f"uncordon node {ref.name}")
        return Plan(
            self.spec.id,
            ref,
            Danger.D1,
            desk.now(),
            (step,),
            rights=rights_of((step,)),
            blast=("waiting pods may be placed on it at once",),
            reverters=reverter_lines([node]),
            undo=("node.cordon cordons it again.",),
        )

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        return node_schedulable(facts, applied.plan.target)

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        return node_schedulable(facts, applied.plan.target)
