"""What the workload controllers share: owning, adopting, releasing, making and counting pods."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from console.drill.controllers.hand import Hand
from console.drill.resources import Body, api_version, kind_named
from console.drill.selectors import labels_of, matches

_SAFE = "bcdfghjklmnpqrstvwxz2456789"
COST = "controller.kubernetes.io/pod-deletion-cost"


def controller_of(obj: Body) -> Body | None:
    """The controlling owner reference."""
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def owned_by(obj: Body, owner: Body) -> bool:
    """Whether `owner` controls `obj`."""
    held = controller_of(obj)
    return held is not None and held["uid"] == owner["metadata"]["uid"]


def reference(owner: Body) -> Body:
    """An owner reference to `owner` as its controller."""
    metadata = owner["metadata"]
    head = {"apiVersion": api_version(kind_named(owner["kind"])), "kind": owner["kind"], "name": metadata["name"]}
    return {**head, "uid": metadata["uid"], "controller": True, "blockOwnerDeletion": True}


def is_active(pod: Body) -> bool:
    """Whether a pod counts for its controller."""
    over = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
    return not over and "deletionTimestamp" not in pod["metadata"]


def is_ready(pod: Body) -> bool:
    """Whether the Ready condition is true."""
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def claim(hand: Hand, owner: Body) -> list[Body]:
    """Pods of `owner`, after adopting matching orphans and releasing those that match no longer.

    An owner that is being deleted adopts and releases nothing: the garbage collector will take what it owns.
    """
    metadata, kept = owner["metadata"], []
    ending = "deletionTimestamp" in metadata
    for pod in hand.store.all("Pod", metadata["namespace"]):
        fits = matches(owner["spec"].get("selector"), labels_of(pod))
        if owned_by(pod, owner):
            if fits or ending:
                kept.append(pod)
            elif "deletionTimestamp" not in pod["metadata"]:
                _release(hand, owner, pod)
        elif fits and not ending and controller_of(pod) is None and is_active(pod):
            owners = [*(pod["metadata"].get("ownerReferences") or ()), reference(owner)]
            if hand.patch("Pod", pod, {"metadata": {"ownerReferences": owners, "uid": pod["metadata"]["uid"]}}):
                kept.append(pod)
    return kept


def _release(hand: Hand, owner: Body, pod: Body) -> None:
    uid = owner["metadata"]["uid"]
    owners = [each for each in pod["metadata"]["ownerReferences"] if each["uid"] != uid]
    hand.patch("Pod", pod, {"metadata": {"ownerReferences": owners or None, "uid": pod["metadata"]["uid"]}})


def make(hand: Hand, owner: Body, labels: dict[str, str], **changes: Any) -> Body | None:
    """Create a pod from the owner's template. `changes`: `name`, `spec` (merged in)."""
    template = owner["spec"]["template"]
    inner = template.get("metadata") or {}
    metadata: Body = {"labels": {**(inner.get("labels") or {}), **labels}, "ownerReferences": [reference(owner)]}
    if inner.get("annotations"):
        metadata["annotations"] = inner["annotations"]
    metadata["generateName"] = f"{owner['metadata']['name']}-"
    if changes.get("name"):
        metadata["name"] = changes["name"]
    spec = {**template["spec"], **changes.get("spec", {})}
    namespace = owner["metadata"]["namespace"]
    made = hand.create("Pod", namespace, {"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": spec})
    if made is not None:
        hand.event(owner, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")
    return made


def remove(hand: Hand, owner: Body, pod: Body) -> None:
    """Delete a pod that is one too many."""
    if hand.delete("Pod", pod):
        hand.event(owner, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")


def doomed_first(pod: Body) -> tuple[Any, ...]:
    """Order in which a ReplicaSet gives pods up: unassigned, pending, not ready, cheap, young."""
    cost = (pod["metadata"].get("annotations") or {}).get(COST, "0")
    return (
        bool(pod["spec"].get("nodeName")),
        pod.get("status", {}).get("phase") != "Pending",
        is_ready(pod),
        int(cost) if cost.lstrip("-").isdigit() else 0,
        _negative(pod["metadata"]["creationTimestamp"]),
    )


def _negative(stamp: str) -> tuple[int, ...]:
    return tuple(-ord(char) for char in stamp)


def fingerprint(template: Any) -> str:
    """A template's hash as pod-template-hash writes it."""
    digest = hashlib.sha256(msgspec.json.encode(template, order="sorted")).digest()
    return "".join(_SAFE[byte % len(_SAFE)] for byte in digest[:10])
