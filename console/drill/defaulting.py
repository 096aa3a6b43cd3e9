"""The defaults the API server adds to what is created: pods, workloads, services, policies, namespaces. Pure but for
the random parts of generated names and addresses, which come from the drill's seed.
"""

from __future__ import annotations

from base64 import b64encode
from random import Random
from typing import Any

from console.drill.resources import Body
from console.model.ref import Kind

_RBAC_GROUP = "rbac.authorization.k8s.io"


def defaulted(kind: Kind, obj: Body, random: Random) -> Body:
    """The object with the defaults the server adds. `obj` may be changed."""
    spec: Any = obj.get("spec")
    if kind.kind == "Namespace":
        labels = obj["metadata"].setdefault("labels", {})
        labels.setdefault("kubernetes.io/metadata.name", obj["metadata"]["name"])
        obj["spec"], obj["status"] = {"finalizers": ["kubernetes"]}, {"phase": "Active"}
    elif kind.kind == "Pod" and isinstance(spec, dict):
        _default_pod_spec(spec)
        _mount_token(spec, random)
        obj["status"] = {"phase": "Pending", "qosClass": "BestEffort"}
    elif isinstance(spec, dict) and kind.kind in _WORKLOAD_DEFAULTS:
        obj["spec"] = {**_WORKLOAD_DEFAULTS[kind.kind], **spec}
        template = spec.get("jobTemplate", {}).get("spec", {}).get("template") or spec.get("template")
        if isinstance(template, dict):
            _default_template(template.setdefault("spec", {}))
        obj["status"] = {}
    elif kind.kind == "Service" and isinstance(spec, dict):
        _default_service(obj, random)
    elif kind.kind == "Secret":
        plain = obj.pop("stringData", None) or {}
        hidden = {key: b64encode(value.encode()).decode() for key, value in plain.items()}
        if hidden or obj.get("data"):
            obj["data"] = {**(obj.get("data") or {}), **hidden}
        obj.setdefault("type", "Opaque")
    elif kind.kind == "NetworkPolicy" and isinstance(spec, dict):
        spec.setdefault("podSelector", {})
        spec.setdefault("policyTypes", ["Ingress", *(["Egress"] if spec.get("egress") else [])])
    for subject in obj.get("subjects") or ():
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", _RBAC_GROUP)
    return obj


_WORKLOAD_DEFAULTS: dict[str, Body] = {
    "Deployment": {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
    },
    "ReplicaSet": {"replicas": 1},
    "StatefulSet": {"replicas": 1, "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10},
    "DaemonSet": {
        "revisionHistoryLimit": 10,
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
    },
    "Job": {"parallelism": 1, "completions": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False},
    "CronJob": {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    },
}


def _default_template(spec: Body) -> None:
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("securityContext", {})
    spec.setdefault("terminationGracePeriodSeconds", 30)
    if spec.get("serviceAccountName"):
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    for container in (*spec.get("containers", ()), *spec.get("initContainers", ())):
        image = container.get("image", "")
        latest = ":" not in image or image.endswith(":latest")
        container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
        container.setdefault("resources", {})
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("terminationMessagePolicy", "File")
        for port in container.get("ports", ()):
            port.setdefault("protocol", "TCP")


def _default_pod_spec(spec: Body) -> None:
    _default_template(spec)
    spec.setdefault("serviceAccountName", "default")
    spec["serviceAccount"] = spec["serviceAccountName"]
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    spec.setdefault("priority", 0)
    wait = {"effect": "NoExecute", "operator": "Exists", "tolerationSeconds": 300}
    reasons = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    spec.setdefault("tolerations", [{**wait, "key": reason} for reason in reasons])


def _mount_token(spec: Body, random: Random) -> None:
    if spec.get("automountServiceAccountToken") is False:
        return
    name = "kube-api-access-" + "".join(random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))
    sources: list[Body] = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
    ]
    volume = {"name": name, "projected": {"defaultMode": 420, "sources": sources}}
    spec["volumes"] = [*spec.get("volumes", ()), volume]
    mount = {"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": name, "readOnly": True}
    for container in spec.get("containers", ()):
        container["volumeMounts"] = [*container.get("volumeMounts", ()), mount]


def _default_service(obj: Body, random: Random) -> None:
    spec = obj["spec"]
    spec.setdefault("type", "ClusterIP")
    address = f"10.96.{random.randrange(1, 255)}.{random.randrange(1, 255)}"
    spec.setdefault("clusterIP", address)
    spec.setdefault("clusterIPs", [spec["clusterIP"]])
    spec.setdefault("internalTrafficPolicy", "Cluster")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
        if spec["type"] in ("NodePort", "LoadBalancer"):
            port.setdefault("nodePort", random.randrange(30000, 32768))
    obj.setdefault("status", {"loadBalancer": {}})
