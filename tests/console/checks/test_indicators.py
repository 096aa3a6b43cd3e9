"""Indicators are looked for in what runs and who calls; one that cannot be looked for keeps the answer unknown."""

from __future__ import annotations

import pytest

from console.model.facts import Ask
from tests.console.checks.scripted import NOW, Scripted, ask_check, pod, ref

SINCE = repr(NOW - 3600)


def sweeping(*indicators: str, calls: int = 0, callers: tuple[str, ...] = ()) -> Scripted:
    facts = Scripted({Ask("callers", (SINCE,)): callers, Ask("calls_since", ("eve", SINCE)): calls})
    facts.facts[Ask("calls_since", ("system:serviceaccount:shop:web", SINCE))] = calls
    return facts.watch("Pod", pod("web", digest="reg/web@sha256:bad")).say("ioc", *indicators)


def test_no_indicator_is_nothing_swept() -> None:
    assert ask_check("indicators.swept", Scripted()).truth is False


@pytest.mark.parametrize(
    ("facts", "hit"),
    [
        (sweeping("sha256:bad"), "Pod shop/web"),
        (sweeping("miner image sha256:bad"), "Pod shop/web"),
        (sweeping("User/eve", calls=2), "User eve"),
        (sweeping("203.0.113.0/24", callers=("203.0.113.9", "192.0.2.1")), "Address 203.0.113.9"),
    ],
)
def test_a_hit_must_be_affected_or_judged(facts: Scripted, hit: str) -> None:
    verdict = ask_check("indicators.swept", facts)
    assert verdict.truth is False
    assert verdict.observed.endswith(f"neither affected nor judged: {hit}")
    assert ask_check("indicators.swept", facts.say("judged.bad", hit)).truth is True


def test_hits_that_are_affected_are_known() -> None:
    facts = sweeping("sha256:bad", "system:serviceaccount:shop:web", calls=1)
    facts.facts[Ask("affected", ("",))] = (ref("Pod", "shop", "web"), ref("ServiceAccount", "shop", "web"))
    verdict = ask_check("indicators.swept", facts)
    assert (verdict.truth, verdict.observed) == (True, "2 indicators looked for; 2 hits, each affected or judged")


def test_an_indicator_nothing_here_can_look_for_is_named_and_keeps_it_unknown() -> None:
    verdict = ask_check("indicators.swept", sweeping("sha256:other", "pool.example"))
    assert verdict.truth is None
    assert "cannot be looked for here: pool.example" in verdict.observed


def test_no_answer_about_callers_is_no_all_clear() -> None:
    facts = sweeping("203.0.113.9")
    del facts.facts[Ask("callers", (SINCE,))]
    assert ask_check("indicators.swept", facts).truth is None
