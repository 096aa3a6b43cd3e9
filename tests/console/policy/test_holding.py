"""What an account holds beyond Kubernetes' defaults, as rights that can be reviewed."""

from __future__ import annotations

from console.model.action import Right
from console.policy.holding import by_default, in_words, is_default, witnesses
from console.policy.rbac import Rbac
from tests.console.policy.test_rbac import GROUPS, SECRETS, USER, binding, role

EVERYBODY = {"kind": "Group", "name": "system:authenticated"}
SELF = {"verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews"]}
URLS = {"verbs": ["get"], "nonResourceURLs": ["/healthz", "/api/*", "/version/"]}


def test_default_group_rights_are_left_out_by_what_they_give_not_by_name() -> None:
    honest = Rbac([role("system:discovery", URLS, SELF)], [binding("system:discovery", "system:discovery", EVERYBODY)])
    (grant,) = honest.grants(USER, GROUPS)
    assert is_default(grant)
    abused = Rbac(
        [role("system:discovery", URLS, SECRETS)], [binding("system:discovery", "system:discovery", EVERYBODY)]
    )
    (grant,) = abused.grants(USER, GROUPS)
    assert not is_default(grant)
    assert witnesses([grant]) == (Right("get", "secrets"),)


def test_a_direct_binding_to_a_default_role_is_not_a_default() -> None:
    subject = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}
    (grant,) = Rbac([role("basic", SELF)], [binding("b", "basic", subject)]).grants(USER, GROUPS)
    assert not is_default(grant)
    assert witnesses([grant]) == ()


def test_each_resource_is_asked_for_with_its_most_telling_verb() -> None:
    rule = {"verbs": ["list", "get", "create"], "apiGroups": ["", "apps"], "resources": ["pods", "secrets"]}
    named = {"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a", "b"]}
    subject = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}
    grants = Rbac([role("r", rule, named)], [binding("b", "r", subject, namespace="shop")]).grants(USER, GROUPS)
    asked = witnesses(grants)
    assert {(right.verb, right.group, right.resource, right.name) for right in asked} == {
        ("create", "", "pods", ""),
        ("create", "", "secrets", ""),
        ("create", "apps", "pods", ""),
        ("create", "apps", "secrets", ""),
        ("get", "", "configmaps", "a"),
        ("get", "", "configmaps", "b"),
    }
    assert {right.namespace for right in asked} == {"shop"}


def test_wildcards_are_asked_for_as_they_are_written() -> None:
    rule = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    grants = Rbac([role("admin", rule)], [binding("b", "admin", {"kind": "User", "name": "u"})]).grants("u")
    assert witnesses(grants) == (Right("*", "*", "*"),)


def test_defaults_cover_paths_and_reviews_of_oneself_only() -> None:
    assert by_default(Right("get", "/api/v1"))
    assert by_default(Right("create", "selfsubjectreviews", "authentication.k8s.io"))
    assert not by_default(Right("get", "/metrics"))
    assert not by_default(Right("create", "subjectaccessreviews", "authorization.k8s.io"))


def test_a_grant_is_told_in_words() -> None:
    (grant,) = Rbac([role("r", SECRETS)], [binding("b", "r", {"kind": "User", "name": "u"})]).grants("u")
    assert in_words(grant) == "get secrets"
    assert str(grant) == "ClusterRoleBinding b (ClusterRole r)"
