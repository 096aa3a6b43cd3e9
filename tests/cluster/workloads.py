"""Objects for action tests, as people deploy them."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
IMAGE = "registry.example/shop/web:1.4"


def template(app: str, account: str = "default", labels: dict[str, str] | None = None) -> Object:
    """A pod template."""
    return {
        "metadata": {"labels": {"app": app, **(labels or {})}},
        "spec": {"serviceAccountName": account, "containers": [{"name": "web", "image": IMAGE}]},
    }


def deployment(namespace: str, name: str, replicas: int = 2, account: str = "default") -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": template(name, account),
        },
    }


def stateful(namespace: str, name: str, replicas: int = 1) -> Object:
    made = deployment(namespace, name, replicas)
    made["kind"] = "StatefulSet"
    made["spec"]["serviceName"] = name
    return made


def daemon(namespace: str, name: str) -> Object:
    made = deployment(namespace, name)
    made["kind"] = "DaemonSet"
    del made["spec"]["replicas"]
    return made


def job(namespace: str, name: str) -> Object:
    pod = template(name)
    pod["spec"]["restartPolicy"] = "Never"
    # kwok completes the pods of Jobs at once; one that is not of a Job's usual shape runs on.
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": pod},
    }


def cron(namespace: str, name: str) -> Object:
    spec = job(namespace, name)["spec"]
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": spec}},
    }


def bare(namespace: str, name: str, **spec: Any) -> Object:
    """A pod nobody's controller made."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"containers": [{"name": "web", "image": IMAGE}], **spec},
    }


def service(namespace: str, name: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80}]},
    }


def policy(namespace: str, name: str, **spec: Any) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
