"""RBAC of the simulated cluster, from its own objects."""

from __future__ import annotations

from typing import Any

import pytest

from console.drill.authorizing import Wish
from tests.console.drill.lab import ADMIN, Lab

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_WEB = "system:serviceaccount:shop:web"
_GROUPS = ("system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated")


def _grant(lab: Lab, rule: dict[str, Any], subject: dict[str, str]) -> None:
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "tested"}
    lab.send("POST", f"{_RBAC}/clusterroles", {"metadata": {"name": "tested"}, "rules": [rule]})
    body = {"metadata": {"name": "tested"}, "roleRef": ref, "subjects": [subject]}
    assert lab.send("POST", f"{_RBAC}/clusterrolebindings", body).status == 201


def _may(lab: Lab, wish: Wish, user: str = _WEB, groups: tuple[str, ...] = _GROUPS) -> bool:
    return lab.server.access.decide(user, groups, wish)[0]


@pytest.mark.parametrize(
    ("rule", "wish", "allowed"),
    [
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}, Wish("get", "", "pods", "shop"), True),
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}, Wish("get", "", "pods/log", "shop"), False),
        ({"apiGroups": [""], "resources": ["*/log"], "verbs": ["*"]}, Wish("get", "", "pods/log", "shop"), True),
        ({"apiGroups": ["*"], "resources": ["*"], "verbs": ["list"]}, Wish("list", "x.y", "things"), True),
        ({"apiGroups": ["apps"], "resources": ["pods"], "verbs": ["get"]}, Wish("get", "", "pods"), False),
        (
            {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a"], "verbs": ["get"]},
            Wish("get", "", "secrets", "shop", "b"),
            False,
        ),
        ({"nonResourceURLs": ["/metrics/*"], "verbs": ["get"]}, Wish("get", path="/metrics/cadvisor"), True),
        ({"nonResourceURLs": ["/metrics"], "verbs": ["get"]}, Wish("get", path="/metrics/cadvisor"), False),
    ],
)
def test_a_rule_covers_what_it_says(lab: Lab, rule: dict[str, Any], wish: Wish, allowed: bool) -> None:
    before = _may(lab, wish)
    _grant(lab, rule, {"kind": "ServiceAccount", "name": "web", "namespace": "shop"})

    assert (before, _may(lab, wish)) == (False, allowed)


def test_a_group_of_accounts_is_a_subject(lab: Lab) -> None:
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    _grant(lab, rule, {"kind": "Group", "name": "system:serviceaccounts:shop"})

    allowed, reason = lab.server.access.decide(_WEB, _GROUPS, Wish("get", "", "pods", "shop"))

    assert allowed
    assert reason == (
        'RBAC: allowed by ClusterRoleBinding "tested" of ClusterRole "tested" to Group "system:serviceaccounts:shop"'
    )


def test_a_role_of_a_namespace_grants_there_only(lab: Lab) -> None:
    wish = Wish("list", "", "configmaps", "staging")

    assert _may(lab, wish)
    assert not _may(lab, Wish("list", "", "configmaps", "shop"))
    assert not _may(lab, Wish("list", "", "configmaps"))


def test_what_everybody_may_is_what_kubernetes_gives(lab: Lab) -> None:
    rules = lab.server.access.rules(_WEB, _GROUPS, "shop")

    assert {(verb, resource) for rule in rules for verb in rule["verbs"] for resource in rule.get("resources", ())} == {
        ("create", "selfsubjectaccessreviews"),
        ("create", "selfsubjectrulesreviews"),
        ("create", "selfsubjectreviews"),
    }


def test_a_review_about_nothing_is_refused(lab: Lab) -> None:
    path = "/apis/authorization.k8s.io/v1/"

    nothing = lab.send("POST", f"{path}selfsubjectaccessreviews", {"spec": {}}, caller=ADMIN)
    nobody = lab.send("POST", f"{path}subjectaccessreviews", {"spec": {"resourceAttributes": {"verb": "get"}}})
    nowhere = lab.send("POST", f"{path}selfsubjectrulesreviews", {"spec": {}})

    assert (nothing.status, nobody.status, nowhere.status) == (422, 400, 400)
