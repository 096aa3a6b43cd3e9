"""The Prometheus that tests get answers from the history they give it."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request

import pytest

from tests.means.prometheus import Prometheus, StartPrometheus


def ask(server: Prometheus, query: str) -> list[dict[str, object]]:
    with urllib.request.urlopen(f"{server.url}/api/v1/query?{urllib.parse.urlencode({'query': query})}") as answer:
        result: list[dict[str, object]] = json.load(answer)["data"]["result"]
    return result


def test_it_answers_over_backfilled_history(start_prometheus: StartPrometheus) -> None:
    now = int(time.time())
    lines = ["# TYPE failed_logins counter"]
    lines += [f'failed_logins_total{{user="eve"}} {10 * step} {now - 600 + 60 * step}' for step in range(11)]

    server = start_prometheus("\n".join(lines))

    assert ask(server, "sum(increase(failed_logins_total[5m])) > 40")


def test_an_absent_metric_gives_no_series(prometheus: Prometheus) -> None:
    assert ask(prometheus, "no_such_metric") == []


def test_a_history_it_cannot_read_is_named(start_prometheus: StartPrometheus) -> None:
    with pytest.raises(ValueError, match="promtool refuses"):
        start_prometheus("not a metric{")
