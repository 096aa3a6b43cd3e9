"""Values above their thresholds become findings on the thing the series names; nothing else does."""

from __future__ import annotations

import pytest

from console.errors import BadInput
from console.model.signal import Measure
from console.rules.measures import Gauge, load_measure_rules
from console.sources.prometheus import load_queries


def _measure(query: str, value: float, at: float = 0.0, **labels: str) -> Measure:
    return Measure(query, tuple(sorted(labels.items())), value, at)


def test_a_value_that_holds_above_its_threshold_is_a_finding_on_the_pod() -> None:
    gauge = Gauge(load_measure_rules())
    assert gauge.feed([_measure("cpu-vs-own-day", 9, 0, namespace="shop", pod="web")]) == []
    (found,) = gauge.feed([_measure("cpu-vs-own-day", 9, 30, namespace="shop", pod="web")])
    assert (found.rule, found.target.kind, found.target.namespace, found.target.name) == (
        "PROM-CPU-VS-DAY",
        "Pod",
        "shop",
        "web",
    )
    assert (found.first, found.last) == (0.0, 30.0)


def test_a_value_that_sinks_again_starts_anew() -> None:
    gauge = Gauge(load_measure_rules())
    for value in (9, 1, 9):
        assert gauge.feed([_measure("cpu-vs-own-day", value, pod="web")]) == []


def test_labels_choose_the_series() -> None:
    gauge = Gauge(load_measure_rules())
    assert gauge.feed([_measure("secret-reads", 5, scope="namespace", verb="LIST")]) == []
    assert gauge.feed([_measure("secret-reads", 5, scope="cluster", verb="LIST")])


def test_a_silent_audit_trail_is_found() -> None:
    (found,) = Gauge(load_measure_rules()).feed([_measure("audit-silent", 0)])
    assert (found.severity, found.catalogue) == ("high", ("D67",))


def test_every_rule_asks_a_query_that_is_shipped() -> None:
    assert {rule.query for rule in load_measure_rules()} <= {query.id for query in load_queries()}


def test_a_file_that_cannot_be_read_is_named(tmp_path: object) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "m.yml"
    file.write_text("- {query: x}")
    with pytest.raises(BadInput, match=r"m\.yml"):
        load_measure_rules(file)
