"""Roles and bindings that hand out the cluster, and those every cluster has."""

from __future__ import annotations

import pytest

from console.posture.grants import Grants
from tests.console.posture.manifests import Object, rbac, read

Told = list[tuple[str, str, str]]


def told(*objects: Object) -> Told:
    """Object, control and field of each weakness."""
    grants = Grants(read(*objects))
    weak = list(grants.weaknesses())
    assert grants.faults == []
    assert {one.standard for one in weak} <= {"rbac"}
    return [(one.object, one.control, one.field) for one in weak]


def rule(verbs: str, resources: str, group: str = "", **more: list[str]) -> Object:
    return {"verbs": verbs.split(), "resources": resources.split(), "apiGroups": [group], **more}


def role(*rules: Object) -> Object:
    return rbac("ClusterRole", "made", rules=list(rules))


def bound(to: str, *subjects: Object, name: str = "given", kind: str = "ClusterRole", namespace: str = "") -> Object:
    binding = "RoleBinding" if namespace else "ClusterRoleBinding"
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": to}
    return rbac(binding, name, namespace, roleRef=ref, subjects=list(subjects))


USER = {"kind": "User", "name": "ana"}
_RBAC, _CSR = "rbac.authorization.k8s.io", "certificates.k8s.io"


@pytest.mark.parametrize(
    ("given", "control"),
    [
        (rule("bind", "clusterroles", _RBAC), "bind"),
        (rule("escalate", "roles", _RBAC), "escalate"),
        (rule("impersonate", "groups"), "impersonate"),
        (rule("get", "nodes/proxy"), "nodesProxy"),
        (rule("create", "pods/exec"), "podsExec"),
        (rule("get", "pods/attach"), "podsExec"),
        (rule("patch", "pods/ephemeralcontainers"), "podsExec"),
        (rule("create", "serviceaccounts/token"), "serviceAccountToken"),
        (rule("update", "certificatesigningrequests/approval", _CSR), "csrApproval"),
        (rule("watch", "secrets"), "secretsRead"),
        (rule("get", "secrets", resourceNames=["db"]), "secretsRead"),
        (rule("*", "*", "*"), "wildcard"),
        (rule("*", "configmaps"), "wildcard"),
        (rule("get", "*", "apps"), "wildcard"),
        (rule("get list", "pods"), ""),
        (rule("create", "pods/exec", "apps"), ""),
        (rule("get", "pods/log"), ""),
    ],
)
def test_a_role_with_a_right_to_become_more(given: Object, control: str) -> None:
    assert told(role(rule("get", "configmaps"), given)) == (
        [("ClusterRole/made", control, "rules[1]")] if control else []
    )


def test_a_wildcard_is_told_with_what_it_covers() -> None:
    assert [control for _, control, _ in told(role(rule("*", "pods pods/exec")))] == ["wildcard", "podsExec"]


def test_who_holds_what_is_told_of_the_binding_also_through_a_role_that_was_not_given() -> None:
    account = {"kind": "ServiceAccount", "name": "ci"}
    weak = list(Grants(read(bound("edit", account, namespace="shop"))).weaknesses())

    assert [(one.object, one.control, one.field) for one in weak] == [
        ("RoleBinding/shop/given", control, "subjects[0]")
        for control in ("impersonate", "podsExec", "secretsRead", "serviceAccountToken")
    ]
    assert all(one.message.startswith("ServiceAccount/shop/ci can ") for one in weak)


@pytest.mark.parametrize("roles", [[], [rbac("ClusterRole", "cluster-admin", rules=[rule("*", "*", "*")])]])
def test_holders_of_cluster_admin_are_told_subject_by_subject(roles: list[Object]) -> None:
    binding = bound("cluster-admin", {"kind": "Group", "name": "system:masters"}, USER, name="cluster-admin")

    assert told(binding, *roles) == [("ClusterRoleBinding/cluster-admin", "clusterAdmin", "subjects[1]")]


def test_a_role_that_is_admin_in_all_but_name() -> None:
    weak = told(role(rule("*", "*", "*")), bound("made", USER))

    assert ("ClusterRoleBinding/given", "clusterAdmin", "subjects[0]") in weak


@pytest.mark.parametrize(
    ("subject", "control"),
    [
        ({"kind": "User", "name": "system:anonymous"}, "anonymousAccess"),
        ({"kind": "Group", "name": "system:unauthenticated"}, "anonymousAccess"),
        ({"kind": "Group", "name": "system:authenticated"}, "everyoneAccess"),
        ({"kind": "Group", "name": "system:serviceaccounts"}, "everyoneAccess"),
        ({"kind": "Group", "name": "system:serviceaccounts:shop"}, ""),
    ],
)
def test_what_anybody_may_do_is_told_however_little_it_is(subject: Object, control: str) -> None:
    assert [one[1] for one in told(bound("view", subject))] == ([control] if control else [])


def test_what_every_cluster_has_is_silent_until_it_is_more_than_that() -> None:
    info = {"kind": "Group", "name": "system:unauthenticated"}
    usual = bound("system:public-info-viewer", info, name="system:public-info-viewer")
    swapped = bound("view", info, name="system:public-info-viewer")
    autoscaler = "system:controller:horizontal-pod-autoscaler"

    assert told(usual) == []
    assert [one[1] for one in told(swapped)] == ["anonymousAccess"]
    assert told(rbac("ClusterRole", autoscaler, rules=[rule("get", "*", "custom.metrics.k8s.io")])) == []
    assert [one[1] for one in told(rbac("ClusterRole", autoscaler, rules=[rule("*", "*", "*")]))] == ["wildcard"]
    assert [one[1] for one in told(rbac("ClusterRole", "view", rules=[rule("get", "secrets")]))] == ["secretsRead"]


def test_rules_that_a_controller_will_aggregate_count() -> None:
    selector = {"clusterRoleSelectors": [{"matchLabels": {"to": "made"}}]}
    whole = rbac("ClusterRole", "made", aggregationRule=selector)
    part = rbac("ClusterRole", "part", rules=[rule("create", "pods/exec")])
    part["metadata"]["labels"] = {"to": "made"}

    assert ("ClusterRoleBinding/given", "podsExec", "subjects[0]") in told(whole, part, bound("made", USER))
