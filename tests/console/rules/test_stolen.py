"""A stolen credential of the cluster's own machinery is no cloak: its name and its program's name are both the thief's.

Each identity speaks with the agent and from the address its owner has, so that only what it does can tell.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from console.model.severity import Severity
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.offline import shipped_rules
from tests.console.rules.events import read

RBAC = "rbac.authorization.k8s.io"
HOOKS = "admissionregistration.k8s.io"
AT = {"namespace": "shop", "name": "web"}
SPEC = {"hostPID": True, "containers": [{"name": "c", "image": "x", "securityContext": {"privileged": True}}]}
ADMIN = {"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [{"kind": "User", "name": "eve"}]}
SIGNER = {"spec": {"signerName": "kubernetes.io/kube-apiserver-client"}}

DEEDS: dict[str, dict[str, Any]] = {
    "exec": {"verb": "create", "objectRef": {"resource": "pods", "subresource": "exec", **AT}},
    "exec-by-get": {"verb": "get", "objectRef": {"resource": "pods", "subresource": "exec", **AT}},
    "attach": {"verb": "create", "objectRef": {"resource": "pods", "subresource": "attach", **AT}},
    "all-secrets": {"verb": "list", "objectRef": {"resource": "secrets"}, "requestURI": "/api/v1/secrets?limit=500"},
    "secret": {"verb": "get", "objectRef": {"resource": "secrets", **AT}},
    "cluster-admin": {
        "verb": "create",
        "objectRef": {"resource": "clusterrolebindings", "apiGroup": RBAC, "name": "x"},
        "requestObject": ADMIN,
    },
    "privileged-pod": {
        "verb": "create",
        "objectRef": {"resource": "pods", **AT},
        "requestObject": {"kind": "Pod", "spec": SPEC},
    },
    "daemonset": {
        "verb": "create",
        "objectRef": {"resource": "daemonsets", "apiGroup": "apps", "namespace": "kube-system", "name": "x"},
        "requestObject": {"kind": "DaemonSet", "spec": {"template": {"spec": SPEC}}},
    },
    "cronjob": {
        "verb": "create",
        "objectRef": {"resource": "cronjobs", "apiGroup": "batch", "namespace": "kube-system", "name": "x"},
        "requestObject": {"kind": "CronJob", "spec": {}},
    },
    "certificate": {
        "verb": "update",
        "objectRef": {"resource": "certificatesigningrequests", "apiGroup": "certificates.k8s.io", "name": "x",
                      "subresource": "approval"},
        "requestObject": SIGNER | {"status": {"conditions": [{"type": "Approved"}]}},
    },
    "webhook": {
        "verb": "create",
        "objectRef": {"resource": "mutatingwebhookconfigurations", "apiGroup": HOOKS, "name": "x"},
        "requestObject": {"webhooks": [{"name": "a", "clientConfig": {"url": "https://evil.example"}}]},
    },
    "mutating-policy": {
        "verb": "create",
        "objectRef": {"resource": "mutatingadmissionpolicies", "apiGroup": HOOKS, "name": "x"},
        "requestObject": {"spec": {}},
    },
    "webhook-removed": {
        "verb": "delete",
        "objectRef": {"resource": "validatingwebhookconfigurations", "apiGroup": HOOKS, "name": "cert-manager-webhook"},
    },
    "system-role-removed": {
        "verb": "delete",
        "objectRef": {"resource": "clusterroles", "apiGroup": RBAC, "name": "system:metrics-server"},
    },
    "role-over-webhooks": {
        "verb": "create",
        "objectRef": {"resource": "clusterroles", "apiGroup": RBAC, "name": "x"},
        "requestObject": {"rules": [{"apiGroups": [HOOKS], "resources": ["validatingwebhookconfigurations"],
                                     "verbs": ["update"]}]},
    },
    "role-over-signers": {
        "verb": "create",
        "objectRef": {"resource": "clusterroles", "apiGroup": RBAC, "name": "x"},
        "requestObject": {"rules": [{"apiGroups": ["certificates.k8s.io"], "resources": ["signers"],
                                     "verbs": ["approve"], "resourceNames": ["kubernetes.io/kubelet-serving"]}]},
    },
    "traces-removed": {"verb": "deletecollection", "objectRef": {"resource": "events", "namespace": "shop"}},
    "own-rights": {
        "verb": "create",
        "objectRef": {"resource": "selfsubjectrulesreviews", "apiGroup": "authorization.k8s.io"},
    },
    "impersonation": {
        "verb": "list",
        "objectRef": {"resource": "pods"},
        "impersonatedUser": {"username": "admin", "groups": ["system:masters"]},
    },
}  # fmt: skip
KCM = "kube-controller-manager/v1.36.0 (linux/amd64) kubernetes/8adc0f0"
ACCOUNTS = ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"]
AUTHENTICATED = ["system:authenticated"]

STOLEN: dict[str, tuple[str, list[str], str, str]] = {
    "a controller's account": ("system:serviceaccount:kube-system:job-controller", ACCOUNTS, KCM, "10.0.0.1"),
    "the controller manager": ("system:kube-controller-manager", AUTHENTICATED, KCM, "10.0.0.1"),
    "the scheduler": ("system:kube-scheduler", AUTHENTICATED, "kube-scheduler/v1.36.0 (linux/amd64)", "10.0.0.1"),
    "the API server": ("system:apiserver", ["system:masters"], "kube-apiserver/v1.36.0 (linux/amd64)", "127.0.0.1"),
    "a node": ("system:node:n1", ["system:nodes", *AUTHENTICATED], "kubelet/v1.36.0 (linux/amd64)", "10.0.0.21"),
    "an add-on's account": ("system:serviceaccount:kube-system:coredns", ACCOUNTS, "coredns/1.12", "10.244.0.5"),
}
EVERYDAY = {
    "the controller manager": {"all-secrets", "secret", "traces-removed", "webhook-removed"},
    "the API server": {"all-secrets", "secret"},
    "a node": {"secret", "own-rights"},
    "an add-on's account": {"secret", "mutating-policy", "webhook-removed"},
}
"""What their owners do as well, in the same words: reading secrets through informers or for their pods, removing a
namespace's Events and what belonged to a removed owner when all controllers share one identity, taking away a webhook
of one's own. Thresholds and baselines must tell these."""


@cache
def _rules() -> RuleSet:
    return shipped_rules()


CASES = [(who, deed) for who in STOLEN for deed in DEEDS if deed not in EVERYDAY.get(who, ())]


@pytest.mark.parametrize(("who", "deed"), CASES, ids=[f"{who}-{deed}" for who, deed in CASES])
def test_what_a_stolen_identity_does_shows(who: str, deed: str) -> None:
    name, groups, agent, address = STOLEN[who]
    user = {"username": name, "groups": groups}
    detector = Detector(_rules())

    detector.feed(read([{**DEEDS[deed], "user": user, "userAgent": agent, "sourceIPs": [address]}]))

    assert [found.title for found in detector.findings() if found.severity.at_least(Severity.MEDIUM)]
