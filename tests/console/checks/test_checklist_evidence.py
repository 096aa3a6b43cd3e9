"""Preserved evidence is looked up by incarnation; the affected set must hold its siblings."""

from __future__ import annotations

import pytest

from console.actions.evidence.capturing import AROUND, MANIFEST
from console.checks import checklist_evidence as module
from console.checks import evidence
from console.model.facts import Ask
from tests.console.checks.scripted import Scripted, ask_check, meta, pod, ref

T0 = "2026-05-01T00:00:00Z"


def sealed(facts: Scripted, kind: str, uid: str = "", *digests: str) -> Scripted:
    facts.facts[Ask("evidence", (kind, uid))] = digests or ("aa",)
    return facts


def test_one_of_process_list_and_checkpoint_is_enough_and_only_of_that_uid() -> None:
    target = ref("Pod", "shop", "web", "u1")
    assert ask_check("evidence.volatile", Scripted(), target).truth is None
    assert ask_check("evidence.volatile", sealed(Scripted(), "proc.list", "u2"), target).truth is None
    assert ask_check("evidence.volatile", sealed(Scripted(), "checkpoint.tar", "u1"), target).truth is True


def test_a_pod_of_unknown_uid_has_unknown_evidence() -> None:
    assert ask_check("evidence.volatile", Scripted(), ref("Pod", "shop", "web")).truth is None


def test_a_window_needs_both_exports_and_says_which_is_missing() -> None:
    verdict = ask_check("evidence.window", sealed(Scripted(), "audit.export"))
    assert verdict.truth is None
    assert verdict.observed.startswith("this build captures no metric.export: take it outside")


def test_what_this_build_could_have_captured_and_did_not_is_false(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CAPTURED", frozenset({"metric.export"}))
    verdict = ask_check("evidence.window", sealed(Scripted(), "audit.export"))
    assert (verdict.truth, verdict.observed) == (False, "not sealed: metric.export")


def test_the_kinds_this_build_captures_are_those_its_actions_seal() -> None:
    assert {MANIFEST, *AROUND} == evidence.CAPTURED


def test_a_failed_capture_is_told_beside() -> None:
    facts = Scripted({Ask("missed", ("cluster.dump", "")): ("forbidden: list secrets",)})
    assert ask_check("evidence.cluster", facts).residual == ("cluster.dump: forbidden: list secrets",)


def test_keys_count_as_replaced_when_the_hashes_differ() -> None:
    node = ref("Node", "", "node-0", "n1")
    assert ask_check("keys.replaced", sealed(Scripted(), "authorized_keys.hash", "n1", "aa"), node).truth is None
    assert ask_check("keys.replaced", sealed(Scripted(), "authorized_keys.hash", "n1", "aa", "aa"), node).truth is False
    assert ask_check("keys.replaced", sealed(Scripted(), "authorized_keys.hash", "n1", "aa", "bb"), node).truth is True


def test_a_mark_is_any_label_whose_value_is_the_codename() -> None:
    target = ref("Pod", "shop", "web")
    facts = Scripted({Ask("declared"): ("heron", "", 0.0)}).watch("Pod", pod("web", labels={"x7": "heron"}))
    assert ask_check("pod.marked", facts, target).truth is True
    other = Scripted({Ask("declared"): ("heron", "", 0.0)}).watch("Pod", pod("web", labels={"app": "web"}))
    assert ask_check("pod.marked", other, target).truth is False


def test_a_codename_no_label_can_hold_is_looked_for_as_a_label_can_hold_it() -> None:
    facts = Scripted({Ask("declared"): ("shop: stolen account", "", 0.0)}).watch("Pod", pod("web"))
    verdict = ask_check("pod.marked", facts, ref("Pod", "shop", "web"))
    assert (verdict.truth, verdict.observed) == (False, "no label has the value shop-stolen-account")
    facts = Scripted({Ask("declared"): ("shop: stolen account", "", 0.0)})
    facts.watch("Pod", pod("web", labels={"x7": "shop-stolen-account"}))
    assert ask_check("pod.marked", facts, ref("Pod", "shop", "web")).truth is True


def test_a_pod_that_is_gone_was_never_seen_marked() -> None:
    facts = Scripted({Ask("declared"): ("heron", "", 0.0)})
    verdict = ask_check("pod.marked", facts, ref("Pod", "shop", "web"))
    assert verdict.truth is None
    assert "cannot be marked any more" in verdict.observed


def scope(*affected: str, t0: str = T0) -> Scripted:
    refs = tuple(ref("Pod", "shop", name) for name in affected)
    facts = Scripted({Ask("affected", ("",)): refs, Ask("affected", ("Pod",)): refs})
    return facts.say("t0.estimate", t0) if t0 else facts


def test_the_set_is_open_while_a_sibling_by_owner_account_or_image_is_missing() -> None:
    facts = scope("web-1").watch(
        "Pod",
        pod("web-1", owner=("ReplicaSet", "web", "rs1"), account="web", digest="sha256:bad"),
        pod("web-2", owner=("ReplicaSet", "web", "rs1"), digest="sha256:other"),
        pod("job-1", account="web", digest="sha256:third"),
        pod("copy", "billing", digest="sha256:bad"),
        pod("api", digest="sha256:fine"),
    )
    verdict = ask_check("scope.closed", facts)
    assert verdict.truth is False
    assert "3 siblings not listed: billing/copy, shop/job-1, shop/web-2" in verdict.observed


def test_sharing_the_default_account_makes_no_sibling() -> None:
    facts = scope("web-1").watch("Pod", pod("web-1", digest="a"), pod("other", digest="b"))
    assert ask_check("scope.closed", facts).truth is True


def test_the_set_needs_a_member_and_a_t0_that_is_a_time() -> None:
    assert ask_check("scope.closed", scope()).truth is False
    assert ask_check("scope.closed", scope("web-1", t0="").watch("Pod", pod("web-1"))).truth is False
    assert ask_check("scope.closed", scope("web-1", t0="last week").watch("Pod", pod("web-1"))).truth is False


def test_an_account_that_is_gone_without_uid_has_unknown_evidence() -> None:
    target = ref("ServiceAccount", "shop", "web")
    assert ask_check("identity.mapped", Scripted(), target).truth is None
    facts = Scripted().watch("ServiceAccount", meta("web", "shop", uid="sa1"))
    assert "captures no sar.matrix" in ask_check("identity.mapped", facts, target).observed
    facts = sealed(sealed(facts, "sar.matrix", "sa1"), "audit.extract", "sa1")
    assert ask_check("identity.mapped", facts, target).truth is True
