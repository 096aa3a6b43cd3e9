"""The nodes: start pods that are bound to them, end those that are deleted, finish those whose work is done."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from console.drill.controllers.hand import Hand, kubelet
from console.drill.controllers.pods import is_active
from console.drill.resources import Body
from console.drill.server import SimServer
from console.drill.times import epoch

STARTING = 1.5
"""Seconds from binding to Ready."""
ENDING = 2.0
"""Seconds a process takes to end after it was told to."""


class Kubelets:
    """All nodes' kubelets. `works` maps a part of an image name to the seconds its container runs before it is done."""

    def __init__(self, server: SimServer, works: Mapping[str, float]) -> None:
        self._server = server
        self._works = works
        self._hands: dict[str, Hand] = {}
        self._since: dict[tuple[str, str], float] = {}
        self._addresses = 10

    def round(self) -> None:
        """One round over all pods that are bound."""
        for pod in self._server.store.all("Pod"):
            node = pod["spec"].get("nodeName")
            if node and self._server.store.get("Node", "", node):
                self._tend(self._hand(node), pod)

    def _hand(self, node: str) -> Hand:
        if node not in self._hands:
            found = self._server.store.get("Node", "", node) or {}
            addresses = found.get("status", {}).get("addresses") or ()
            ip = next((each["address"] for each in addresses if each["type"] == "InternalIP"), "10.0.0.20")
            self._hands[node] = kubelet(self._server, node, ip)
        return self._hands[node]

    def _tend(self, hand: Hand, pod: Body) -> None:
        metadata, phase = pod["metadata"], pod.get("status", {}).get("phase")
        if "deletionTimestamp" in metadata:
            if metadata.get("deletionGracePeriodSeconds") == 0 or self._waited(metadata["uid"], "ending", ENDING):
                hand.delete("Pod", pod, grace=0)
            return
        if phase == "Pending" and self._waited(metadata["uid"], "starting", STARTING):
            self._addresses += 1
            hand.status("Pod", pod, _running(hand, pod, f"10.244.{self._addresses // 250}.{self._addresses % 250 + 2}"))
            hand.event(pod, "Started", f"Started container {pod['spec']['containers'][0]['name']}")
        elif phase == "Running" and is_active(pod):
            lasts = next((each for part, each in self._works.items() if part in _image(pod)), None)
            once = pod["spec"].get("restartPolicy") in ("Never", "OnFailure")
            if lasts is not None and once and hand.now() - epoch(pod["status"]["startTime"]) >= lasts:
                hand.status("Pod", pod, _succeeded(hand, pod))

    def _waited(self, uid: str, what: str, seconds: float) -> bool:
        now = self._server.now()
        return now - self._since.setdefault((uid, what), now) >= seconds


def _image(pod: Body) -> str:
    return str(pod["spec"]["containers"][0]["image"])


def _running(hand: Hand, pod: Body, address: str) -> Body:
    stamp = hand.stamp()
    node = hand.store.get("Node", "", pod["spec"]["nodeName"]) or {}
    host = next((a["address"] for a in node.get("status", {}).get("addresses", ()) if a["type"] == "InternalIP"), "")
    address = host if pod["spec"].get("hostNetwork") else address
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    blank = {"lastProbeTime": None, "lastTransitionTime": stamp}
    statuses = [
        {
            "name": each["name"],
            "image": each["image"],
            "imageID": f"{each['image'].partition(':')[0]}@sha256:{_digest(each['image'])}",
            "containerID": f"containerd://{_digest(pod['metadata']['uid'] + each['name'])}",
            "ready": True,
            "started": True,
            "restartCount": 0,
            "lastState": {},
            "state": {"running": {"startedAt": stamp}},
        }
        for each in pod["spec"]["containers"]
    ]
    return {
        "phase": "Running",
        "conditions": [{"type": kind, "status": "True", **blank} for kind in kinds],
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": stamp,
        "containerStatuses": statuses,
        "qosClass": pod["status"].get("qosClass", "BestEffort"),
    }


def _succeeded(hand: Hand, pod: Body) -> Body:
    conditions = [
        {**each, "status": "False", "reason": "PodCompleted"} if each["type"] in ("Ready", "ContainersReady") else each
        for each in pod["status"]["conditions"]
    ]
    over = {"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": hand.stamp()}}
    statuses = [
        {**each, "ready": False, "started": False, "state": over} for each in pod["status"]["containerStatuses"]
    ]
    return {**pod["status"], "phase": "Succeeded", "conditions": conditions, "containerStatuses": statuses}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
