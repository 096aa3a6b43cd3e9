"""What a responder must hear before a pod is taken from its controller: refusals with the way that works instead,
and warnings for each kind of owner. In: the pod and its owners as read. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from console.actions.reading import Owner, Whole, controller, images, is_finished, is_static, meta
from console.errors import Refused


def refuse_unreachable(pod: Whole) -> None:
    """Refuse a pod that no policy can isolate, and say what can."""
    name = f"{meta(pod).get('namespace')}/{meta(pod).get('name')}"
    node = (pod.get("spec") or {}).get("nodeName") or "its node"
    if is_static(pod):
        raise Refused(
            f"Pod {name} is a static pod of node {node}: the kubelet owns it, and changing its mirror changes nothing. "
            f"Capture evidence (e), cordon the node (x o), then move its manifest file away on the host."
        )
    if (pod.get("spec") or {}).get("hostNetwork"):
        raise Refused(
            f"Pod {name} uses the network of node {node}, where no NetworkPolicy applies. Capture evidence (e), cordon "
            f"the node (x o), cut the host off at its firewall, stop the owner (x w); delete the pod (x k) last."
        )
    if is_finished(pod):
        raise Refused(f"Pod {name} is finished: nothing of it runs that could be isolated. Capture its evidence (e).")


def owner_warnings(pod: Whole, chain: Sequence[Owner], detach: bool) -> tuple[str, ...]:
    """What the owner will do when the pod loses (or keeps) its labels."""
    owner = controller(pod)
    if owner is None:
        return ("It is a bare pod: nothing will replace it.",)
    kind, name = owner.get("kind", ""), owner.get("name", "")
    going = _being_deleted(chain)
    if not detach:
        return (*going, f"It stays a pod of {kind} {name}, keeps its labels, and Services still send it traffic.")
    image = ", ".join(images(pod)[:2])
    warning = {
        "ReplicaSet": f"{kind} {name} starts a replacement with the same image ({image}): stop the owner too (x w).",
        "StatefulSet": (
            f"{kind} {name} cannot replace it: the ordinal stays down until this pod is deleted, and it shares the "
            "volume. Isolating without detaching (detach=no) is preferred."
        ),
        "DaemonSet": f"{kind} {name} starts a new pod on the same node, with the same image; host ports may clash.",
        "Job": f"{kind} {name} starts a replacement pod with the same image ({image}): suspend the Job too (x w).",
    }.get(kind, f"{kind} {name} is an operator's own kind: what it does about the missing pod is not known.")
    return (*going, warning)


def _being_deleted(chain: Sequence[Owner]) -> tuple[str, ...]:
    return tuple(
        f"{owner.ref.kind} {owner.ref.name} is being deleted: it will not release the pod, and garbage collection "
        "kills it. Capture evidence now."
        for owner in chain
        if owner.obj is not None and meta(owner.obj).get("deletionTimestamp")
    )


def recreation(pod: Whole, chain: Sequence[Owner]) -> str:
    """Who brings the pod back when it is deleted, "" when nobody does."""
    if controller(pod) is None:
        return ""
    top = chain[-1].ref if chain else None
    who = f"{top.kind} {top.name}" if top else "its owner"
    return f"{who} creates it again from the same template: stop it first (x w)."
