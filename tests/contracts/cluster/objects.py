"""Objects the tests start from, as small as a real API server takes them."""

from __future__ import annotations

from typing import Any

IMAGE = "registry.example/app:1"


def pod_spec(account: str = "default") -> dict[str, Any]:
    return {
        "serviceAccountName": account,
        "terminationGracePeriodSeconds": 0,
        "containers": [{"name": "app", "image": IMAGE}],
    }


def pod(name: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
    metadata = {"name": name, "labels": labels or {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod_spec()}


def deployment(name: str, replicas: int = 2) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod_spec()}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def account(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}


def policy(name: str, labels: dict[str, str]) -> dict[str, Any]:
    spec = {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress", "Egress"]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}


def role(name: str, verbs: list[str]) -> dict[str, Any]:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": verbs}]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name},
        "rules": rules,
    }


def binding(name: str, role_name: str, namespace: str, account_name: str) -> dict[str, Any]:
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": role_name},
        "subjects": [{"kind": "ServiceAccount", "name": account_name, "namespace": namespace}],
    }


def cron_job(name: str) -> dict[str, Any]:
    template = {"spec": {"template": {"spec": {**pod_spec(), "restartPolicy": "Never"}}}}
    spec = {"schedule": "0 3 * * *", "jobTemplate": template}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": spec}


def budget(name: str, labels: dict[str, str], least: int) -> dict[str, Any]:
    spec = {"minAvailable": least, "selector": {"matchLabels": labels}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec}
