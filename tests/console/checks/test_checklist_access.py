"""An identity is powerless when access reviews say so; powerful bindings are judged one by one."""

from __future__ import annotations

from typing import Any

from console.checks.checklist_access import MATRIX
from console.model.facts import Ask, Unknown
from tests.console.checks.scripted import NOW, Scripted, ask_check, meta, ref

EVE = ref("User", "", "eve")
WEB = ref("ServiceAccount", "shop", "web")
WEB_USER = "system:serviceaccount:shop:web"


def binding(name: str, role: str, *subjects: tuple[str, str], namespace: str = "", **labels: str) -> dict[str, Any]:
    return {
        **meta(name, namespace, labels=labels or None),
        "roleRef": {"kind": "ClusterRole", "name": role},
        "subjects": [{"kind": kind, "name": who, "namespace": "shop"} for kind, who in subjects],
    }


def role(name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    return {**meta(name), "rules": list(rules)}


def eve(*groups: str, reviews: bool | None = False) -> Scripted:
    facts = Scripted({Ask("groups", ("eve",)): groups or ("system:authenticated",)})
    facts.reviews = reviews
    return facts


def test_a_user_is_powerless_when_every_review_denies_and_no_binding_names_it() -> None:
    assert ask_check("user.powerless", eve(), EVE).truth is True


def test_one_right_that_is_left_shows_by_name() -> None:
    facts = eve("devs").allow("eve", ("devs",), MATRIX[2], True)
    verdict = ask_check("user.powerless", facts, EVE)
    assert verdict.truth is False
    assert verdict.residual == ("still allowed: list secrets",)


def test_a_binding_that_names_the_user_counts_even_if_the_matrix_is_denied() -> None:
    facts = eve().watch("ClusterRole", role("tiny")).watch("ClusterRoleBinding", binding("b", "tiny", ("User", "eve")))
    assert ask_check("user.powerless", facts, EVE).truth is False


def test_system_masters_is_above_rbac() -> None:
    verdict = ask_check("user.powerless", eve("system:masters"), EVE)
    assert verdict.truth is False
    assert "only a new CA ends it" in verdict.observed


def test_a_review_without_an_answer_is_unknown() -> None:
    assert ask_check("user.powerless", eve(reviews=None), EVE).truth is None


def test_unknown_groups_keep_a_denied_user_from_ticking() -> None:
    facts = eve()
    facts.facts[Ask("groups", ("eve",))] = Unknown("eve was not seen in the audit record")
    assert ask_check("user.powerless", facts, EVE).truth is None


def test_a_pending_signing_request_keeps_certificates_open() -> None:
    request = {**meta("csr-1"), "spec": {"username": "eve"}}
    assert ask_check("certificate.powerless", eve().watch("CertificateSigningRequest", request), EVE).truth is False
    done = {**request, "status": {"conditions": [{"type": "Denied", "status": "True"}]}}
    assert ask_check("certificate.powerless", eve().watch("CertificateSigningRequest", done), EVE).truth is True


def revoked(calls: int | Unknown = 0) -> Scripted:
    facts = Scripted({Ask("token_secrets", ("shop", "web")): (), Ask("open_streams", (WEB_USER,)): ()})
    facts.reviews = False
    facts.facts[Ask("calls_since", (WEB_USER, repr(NOW - 600)))] = calls
    return facts.watch("ServiceAccount", meta("web", "shop", uid="sa1"))


def test_an_account_is_revoked_when_rights_tokens_and_calls_are_gone() -> None:
    assert ask_check("account.revoked", revoked(), WEB).truth is True


def test_a_call_that_got_through_unticks_the_account() -> None:
    verdict = ask_check("account.revoked", revoked(2), WEB)
    assert verdict.truth is False
    assert "2 requests of it succeeded in the last 10 m" in verdict.observed


def test_without_an_audit_record_nobody_knows_whether_old_tokens_are_used() -> None:
    assert ask_check("account.revoked", revoked(Unknown("no audit source is configured")), WEB).truth is None


def test_a_valid_legacy_token_keeps_the_account_open() -> None:
    facts = revoked()
    facts.facts[Ask("token_secrets", ("shop", "web"))] = (("web-token", ""),)
    assert ask_check("account.revoked", facts, WEB).truth is False


def test_a_new_uid_alone_does_not_help_while_bindings_name_the_account() -> None:
    facts = revoked().watch("ClusterRole", role("r", {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}))
    facts.watch("ClusterRoleBinding", binding("b", "r", ("ServiceAccount", "web")))
    target = ref("ServiceAccount", "shop", "web", "older-uid")
    assert ask_check("account.revoked", facts, target).truth is False


WILD = role("wild", {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]})
READER = role("reader", {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["secrets"]})
DEFAULTS = {"kubernetes.io/bootstrapping": "rbac-defaults"}


def test_default_bindings_are_not_to_be_judged_but_strangers_in_them_are() -> None:
    own = binding("cluster-admin", "cluster-admin", ("Group", "system:masters"), **DEFAULTS)
    facts = Scripted().watch("ClusterRoleBinding", own)
    assert ask_check("rbac.tight", facts).truth is True
    stray = binding("cluster-admin", "cluster-admin", ("Group", "system:masters"), ("User", "eve"), **DEFAULTS)
    verdict = ask_check("rbac.tight", Scripted().watch("ClusterRoleBinding", stray))
    assert verdict.truth is False
    assert "ClusterRoleBinding cluster-admin (cluster-admin for User eve)" in verdict.observed


def test_wildcards_and_wide_secret_readers_are_powerful_until_judged() -> None:
    facts = Scripted().watch("ClusterRole", WILD, READER)
    facts.watch("ClusterRoleBinding", binding("a", "wild", ("User", "x")), binding("b", "reader", ("Group", "devs")))
    facts.watch("RoleBinding", binding("c", "reader", ("User", "y"), namespace="shop"))
    verdict = ask_check("rbac.tight", facts)
    assert verdict.truth is False
    assert "2 of 2 powerful bindings" in verdict.observed
    facts.say("judged.good", "ClusterRoleBinding a", "ClusterRoleBinding b")
    assert ask_check("rbac.tight", facts).truth is True


def test_long_lived_tokens_and_a_mounted_default_account_are_told_by_namespace() -> None:
    account = {**meta("default", "shop"), "automountServiceAccountToken": False}
    secrets = (("shop/old", ""), ("shop/dead", "2026-05-01"), ("bank/old", ""))
    facts = Scripted({Ask("token_secrets", ("", "")): secrets}).watch("ServiceAccount", account)
    shop = ask_check("tokens.short", facts, ref("Namespace", "", "shop"))
    assert (shop.truth, shop.observed.split(";")[0]) == (False, "Secrets with long-lived tokens are left: shop/old")
    facts.facts[Ask("token_secrets", ("", ""))] = (("shop/dead", "2026-05-01"),)
    assert ask_check("tokens.short", facts, ref("Namespace", "", "shop")).truth is True
    facts.kinds["ServiceAccount"].clear()
    facts.watch("ServiceAccount", meta("default", "shop"))
    assert ask_check("tokens.short", facts, ref("Namespace", "", "shop")).truth is False


def test_a_user_is_quiet_when_nothing_of_it_succeeded_for_a_quarter_of_an_hour() -> None:
    facts = Scripted({Ask("calls_since", ("eve", repr(NOW - 900))): 1})
    assert ask_check("user.quiet", facts, EVE).truth is False
    facts.facts[Ask("calls_since", ("eve", repr(NOW - 900)))] = 0
    assert ask_check("user.quiet", facts, EVE).truth is True
