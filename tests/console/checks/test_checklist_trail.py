"""Callers from outside the allow list and objects touched in secret show; what is not on record stays unknown."""

from __future__ import annotations

import pytest

from console.model.facts import Ask, Unknown
from console.model.instants import seconds
from tests.console.checks.scripted import NOW, Scripted, ask_check, meta, pod, ref

T0 = "2026-05-01T00:00:00Z"
CALLERS = Ask("callers", (repr(NOW - 300),))
NODE = {**meta("node-0"), "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.5"}]}}


def calling(*addresses: str) -> Scripted:
    web = pod("web")
    web["status"]["podIP"] = "10.244.0.9"
    return Scripted({CALLERS: addresses}).watch("Node", NODE).watch("Pod", web)


@pytest.mark.parametrize(
    ("address", "truth"),
    [
        ("192.0.2.7", True), ("2001:db8::7", True), ("127.0.0.1", True), ("::1", True), ("10.0.0.5", True),
        ("10.244.0.9", True), ("203.0.113.9", False), ("10.244.0.10", False), ("@", False),
    ],
)  # fmt: skip
def test_a_caller_is_on_the_list_a_node_a_pod_or_a_stranger(address: str, truth: bool) -> None:
    facts = calling(address).say("api.allowlist", "192.0.2.0/24, 2001:db8::/32")
    verdict = ask_check("api.restricted", facts)
    assert verdict.truth is truth
    assert truth or address in verdict.observed


def test_without_a_list_or_with_an_odd_one_nothing_can_be_compared() -> None:
    assert ":record api.allowlist" in ask_check("api.restricted", calling()).observed
    verdict = ask_check("api.restricted", calling().say("api.allowlist", "the office"))
    assert verdict.truth is None
    assert "what is no network: the, office" in verdict.observed


def test_an_audit_record_that_cannot_answer_leaves_the_allow_list_unproved() -> None:
    facts = calling().say("api.allowlist", "192.0.2.0/24")
    facts.facts[CALLERS] = Unknown("no audit source is configured")
    assert ask_check("api.restricted", facts).truth is None


def following(*touched: tuple[str, str, str, str]) -> Scripted:
    affected = (ref("ServiceAccount", "shop", "web"), ref("Secret", "shop", "db"))
    since = repr(seconds(T0))
    facts = Scripted({Ask("affected", ("",)): affected, Ask("touched", (SHOP_WEB, since)): touched})
    return facts.say("t0.estimate", T0)


SHOP_WEB = "system:serviceaccount:shop:web"


def test_what_an_affected_identity_touched_must_be_affected_or_judged() -> None:
    facts = following(("", "secrets", "shop", "db"), ("", "secrets", "shop", ""), ("batch", "cronjobs", "shop", "x"))
    verdict = ask_check("touched.listed", facts)
    assert verdict.truth is False
    assert verdict.observed.endswith("neither listed nor judged: CronJob shop/x, Secret shop/*")
    facts.say("judged.good", "Secret shop/*").say("judged.bad", "CronJob shop/x")
    assert ask_check("touched.listed", facts).truth is True


def test_a_resource_of_an_unknown_kind_is_named_as_the_record_has_it() -> None:
    assert "widgets shop/w" in ask_check("touched.listed", following(("x.example", "widgets", "shop", "w"))).observed


def test_without_t0_an_identity_or_a_record_nobody_is_followed() -> None:
    assert ask_check("touched.listed", Scripted()).truth is None
    assert "no identity is affected" in ask_check("touched.listed", Scripted().say("t0.estimate", T0)).observed
    facts = following()
    facts.facts[Ask("touched", (SHOP_WEB, repr(seconds(T0))))] = Unknown("the audit record begins later")
    assert ask_check("touched.listed", facts).truth is None
