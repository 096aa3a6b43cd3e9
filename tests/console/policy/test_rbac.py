"""Grants: every way a binding can name a subject, and what the rules behind it allow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from console.model.access import Binding, PolicyRule, Role
from console.model.action import Right
from console.policy.rbac import Rbac, account_groups, account_user, covers

USER, GROUPS = account_user("shop", "web"), account_groups("shop")


def role(name: str, *rules: dict[str, Any], namespace: str = "", **more: Any) -> Role:
    return msgspec.convert({"metadata": {"name": name, "namespace": namespace}, "rules": list(rules), **more}, Role)


def binding(name: str, of: str, *subjects: dict[str, str], namespace: str = "", kind: str = "ClusterRole") -> Binding:
    raw = {
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"kind": kind, "name": of},
        "subjects": list(subjects),
    }
    return msgspec.convert(raw, Binding)


SECRETS = {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}


@pytest.mark.parametrize(
    ("subject", "home", "way"),
    [
        ({"kind": "ServiceAccount", "name": "web", "namespace": "shop"}, "", "account"),
        ({"kind": "ServiceAccount", "name": "web", "namespace": "shop"}, "other", "account"),
        ({"kind": "ServiceAccount", "name": "web"}, "shop", "account"),
        ({"kind": "ServiceAccount", "name": "web"}, "other", ""),
        ({"kind": "ServiceAccount", "name": "web", "namespace": "other"}, "shop", ""),
        ({"kind": "User", "name": "system:serviceaccount:shop:web"}, "", "user"),
        ({"kind": "Group", "name": "system:serviceaccounts"}, "", "system:serviceaccounts"),
        ({"kind": "Group", "name": "system:serviceaccounts:shop"}, "other", "system:serviceaccounts:shop"),
        ({"kind": "Group", "name": "system:serviceaccounts:other"}, "", ""),
        ({"kind": "Group", "name": "system:authenticated"}, "", "system:authenticated"),
        ({"kind": "User", "name": "web"}, "", ""),
    ],
)
def test_an_account_is_found_however_it_is_named(subject: dict[str, str], home: str, way: str) -> None:
    rbac = Rbac([role("read", SECRETS)], [binding("b", "read", subject, namespace=home)])
    assert [grant.through for grant in rbac.grants(USER, GROUPS)] == ([way] if way else [])


def allowed(rbac: Rbac, user: str, groups: Iterable[str], right: Right) -> bool:
    """Whether some grant gives this right where it is asked for."""
    grants = [one for one in rbac.grants(user, groups) if one.namespace in ("", right.namespace)]
    return any(covers(rule, right) for one in grants for rule in one.rules)


def test_a_role_binding_to_a_cluster_role_holds_in_its_namespace_only() -> None:
    subject = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}
    rbac = Rbac([role("read", SECRETS)], [binding("b", "read", subject, namespace="far")])
    assert allowed(rbac, USER, GROUPS, Right("get", "secrets", "", "far"))
    assert not allowed(rbac, USER, GROUPS, Right("get", "secrets", "", "shop"))
    assert not allowed(rbac, USER, GROUPS, Right("get", "secrets"))


def test_a_role_and_a_cluster_role_of_one_name_are_told_apart() -> None:
    subject = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}
    roles = [role("read", SECRETS), role("read", {**SECRETS, "resources": ["pods"]}, namespace="shop")]
    rbac = Rbac(roles, [binding("b", "read", subject, namespace="shop", kind="Role")])
    assert allowed(rbac, USER, GROUPS, Right("get", "pods", "", "shop"))
    assert not allowed(rbac, USER, GROUPS, Right("get", "secrets", "", "shop"))


def test_aggregated_rules_count_before_the_controller_has_copied_them() -> None:
    part = msgspec.convert({"metadata": {"name": "part", "labels": {"agg": "yes"}}, "rules": [SECRETS]}, Role)
    whole = role("whole", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"agg": "yes"}}]})
    rbac = Rbac([whole, part], [binding("b", "whole", {"kind": "User", "name": "u"})])
    assert allowed(rbac, "u", (), Right("get", "secrets"))


def test_a_binding_to_a_role_that_does_not_exist_is_a_grant_that_says_so() -> None:
    (grant,) = Rbac([], [binding("b", "none", {"kind": "User", "name": "u"})]).grants("u")
    assert grant.missing
    assert grant.rules == ()


@pytest.mark.parametrize(
    ("rule", "right", "covered"),
    [
        (SECRETS, Right("get", "secrets"), True),
        (SECRETS, Right("list", "secrets"), False),
        (SECRETS, Right("get", "secrets", "apps"), False),
        ({**SECRETS, "resourceNames": ["a"]}, Right("get", "secrets", name="a"), True),
        ({**SECRETS, "resourceNames": ["a"]}, Right("get", "secrets"), False),
        ({**SECRETS, "resources": ["pods"]}, Right("get", "pods/exec"), False),
        ({**SECRETS, "resources": ["*/scale"]}, Right("get", "deployments/scale"), True),
        ({**SECRETS, "resources": ["*"]}, Right("get", "pods/exec"), True),
        ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, Right("bind", "roles", "rbac"), True),
        ({"verbs": ["get"], "nonResourceURLs": ["/metrics/*"]}, Right("get", "/metrics/cadvisor"), True),
        ({"verbs": ["get"], "nonResourceURLs": ["/metrics"]}, Right("get", "/metrics/cadvisor"), False),
        ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, Right("get", "/metrics"), False),
    ],
)
def test_a_rule_covers_what_rbac_lets_it(rule: dict[str, Any], right: Right, covered: bool) -> None:
    assert covers(msgspec.convert(rule, PolicyRule), right) is covered
