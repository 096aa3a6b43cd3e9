"""Deployment controller: one ReplicaSet for each template, the newest at full size. And the ReplicaSet controller."""

from __future__ import annotations

from console.drill.controllers.hand import Hand
from console.drill.controllers.pods import (
    claim,
    doomed_first,
    fingerprint,
    is_active,
    is_ready,
    make,
    owned_by,
    reference,
    remove,
)
from console.drill.resources import Body

_HASH = "pod-template-hash"


def deployments(hand: Hand) -> None:
    """One round over all Deployments."""
    for each in hand.store.all("Deployment"):
        owned = [rs for rs in hand.store.all("ReplicaSet", each["metadata"]["namespace"]) if owned_by(rs, each)]
        if "deletionTimestamp" not in each["metadata"]:
            _roll(hand, each, owned)
        hand.status("Deployment", each, _deployment_status(hand, each, owned))


def _roll(hand: Hand, deployment: Body, owned: list[Body]) -> None:
    spec, print_ = deployment["spec"], fingerprint(deployment["spec"]["template"])
    newest = next((rs for rs in owned if rs["metadata"]["labels"].get(_HASH) == print_), None)
    if newest is None and not spec.get("paused"):
        hand.create("ReplicaSet", deployment["metadata"]["namespace"], _new_set(deployment, print_))
        return
    wanted = newest if newest is not None else (owned[-1] if owned else None)
    for each in owned:
        size = spec.get("replicas", 1) if each is wanted else 0
        if each["spec"]["replicas"] != size and hand.patch("ReplicaSet", each, {"spec": {"replicas": size}}):
            verb = "up" if size > each["spec"]["replicas"] else "down"
            text = f"Scaled {verb} replica set {each['metadata']['name']} from {each['spec']['replicas']} to {size}"
            hand.event(deployment, "ScalingReplicaSet", text)


def _new_set(deployment: Body, print_: str) -> Body:
    metadata, template = deployment["metadata"], deployment["spec"]["template"]
    labels = {**(template["metadata"].get("labels") or {}), _HASH: print_}
    selector = deployment["spec"]["selector"]
    return {
        "kind": "ReplicaSet",
        "apiVersion": "apps/v1",
        "metadata": {
            "name": f"{metadata['name']}-{print_}",
            "labels": labels,
            "annotations": {"deployment.kubernetes.io/revision": "1"},
            "ownerReferences": [reference(deployment)],
        },
        "spec": {
            "replicas": deployment["spec"].get("replicas", 1),
            "selector": {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), _HASH: print_}},
            "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
        },
    }


def _deployment_status(hand: Hand, deployment: Body, owned: list[Body]) -> Body:
    total = sum(rs.get("status", {}).get("replicas", 0) for rs in owned)
    ready = sum(rs.get("status", {}).get("readyReplicas", 0) for rs in owned)
    wanted = deployment["spec"].get("replicas", 1)
    status: Body = {"observedGeneration": deployment["metadata"]["generation"]}
    counts = {"replicas": total, "updatedReplicas": total, "readyReplicas": ready, "availableReplicas": ready}
    counts["unavailableReplicas"] = max(0, wanted - ready)
    status |= {key: value for key, value in counts.items() if value}
    full = ready >= wanted
    return status | {"conditions": _conditions(hand, deployment, full)}


def _conditions(hand: Hand, deployment: Body, full: bool) -> list[Body]:
    value = "True" if full else "False"
    before = deployment.get("status", {}).get("conditions") or ()
    old = next((each for each in before if each["type"] == "Available"), None)
    if old is not None and old["status"] == value:
        return list(before)
    reason = "MinimumReplicasAvailable" if full else "MinimumReplicasUnavailable"
    message = f"Deployment {'has' if full else 'does not have'} minimum availability."
    stamp = hand.stamp()
    head = {"type": "Available", "status": value, "lastUpdateTime": stamp, "lastTransitionTime": stamp}
    return [{**head, "reason": reason, "message": message}]


def replicasets(hand: Hand) -> None:
    """One round over all ReplicaSets."""
    for each in hand.store.all("ReplicaSet"):
        pods = [pod for pod in claim(hand, each) if is_active(pod)]
        if "deletionTimestamp" not in each["metadata"]:
            _resize(hand, each, pods)
        ready = sum(map(is_ready, pods))
        status: Body = {"replicas": len(pods), "observedGeneration": each["metadata"]["generation"]}
        counts = {"fullyLabeledReplicas": len(pods), "readyReplicas": ready, "availableReplicas": ready}
        hand.status("ReplicaSet", each, status | {key: value for key, value in counts.items() if value})


def _resize(hand: Hand, owner: Body, pods: list[Body]) -> None:
    missing = owner["spec"]["replicas"] - len(pods)
    for _ in range(missing):
        if make(hand, owner, {}) is None:
            return
    for pod in sorted(pods, key=doomed_first)[: max(0, -missing)]:
        remove(hand, owner, pod)
