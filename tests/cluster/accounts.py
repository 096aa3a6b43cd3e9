"""Accounts, roles, bindings and token Secrets for action tests."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
API = "rbac.authorization.k8s.io"


def account(namespace: str, name: str) -> Object:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}


def role(namespace: str, name: str, *rules: tuple[str, str]) -> Object:
    """A Role with (verb, resource) rules of the core group."""
    return {
        "apiVersion": f"{API}/v1",
        "kind": "Role",
        "metadata": {"name": name, "namespace": namespace},
        "rules": [{"verbs": [verb], "apiGroups": [""], "resources": [resource]} for verb, resource in rules],
    }


def binding(namespace: str, name: str, of: str, *subjects: Object) -> Object:
    """A RoleBinding to a Role, or with namespace "" a ClusterRoleBinding to a ClusterRole."""
    made: Object = {
        "apiVersion": f"{API}/v1",
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": API, "kind": "Role" if namespace else "ClusterRole", "name": of},
        "subjects": list(subjects),
    }
    if namespace:
        made["metadata"]["namespace"] = namespace
    return made


def sa(namespace: str, name: str) -> Object:
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}


def user(name: str) -> Object:
    return {"kind": "User", "apiGroup": API, "name": name}


def group(name: str) -> Object:
    return {"kind": "Group", "apiGroup": API, "name": name}


def token_secret(namespace: str, name: str, of: str) -> Object:
    """A legacy token Secret; a controller fills in the token."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/service-account-token",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": {"kubernetes.io/service-account.name": of},
        },
    }
