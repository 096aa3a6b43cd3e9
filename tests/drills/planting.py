"""Secrets planted in every place where a cluster keeps them, and an audit log that saw them pass.

Each has a word of its own, so that a leak tells where it came from.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from console.drill.callers import Caller
from console.drill.server import SimServer
from console.model.ref import BY_KIND
from console.ports.cluster import Request
from tests.console.rules.events import line

ADMIN = Caller("kubernetes-admin", ("system:masters", "system:authenticated"))
HEAD = "eyJhbGciOiJSUzI1NiJ9."
"""A JSON Web Token begins like this."""


def jwt(word: str) -> str:
    """A token whose parts hold the word."""
    return HEAD + base64.urlsafe_b64encode(f'{{"sub":"{word}"}}'.encode()).decode().rstrip("=") + f".{word}"


WORDS = tuple(
    f"canary{place}word"
    for place in (
        "data", "stringdata", "env", "applied", "argflag", "argequals", "configmap", "kubeconfig", "token", "review",
        "exec", "header", "log", "dsn", "patch", "operation", "envpatch", "agent", "annotation", "created",
    )
)  # fmt: skip


def forms(word: str) -> list[str]:
    """A word as it may show: plain, base64 at each alignment, hexadecimal, quoted."""
    encoded = [base64.b64encode(b"x" * shift + word.encode()).decode()[4:-4] for shift in range(3)]
    return [word, word.upper(), *encoded, word.encode().hex(), quote(word, safe="").replace("a", "%61")]


def of(place: str) -> str:
    """The word of a place."""
    word = f"canary{place}word"
    assert word in WORDS
    return word


def _encoded(word: str) -> str:
    return base64.b64encode(word.encode()).decode()


def template() -> dict[str, Any]:
    """A pod's spec with secrets where people put them."""
    return {
        "containers": [
            {
                "name": "app",
                "image": "registry.example/leaky:1",
                "args": ["serve", "--db-password", of("argflag"), f"--api-key={of('argequals')}"],
                "env": [
                    {"name": "PLAIN", "value": of("env")},
                    {"name": "DSN", "value": f"postgres://app:{of('dsn')}@db/shop"},
                ],
            }
        ]
    }


def objects() -> list[dict[str, Any]]:
    """What is put into the cluster."""
    applied = {"kubectl.kubernetes.io/last-applied-configuration": f'{{"x":"{of("applied")}"}}'}
    meta = {"name": "leaky", "namespace": "shop", "labels": {"app": "leaky"}, "annotations": applied}
    kubeconfig = f"users:\n- name: a\n  user:\n    token: {of('kubeconfig')}\n    password: {of('configmap')}\n"
    deployment = {
        "kind": "Deployment",
        "metadata": meta,
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "leaky"}},
            "template": {
                "metadata": {"labels": {"app": "leaky"}, "annotations": {"note": f"token={of('annotation')}"}},
                "spec": template(),
            },
        },
    }
    secret = {
        "kind": "Secret",
        "metadata": {"name": "leaky", "namespace": "shop", "annotations": applied},
        "data": {"password": _encoded(of("data"))},
    }
    config = {
        "kind": "ConfigMap",
        "metadata": {"name": "leaky", "namespace": "shop", "annotations": applied},
        "data": {"kubeconfig": kubeconfig},
    }
    return [secret, config, deployment]


def plant(server: SimServer) -> None:
    """Create them."""
    for obj in objects():
        kind = BY_KIND[obj["kind"]]
        body = {"apiVersion": f"{kind.group}/v1" if kind.group else "v1", **obj}
        server.send(ADMIN, Request("POST", kind.path("shop"), body=msgspec.json.encode(body)))


def write_audit(path: Path, at: str) -> None:
    """A log at level RequestResponse of somebody who handles all of them, each in a way some rule looks for."""
    path.write_bytes(b"".join(line(event | {"requestReceivedTimestamp": at, "stageTimestamp": at}) + b"\n"
                              for event in _events()))  # fmt: skip


def _events() -> list[dict[str, Any]]:
    pods = {"resource": "pods", "namespace": "shop", "name": "leaky"}
    secret = {"resource": "secrets", "namespace": "shop", "name": "leaky"}
    command = f"command=mysql&command=--password&command={of('exec')}&command=curl&command=Bearer+{of('header')}"
    operation = [{"op": "add", "path": "/data/password", "value": _encoded(of("operation"))}]
    environment = [{"op": "replace", "path": "/spec/template/spec/containers/0/env/0/value", "value": of("envpatch")}]
    host = template() | {"hostPID": True, "hostNetwork": True, "volumes": [{"name": "r", "hostPath": {"path": "/"}}]}
    host["containers"][0]["securityContext"] = {"privileged": True}
    deployments = {"resource": "deployments", "apiGroup": "apps", "namespace": "shop", "name": "leaky"}
    made = {"kind": "Secret", "stringData": {"p": of("stringdata")}}
    created = {"kind": "Pod", "metadata": {"annotations": {"x": f"password: {of('created')}"}}, "spec": host}
    events: list[dict[str, Any]] = [
        {"verb": "create", "objectRef": secret, "requestObject": made},
        {"verb": "patch", "objectRef": secret, "requestObject": {"data": {"password": _encoded(of("patch"))}}},
        {"verb": "patch", "objectRef": secret, "requestObject": operation},
        {"verb": "list", "objectRef": {"resource": "secrets"}, "requestURI": "/api/v1/secrets?limit=500"},
        {"verb": "create", "objectRef": {"resource": "configmaps", "namespace": "shop", "name": "leaky"},
         "requestObject": objects()[1]},
        {"verb": "create", "objectRef": {**pods, "name": "created"}, "requestObject": created},
        {"verb": "patch", "objectRef": deployments, "requestObject": environment},
        {"verb": "create", "objectRef": {**pods, "subresource": "exec"},
         "requestURI": f"/api/v1/namespaces/shop/pods/leaky/exec?{command}",
         "userAgent": f"curl/8 token={of('agent')}"},
        {"verb": "create",
         "objectRef": {"resource": "serviceaccounts", "namespace": "kube-system", "name": "node-controller",
                       "subresource": "token"},
         "responseObject": {"kind": "TokenRequest", "status": {"token": jwt(of("token"))}}},
        {"verb": "create", "objectRef": {"resource": "tokenreviews", "apiGroup": "authentication.k8s.io"},
         "requestObject": {"kind": "TokenReview", "spec": {"token": jwt(of("review"))}}},
    ]  # fmt: skip
    return [
        {
            "auditID": f"planted-{number}",
            "level": "RequestResponse",
            "user": {"username": "mallory", "groups": ["system:authenticated"]},
            "sourceIPs": ["203.0.113.7"],
            **event,
        }
        for number, event in enumerate(events)
    ]
