"""Whether a node takes new pods. In: facts of the watch.

A node reports about itself through its kubelet: on a node that is taken, status and even `spec.unschedulable` are the
attacker's to write. What the scheduler did with pods is the better witness.
"""

from __future__ import annotations

from typing import Any

from console.checks import asking
from console.checks.base import check
from console.checks.telling import listed, place, tell, told
from console.model.instants import seconds
from console.model.ref import ResourceRef
from console.model.verdict import Verdict
from console.model.workload import Node, Pod
from console.ports.facts import Facts

TAINT = "node.kubernetes.io/unschedulable"
"""What the node controller puts on a cordoned node; the scheduler goes by it."""
LIMITS = (
    "pods already on the node go on running, with their network and their credentials; a cordon isolates nothing",
    "DaemonSet pods, static pods and pods that name the node themselves are placed there all the same",
    "the node's own kubelet may undo a cordon, and so may whoever holds its credential: it may write this field, but "
    "no taint (a NoSchedule taint is another action)",
)


def node_now(facts: Facts, target: ResourceRef) -> Node | Verdict:
    """The node of that uid, or the verdict that says why there is none. For `@told` checks."""
    node = tell(facts, asking.an_object("Node", "", target.name))
    if not isinstance(node, Node):
        return Verdict(False, f"node {target.name} is gone")
    if target.uid and node.metadata.uid != target.uid:
        return Verdict(False, f"node {target.name} is another one now (uid {node.metadata.uid})")
    return node


@check("node.cordoned", "object", about="Node")
@told
def node_cordoned(facts: Facts, target: ResourceRef) -> Verdict:
    """The node is marked unschedulable."""
    node = node_now(facts, target)
    if isinstance(node, Verdict):
        return node
    if not node.spec.unschedulable:
        return Verdict(False, f"node {target.name} takes new pods")
    return Verdict(True, f"node {target.name} is cordoned", limits=LIMITS)


@told
def node_tainted(facts: Facts, target: ResourceRef) -> Verdict:
    """The node controller has put its taint on the node: the scheduler keeps pods off it."""
    node = node_now(facts, target)
    if isinstance(node, Verdict):
        return node
    tainted = any(taint.key == TAINT for taint in node.spec.taints or ())
    return Verdict(tainted, f"the taint {TAINT} is {'there' if tainted else 'not there yet'}")


def nothing_new(facts: Facts, target: ResourceRef, since: float) -> Verdict:
    """No pod was bound to the node after `since` (server time, whole seconds), those that ignore a cordon apart."""

    @told
    def judge(facts: Facts, target: ResourceRef) -> Verdict:
        bound = [pod for pod in tell(facts, asking.objects("Pod")) if _bound_after(pod, target.name, since)]
        if not bound:
            return Verdict(True, "no pod was placed there since")
        names = listed(sorted(place(pod) for pod in bound))
        return Verdict(False, f"{len(bound)} placed there since", (f"placed on the node after the cordon: {names}",))

    return judge(facts, target)


@check("node.schedulable", "object", about="Node")
@told
def node_schedulable(facts: Facts, target: ResourceRef) -> Verdict:
    """The node takes new pods again, and the node controller's taint is gone."""
    node = node_now(facts, target)
    if isinstance(node, Verdict):
        return node
    tainted = any(taint.key == TAINT for taint in node.spec.taints or ())
    if node.spec.unschedulable or tainted:
        return Verdict(False, f"node {target.name} is still {'cordoned' if node.spec.unschedulable else 'tainted'}")
    return Verdict(True, f"node {target.name} takes new pods")


def _bound_after(pod: Pod, node: str, since: float) -> bool:
    if pod.spec.node_name != node or _ignores_cordon(pod):
        return False
    conditions = pod.status.conditions or ()
    placed = next((one.last_transition_time for one in conditions if one.type == "PodScheduled"), None)
    # A whole second of doubt: times of the API have no fractions, and the cordon's own second counts as before it.
    return (seconds(placed) or seconds(pod.metadata.creation_timestamp) or 0.0) > since + 1


def _ignores_cordon(pod: Pod) -> bool:
    owner: Any = pod.metadata.controller
    return owner is not None and owner.kind in ("DaemonSet", "Node")
