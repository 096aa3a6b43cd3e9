"""The scheduler, which binds pending pods to the emptiest node that takes them, and the taint of a cordoned node."""

from __future__ import annotations

from collections import Counter
from typing import Any

from console.drill.controllers.hand import Hand
from console.drill.resources import Body

_UNSCHEDULABLE = "node.kubernetes.io/unschedulable"


def schedule(hand: Hand) -> None:
    """One round over pods without a node."""
    load = Counter(pod["spec"].get("nodeName", "") for pod in hand.store.all("Pod"))
    for pod in hand.store.all("Pod"):
        if pod["spec"].get("nodeName") or "deletionTimestamp" in pod["metadata"]:
            continue
        fits = [node["metadata"]["name"] for node in hand.store.all("Node") if takes(node, pod["spec"])]
        if not fits:
            _wait(hand, pod)
            continue
        node = min(fits, key=lambda name: (load[name], name))
        if hand.bind(pod, node):
            load[node] += 1
            where = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
            hand.event(pod, "Scheduled", f"Successfully assigned {where} to {node}")


def taint_cordoned(hand: Hand) -> None:
    """The node lifecycle controller's round: a cordoned node carries a taint, a freed one does not."""
    for node in hand.store.all("Node"):
        taints = node["spec"].get("taints") or []
        has = any(each["key"] == _UNSCHEDULABLE for each in taints)
        if bool(node["spec"].get("unschedulable")) is has:
            continue
        kept = [each for each in taints if each["key"] != _UNSCHEDULABLE]
        if not has:
            kept.append({"key": _UNSCHEDULABLE, "effect": "NoSchedule", "timeAdded": hand.stamp()})
        hand.patch("Node", node, {"spec": {"taints": kept or None}})


def takes(node: Body, spec: Body) -> bool:
    """Whether a node may take a pod: selector, affinity by name, cordon and taints."""
    return selects_node(spec, node) and _affinity_allows(node, spec) and all(_tolerated(t, spec) for t in _taints(node))


def selects_node(spec: Body, node: Body) -> bool:
    """Whether the node has every label of nodeSelector."""
    labels = node["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in (spec.get("nodeSelector") or {}).items())


def _affinity_allows(node: Body, spec: Body) -> bool:
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    needed = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if not needed:
        return True
    fields = [each for term in needed["nodeSelectorTerms"] for each in term.get("matchFields") or ()]
    return any(node["metadata"]["name"] in each["values"] for each in fields)


def _taints(node: Body) -> list[Any]:
    taints = [each for each in node["spec"].get("taints") or () if each["effect"] != "PreferNoSchedule"]
    if node["spec"].get("unschedulable") and all(each["key"] != _UNSCHEDULABLE for each in taints):
        taints.append({"key": _UNSCHEDULABLE, "effect": "NoSchedule"})
    return taints


def _tolerated(taint: Body, spec: Body) -> bool:
    for each in spec.get("tolerations") or ():
        effect = each.get("effect") in (None, "", taint["effect"])
        key = each.get("key") in (None, "", taint["key"])
        value = each.get("operator") == "Exists" or each.get("value", "") == taint.get("value", "")
        if effect and key and value:
            return True
    return False


def _wait(hand: Hand, pod: Body) -> None:
    conditions = pod.get("status", {}).get("conditions") or ()
    if any(each["type"] == "PodScheduled" for each in conditions):
        return
    count = len(hand.store.all("Node"))
    text = f"0/{count} nodes are available: {count} node(s) were unschedulable or did not match."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": text}
    condition["lastTransitionTime"] = hand.stamp()
    hand.status("Pod", pod, {**pod["status"], "conditions": [condition]})
    hand.event(pod, "FailedScheduling", text, warning=True)
