"""Silence is never calm: absent and stale sources make their items unknown."""

from __future__ import annotations

from console.model.facts import Ask, Unknown
from console.model.signal import SourceHealth
from tests.console.checks.scripted import NOW, Scripted, ask_check

NONE = Unknown("no audit source is configured")


def health(state: str = "live", lag: float = 1.0, gaps: tuple[tuple[float, float], ...] = ()) -> SourceHealth:
    return SourceHealth("audit", state, NOW - 300, "file is gone" if state == "stale" else "", lag, gaps=gaps)


def book(audit: SourceHealth | Unknown, total: int = 0, done: int = 0, echo: float = NOW - 5) -> Scripted:
    return Scripted(
        {
            Ask("source", ("audit",)): audit,
            Ask("findings", ("medium", "audit")): (total, done),
            Ask("echo"): echo,
            Ask("journal", ("alarm",)): 0,
        }
    )


def test_a_live_audit_source_with_a_canary_is_fresh() -> None:
    assert ask_check("audit.fresh", book(health())).truth is True


def test_without_a_canary_freshness_is_unknown() -> None:
    facts = book(health())
    facts.facts[Ask("echo")] = Unknown("no request of our own came back yet")
    assert ask_check("audit.fresh", facts).truth is None


def test_a_canary_from_hours_ago_proves_nothing() -> None:
    assert ask_check("audit.fresh", book(health(), echo=NOW - 7200)).truth is None


def test_a_lagging_source_is_not_fresh() -> None:
    verdict = ask_check("audit.fresh", book(health(lag=600)))
    assert (verdict.truth, verdict.observed.split(";")[0]) == (False, "audit lags 600 s")


def test_a_stale_source_is_unknown_with_its_reason() -> None:
    verdict = ask_check("audit.fresh", book(health("stale")))
    assert verdict.truth is None
    assert "stale" in verdict.observed
    assert "file is gone" in verdict.observed


def test_holes_in_the_record_are_shown_beside_the_tick() -> None:
    verdict = ask_check("audit.fresh", book(health(gaps=((NOW - 7200, NOW - 3600),))))
    assert verdict.truth is True
    assert verdict.residual == ("hole in the audit record 18:26Z to 19:26Z",)


def test_no_findings_is_triaged_only_while_the_source_is_live() -> None:
    assert ask_check("access.triaged", book(health())).truth is True
    assert ask_check("access.triaged", book(health("stale"))).truth is None
    assert ask_check("access.triaged", book(NONE)).truth is None


def test_findings_nobody_acknowledged_count_as_false_even_from_a_stale_source() -> None:
    verdict = ask_check("access.triaged", book(health("stale"), total=3, done=1))
    assert verdict.truth is False
    assert "2 of 3 findings" in verdict.observed


def test_an_alarm_makes_our_own_access_doubtful() -> None:
    facts = book(health())
    assert ask_check("access.own", facts).truth is True
    facts.facts[Ask("journal", ("alarm",))] = 1
    assert ask_check("access.own", facts).truth is False


def test_our_own_access_is_unknown_without_an_audit_record() -> None:
    assert ask_check("access.own", book(NONE)).truth is None
