"""`node.cordon`: keep new pods off a node. Nothing on it is touched: evidence stays, and so does the intruder."""

from __future__ import annotations

from collections.abc import Mapping

from console.actions.base import Applied, Desk
from console.actions.blast import blind, pod_lines, pods_on_node
from console.actions.drafting import patch, reference, rights_of
from console.actions.reading import Whole
from console.actions.reverters import reverter_lines
from console.actions.writing import Writing
from console.checks.nodes import LIMITS, node_cordoned, node_tainted, nothing_new
from console.errors import Refused
from console.model.action import ActionSpec, Danger, Right
from console.model.instants import seconds
from console.model.objects import Node
from console.model.plan import Plan
from console.model.ref import BY_KIND, ResourceRef
from console.model.verdict import Verdict, both
from console.ports.facts import Facts

PINS = ("spec.unschedulable",)


class NodeCordon(Writing):
    """See the module."""

    spec = ActionSpec(
        id="node.cordon",
        title="Keep new pods off a node",
        family="node",
        danger=Danger.D1,
        help=(
            "Marks the node unschedulable, so that no new victims land on it. Pods on it go on running, with their "
            "network and credentials: it isolates nothing. DaemonSet and static pods ignore it. A kubelet may lift "
            "the mark itself; when that happens it is shown as drift. On a pod it takes the pod's node."
        ),
        targets=("Node", "Pod"),
        key="o",
        rights=(Right("get", "nodes"), Right("patch", "nodes")),
        undo="node.uncordon",
        attack=("RS.MI-01", "M1030"),
    )

    async def plan(self, desk: Desk, target: ResourceRef, params: Mapping[str, str]) -> Plan:
        node = await _node(desk, target)
        ref = reference(node, "Node", desk.info.id)
        already = bool((node.get("spec") or {}).get("unschedulable"))
        change = {"spec": {"unschedulable": True}}
        steps = () if already else (patch(desk.manager, ref, node, change, PINS, f"cordon node {ref.name}"),)
        return Plan(
            self.spec.id,
            ref,
            Danger.D1,
            desk.now(),
            steps,
            tuple(sorted(params.items())),
            rights_of(steps),
            blast=(
                *(f"stays as it is: {line}" for line in pod_lines(desk.view, pods_on_node(desk.view, ref.name))),
                *_room(desk, ref.name),
            ),
            limits=LIMITS,
            reverters=reverter_lines([node]),
            undo=(f"node.uncordon: kubectl uncordon {ref.name}",),
            warnings=tuple(_warnings(node, already)),
        )

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        return both(node_cordoned(facts, applied.plan.target), node_tainted(facts, applied.plan.target))

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        """Marked, and the scheduler has placed nothing there since: what it does is the measure."""
        target = applied.plan.target
        return both(node_cordoned(facts, target), nothing_new(facts, target, _since(applied)))


async def _node(desk: Desk, target: ResourceRef) -> Whole:
    if target.kind != "Pod":
        return await desk.fetch(target)
    pod = await desk.fetch(target)
    name = (pod.get("spec") or {}).get("nodeName") or ""
    if not name:
        raise Refused(f"Pod {target} is on no node yet, so there is none to cordon. Choose a node.")
    return await desk.fetch(BY_KIND["Node"].ref("", name))


def _since(applied: Applied) -> float:
    """Server time of the write: our clock may be wrong, its own marks of the write are not."""
    meta = (applied.afters.get(1) or {}).get("metadata") or {}
    marked = [seconds(entry.get("time")) or 0.0 for entry in meta.get("managedFields") or ()]
    return max(marked, default=0.0) or applied.server_at


def _room(desk: Desk, name: str) -> tuple[str, ...]:
    """What is left for the pods that would have gone there."""
    if lines := blind(desk.view, "Node"):
        return lines
    others = [n for n in desk.view("Node").all() if isinstance(n, Node) and n.metadata.name != name]
    taking = sum(1 for node in others if not node.spec.unschedulable)
    if not taking:
        return ("no other node takes new pods: pods that are made from now on will wait",)
    return (f"{taking} other node{'s take' if taking > 1 else ' takes'} new pods",)


def _warnings(node: Whole, already: bool) -> list[str]:
    lines = []
    if already:
        lines.append("It is cordoned already: nothing will be written, and there will be nothing to undo.")
    labels = (node.get("metadata") or {}).get("labels") or {}
    if any(key.startswith(("karpenter.sh/", "eks.amazonaws.com/", "cloud.google.com/gke-")) for key in labels):
        lines.append(
            "A node autoscaler may replace a node that stands idle, and its evidence with it: protect the machine "
            "in the cloud's own console too."
        )
    return lines
