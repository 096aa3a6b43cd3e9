"""EndpointSlices of Services, the default account of namespaces, and what disruption budgets allow."""

from __future__ import annotations

from typing import Any

from console.drill.controllers.hand import Hand
from console.drill.controllers.pods import is_active, is_ready, reference
from console.drill.resources import Body
from console.drill.selectors import labels_of, matches

_SERVICE = "kubernetes.io/service-name"
_MANAGER = "endpointslice.kubernetes.io/managed-by"


def endpoints(hand: Hand) -> None:
    """One round: one slice for each Service with a selector."""
    for service in hand.store.all("Service"):
        selector = service["spec"].get("selector")
        if not selector:
            continue
        namespace = service["metadata"]["namespace"]
        found = [_endpoint(pod) for pod in hand.store.all("Pod", namespace) if _serves(pod, selector)]
        name = service["metadata"]["name"]
        slices = hand.store.all("EndpointSlice", namespace)
        mine = next((each for each in slices if labels_of(each).get(_SERVICE) == name), None)
        if mine is None:
            hand.create("EndpointSlice", namespace, _slice(service, found))
        elif mine.get("endpoints") != found:
            hand.patch("EndpointSlice", mine, {"endpoints": found})


def _serves(pod: Body, selector: dict[str, str]) -> bool:
    over = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
    return bool(pod.get("status", {}).get("podIP")) and not over and matches({"matchLabels": selector}, labels_of(pod))


def _endpoint(pod: Body) -> Body:
    metadata, ending = pod["metadata"], "deletionTimestamp" in pod["metadata"]
    serving = is_ready(pod)
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": serving and not ending, "serving": serving, "terminating": ending},
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": {"kind": "Pod", **{key: metadata[key] for key in ("name", "namespace", "uid")}},
    }


def _slice(service: Body, found: list[Body]) -> Body:
    metadata = service["metadata"]
    labels = {_MANAGER: "endpointslice-controller.k8s.io", _SERVICE: metadata["name"]}
    ports = service["spec"].get("ports") or ()
    return {
        "kind": "EndpointSlice",
        "apiVersion": "discovery.k8s.io/v1",
        "metadata": {
            "generateName": f"{metadata['name']}-",
            "labels": labels,
            "ownerReferences": [reference(service)],
        },
        "addressType": "IPv4",
        "endpoints": found,
        "ports": [{"name": p.get("name", ""), "port": p["targetPort"], "protocol": p["protocol"]} for p in ports],
    }


def accounts(hand: Hand) -> None:
    """One round: every namespace has its `default` account again."""
    for namespace in hand.store.all("Namespace"):
        name = namespace["metadata"]["name"]
        if hand.store.get("ServiceAccount", name, "default") is None:
            hand.create("ServiceAccount", name, {"metadata": {"name": "default"}})


def budgets(hand: Hand) -> None:
    """One round: how many pods each budget lets go."""
    for budget in hand.store.all("PodDisruptionBudget"):
        spec, metadata = budget["spec"], budget["metadata"]
        pods = [p for p in hand.store.all("Pod", metadata["namespace"]) if matches(spec.get("selector"), labels_of(p))]
        pods = [pod for pod in pods if is_active(pod)]
        healthy = sum(map(is_ready, pods))
        wanted = _count(spec.get("minAvailable"), len(pods), up=True)
        if wanted is None:
            wanted = len(pods) - (_count(spec.get("maxUnavailable"), len(pods), up=True) or 0)
        hand.status(
            "PodDisruptionBudget",
            budget,
            {
                "observedGeneration": metadata["generation"],
                "disruptionsAllowed": max(0, healthy - wanted),
                "currentHealthy": healthy,
                "desiredHealthy": max(0, wanted),
                "expectedPods": len(pods),
            },
        )


def _count(value: Any, total: int, up: bool) -> int | None:
    if value is None or isinstance(value, int):
        return value
    share = int(str(value).rstrip("%")) * total
    return -(-share // 100) if up else share // 100
