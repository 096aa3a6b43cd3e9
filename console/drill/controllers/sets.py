"""StatefulSet and DaemonSet controllers."""

from __future__ import annotations

from console.drill.controllers.hand import Hand
from console.drill.controllers.pods import claim, fingerprint, is_active, is_ready, make, remove
from console.drill.controllers.scheduling import selects_node
from console.drill.resources import Body

_REVISION = "controller-revision-hash"


def statefulsets(hand: Hand) -> None:
    """One round: ordinals from 0 up, each when the one before is ready; down from the top.

    The name of an ordinal is taken as long as any pod holds it: a detached one keeps its ordinal down.
    """
    for each in hand.store.all("StatefulSet"):
        metadata, wanted = each["metadata"], each["spec"]["replicas"]
        pods = {pod["metadata"]["name"]: pod for pod in claim(hand, each)}
        revision = f"{metadata['name']}-{fingerprint(each['spec']['template'])}"
        if "deletionTimestamp" not in metadata:
            _fill(hand, each, pods, revision)
            for name in sorted(pods, reverse=True):
                if int(name.rpartition("-")[2]) >= wanted and is_active(pods[name]):
                    remove(hand, each, pods[name])
                    break
        hand.status("StatefulSet", each, _stateful_status(each, list(pods.values()), revision))


def _fill(hand: Hand, owner: Body, pods: dict[str, Body], revision: str) -> None:
    name = owner["metadata"]["name"]
    for ordinal in range(owner["spec"]["replicas"]):
        called = f"{name}-{ordinal}"
        if called not in pods:
            labels = {"apps.kubernetes.io/pod-index": str(ordinal), _REVISION: revision}
            labels["statefulset.kubernetes.io/pod-name"] = called
            spec = {"hostname": called, "subdomain": owner["spec"].get("serviceName", "")}
            make(hand, owner, labels, name=called, spec=spec)
            return
        if not is_ready(pods[called]):
            return


def _stateful_status(owner: Body, pods: list[Body], revision: str) -> Body:
    active = [pod for pod in pods if is_active(pod)]
    ready = sum(map(is_ready, active))
    status: Body = {"replicas": len(active), "observedGeneration": owner["metadata"]["generation"]}
    status |= {"availableReplicas": ready, "currentRevision": revision, "updateRevision": revision, "collisionCount": 0}
    counts = {"readyReplicas": ready, "currentReplicas": len(active), "updatedReplicas": len(active)}
    return status | {key: value for key, value in counts.items() if value}


def daemonsets(hand: Hand) -> None:
    """One round: one pod on each node the template selects, cordoned or not; pods of an older template go."""
    for each in hand.store.all("DaemonSet"):
        print_, spec = fingerprint(each["spec"]["template"]), each["spec"]["template"]["spec"]
        pods = [pod for pod in claim(hand, each) if is_active(pod)]
        nodes = [node["metadata"]["name"] for node in hand.store.all("Node") if selects_node(spec, node)]
        if "deletionTimestamp" not in each["metadata"]:
            _cover(hand, each, pods, nodes, print_)
        ready = sum(map(is_ready, pods))
        status: Body = {
            "currentNumberScheduled": len(pods),
            "desiredNumberScheduled": len(nodes),
            "numberMisscheduled": 0,
            "numberReady": ready,
            "observedGeneration": each["metadata"]["generation"],
        }
        extra = {"numberAvailable": ready, "updatedNumberScheduled": len(pods)}
        hand.status("DaemonSet", each, status | {key: value for key, value in extra.items() if value})


def _cover(hand: Hand, owner: Body, pods: list[Body], nodes: list[str], print_: str) -> None:
    covered = {}
    for pod in pods:
        node = _meant_for(pod)
        stale = pod["metadata"]["labels"].get(_REVISION) != print_
        if node not in nodes or node in covered or stale:
            remove(hand, owner, pod)
        covered[node] = pod
    for node in nodes:
        if node not in covered:
            term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
            needed = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
            tolerates = {"effect": "NoSchedule", "key": "node.kubernetes.io/unschedulable", "operator": "Exists"}
            template = owner["spec"]["template"]["spec"]
            tolerations = [*template.get("tolerations", ()), tolerates]
            spec = {"affinity": {"nodeAffinity": needed}, "tolerations": tolerations}
            make(hand, owner, {_REVISION: print_, "pod-template-generation": "1"}, spec=spec)


def _meant_for(pod: Body) -> str:
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    needed = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return str(needed["nodeSelectorTerms"][0]["matchFields"][0]["values"][0])
