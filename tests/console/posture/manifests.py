"""Objects for posture tests, as somebody would apply them."""

from __future__ import annotations

from typing import Any

from console.posture.manifest import Manifest, manifests_of

Object = dict[str, Any]
DIGEST = "registry.example/app@sha256:" + "a" * 64
HARD: Object = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
CLEAN: Object = {
    "automountServiceAccountToken": False,
    "containers": [{"name": "main", "image": DIGEST, "securityContext": HARD}],
}
"""A pod spec in which nothing is weak."""


def pod(name: str = "web", namespace: str = "shop", *, owner: tuple[str, str] | None = None, **spec: Any) -> Object:
    """A clean pod but for what is given."""
    metadata: Object = {"name": name, "namespace": namespace, "labels": {"app": name}}
    if owner:
        metadata["ownerReferences"] = [{"kind": owner[0], "name": owner[1], "controller": True}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": CLEAN | spec}


def container(**more: Any) -> Object:
    """The one container of a pod, clean but for what is given."""
    return {"containers": [{**CLEAN["containers"][0], **more}]}


def workload(kind: str = "Deployment", name: str = "web", namespace: str = "shop", **spec: Any) -> Object:
    """A workload whose pods are clean but for what is given."""
    made = {"template": {"metadata": {"labels": {"app": name}}, "spec": CLEAN | spec}}
    version = "batch/v1" if kind in ("Job", "CronJob") else "apps/v1"
    if kind == "CronJob":
        made = {"jobTemplate": {"spec": made}}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": made}


def rbac(kind: str, name: str, namespace: str = "", **more: Any) -> Object:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, **more}


def read(*objects: Object) -> list[Manifest]:
    return [one for given in objects for one in manifests_of(given)]
