"""What honest people do now and then, and a thief does too: it is found, and that is no mistake of a rule."""

from __future__ import annotations

from tests.cluster.day import Day
from tests.cluster.everyday import Object, container

GROUP = "rbac.authorization.k8s.io"


def mints_a_token(day: Day) -> None:
    """A token that works wherever it is used, until it expires."""
    day.olga.kubectl("-n", day.namespace, "create", "token", "default", "--duration=1h")


def runs_a_command(day: Day) -> None:
    """A developer looks into a pod of her own."""
    spec = {"containers": [container()]}
    meta = {"name": "mine", "namespace": day.namespace}
    day.dana.kubectl("apply", "-f", "-", stdin={"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    day.dana.kubectl("-n", day.namespace, "wait", "--for=condition=Ready", "pod/mine", "--timeout=40s")
    day.dana.kubectl("-n", day.namespace, "exec", "mine", "--", "id")
    day.dana.kubectl("-n", day.namespace, "delete", "pod", "mine", "--wait=false")


def installs_old_monitoring(day: Day) -> None:
    """Metrics of containers through the API server: the same right runs commands in every pod."""
    rules = [{"apiGroups": [""], "resources": ["nodes", "nodes/proxy", "pods"], "verbs": ["get", "list", "watch"]}]
    role: Object = {"apiVersion": f"{GROUP}/v1", "kind": "ClusterRole", "metadata": {"name": "old-prometheus"}}
    day.olga.kubectl("apply", "-f", "-", stdin=role | {"rules": rules})
    day.olga.kubectl("delete", "clusterrole", "old-prometheus")


def installs_node_agent(day: Day) -> None:
    """A node exporter: it sees the node's processes, its network and its whole disk."""
    root = [{"name": "root", "mountPath": "/host/root", "readOnly": True, "mountPropagation": "HostToContainer"}]
    spec = {
        "hostPID": True,
        "hostNetwork": True,
        "containers": [container("node-exporter", "quay.io/prometheus/node-exporter:v1.9.1", volumeMounts=root)],
        "volumes": [{"name": "root", "hostPath": {"path": "/"}}],
    }
    template = {"metadata": {"labels": {"app": "node-exporter"}}, "spec": spec}
    body: Object = {"selector": {"matchLabels": {"app": "node-exporter"}}, "template": template}
    meta = {"name": "node-exporter", "namespace": day.namespace}
    kind = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta}
    day.olga.kubectl("apply", "-f", "-", stdin={**kind, "spec": body})
    day.olga.kubectl("-n", day.namespace, "delete", "daemonset", "node-exporter", "--wait=false")


def removes_policy_engine(day: Day) -> None:
    """What refused bad objects is gone, whoever took it away."""
    hook = {
        "name": "validation.gatekeeper.sh",
        "clientConfig": {"service": {"name": "gatekeeper", "namespace": day.namespace}},
        "rules": [
            {"apiGroups": ["example.org"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["none"]}
        ],
        "failurePolicy": "Ignore",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    name = "gatekeeper-validating-webhook-configuration"
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    day.olga.kubectl("apply", "-f", "-", stdin={**kind, "metadata": {"name": name}, "webhooks": [hook]})
    day.olga.kubectl("delete", "validatingwebhookconfiguration", name)
