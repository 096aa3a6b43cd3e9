"""Silence is never calm: absent and stale sources make their items unknown."""

from __future__ import annotations

from typing import Any

import pytest

from console.checks.checklist_sources import FALCO
from console.model.facts import Ask, Unknown
from console.model.signal import Measure, SourceHealth
from console.rules.measures import load_measure_rules
from console.sources.prometheus import load_queries
from tests.console.checks.scripted import NOW, Scripted, ask_check, meta

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


def test_a_silent_source_shows_its_silence_and_no_count_of_nothing() -> None:
    assert ask_check("access.triaged", book(NONE)).observed == "no audit source is configured"


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


ABSENT = Unknown("the metric is absent")


def metrics(state: str = "live", **answers: Any) -> Scripted:
    """A live Prometheus that answers these queries with one number (or with nothing), and no others."""
    facts = Scripted({Ask("source", ("prometheus",)): SourceHealth("prometheus", state, NOW - 60)})
    for name, value in answers.items():
        query = name.replace("_", "-")
        series = value if isinstance(value, Unknown) else () if value is None else (Measure(query, (), value, NOW),)
        facts.facts[Ask("metric", (query,))] = series
    return facts.watch("Node", meta("node-0"), meta("node-1"))


@pytest.mark.parametrize(
    ("age", "kubelets", "truth", "words"),
    [
        (20.0, 2.0, True, "hears 2 kubelets of 2 nodes"),
        (400.0, 2.0, False, "newest sample 400 s old"),
        (None, 2.0, False, "it scrapes nothing"),
        (20.0, 1.0, False, "hears 1 kubelets of 2 nodes"),
        (20.0, ABSENT, None, "the metric is absent"),
    ],
)
def test_a_prometheus_that_answers_but_scrapes_nothing_is_not_fresh(
    age: Any, kubelets: Any, truth: bool | None, words: str
) -> None:
    """Quiet graphs of a dead scraper read as all clear."""
    verdict = ask_check("prometheus.fresh", metrics(scrape_age=age, kubelets=kubelets))
    assert verdict.truth is truth
    assert words in verdict.observed
    assert ask_check("prometheus.fresh", metrics("failed", scrape_age=20.0, kubelets=2.0)).truth is None


def test_every_query_and_rule_the_checks_name_is_shipped() -> None:
    assert {"scrape-age", "kubelets", "falco-alive"} < {query.id for query in load_queries()}
    assert FALCO in {rule.id for rule in load_measure_rules()}


def alerts(alive: Any, total: int, done: int) -> Scripted:
    facts = metrics(falco_alive=alive)
    facts.facts[Ask("findings", ("medium", "prometheus", FALCO))] = (total, done)
    return facts


def test_runtime_alerts_are_triaged_only_while_the_sensors_counter_is_scraped() -> None:
    assert ask_check("runtime.triaged", alerts(3.0, 2, 2)).truth is True
    assert ask_check("runtime.triaged", alerts(3.0, 2, 1)).truth is False
    assert ask_check("runtime.triaged", alerts(None, 0, 0)).truth is None
    assert ask_check("runtime.triaged", alerts(ABSENT, 0, 0)).truth is None


def test_sensors_whose_records_we_read_are_asked_themselves() -> None:
    facts = alerts(ABSENT, 0, 0)
    facts.facts[Ask("source", ("falco",))] = SourceHealth("falco:webhook", "live", NOW - 60)
    facts.facts[Ask("source", ("hubble",))] = SourceHealth("hubble", "live", NOW - 60)
    facts.facts |= {Ask("findings", ("medium", "falco")): (2, 2), Ask("findings", ("medium", "hubble")): (1, 1)}
    assert ask_check("runtime.triaged", facts).truth is True

    facts.facts[Ask("findings", ("medium", "hubble"))] = (2, 1)
    assert ask_check("runtime.triaged", facts).truth is False
    facts.facts[Ask("findings", ("medium", "hubble"))] = (1, 1)
    facts.facts[Ask("source", ("hubble",))] = SourceHealth("hubble", "absent", NOW - 60, "no file")
    assert ask_check("runtime.triaged", facts).truth is None, "a sensor that is silent is not calm"

    facts.facts |= {Ask("findings", ("info", source)): (1, 0) for source in ("audit", "falco", "hubble")}
    facts.facts |= {
        Ask("findings", ("info", "prometheus")): (1, 0),
        Ask("findings", ("info", "prometheus", FALCO)): (0, 0),
    }
    assert ask_check("timeline.covered", facts).truth is True
    facts.facts |= {Ask("findings", ("info", source)): (0, 0) for source in ("falco", "hubble")}
    assert ask_check("timeline.covered", facts).truth is None, "nobody knows whether there was anything"


@pytest.mark.parametrize(
    ("audit", "metric", "runtime", "alive", "truth"),
    [
        (4, 2, 1, 3.0, True),
        (4, 2, 0, 3.0, False),
        (4, 2, 0, ABSENT, None),
        (4, 0, 1, 3.0, False),
        (0, 2, 1, 3.0, False),
    ],
)
def test_a_timeline_needs_something_of_audit_metrics_and_runtime(
    audit: int, metric: int, runtime: int, alive: Any, truth: bool | None
) -> None:
    facts = metrics(falco_alive=alive)
    facts.facts[Ask("findings", ("info", "audit"))] = (audit, 0)
    facts.facts[Ask("findings", ("info", "prometheus"))] = (metric + runtime, 0)
    facts.facts[Ask("findings", ("info", "prometheus", FALCO))] = (runtime, 0)
    assert ask_check("timeline.covered", facts).truth is truth
