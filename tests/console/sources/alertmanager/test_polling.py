"""Against a real Alertmanager: what fires is told once, what somebody silenced is not, and a missing watchdog is."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from console.model.runtime import Alert
from console.ports.clock import SystemClock
from console.sources import fetching
from console.sources.alertmanager import Alertmanager, polling
from console.sources.alertmanager.hiding import MADE
from console.sources.alertmanager.watchdog import GONE, GRACE
from console.sources.fetching import Access
from tests.console.sources.sinks import Kept
from tests.console.sources.test_prometheus import Reply, scripted
from tests.means import alertmanager as real
from tests.means.alertmanager import StartAlertmanager

OFTEN = 0.02
PASSWORD = "basic_auth_users: {console: $2b$04$0v1KTHxe8Y8RAXjXmc3vUOd7ZXRQxn3pa5.j5pPSiCdHiF0kqy1/2}\n"
"""`night`, by bcrypt."""


class Leaping(SystemClock):
    """The machine's clock, whose monotonic time a test may move on."""

    ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


@asynccontextmanager
async def asking(
    url: str,
    access: Access | None = None,
    watchdog: str = "",
    position: str = "",
    clock: SystemClock | None = None,
) -> AsyncIterator[Kept]:
    sink = Kept()
    source = Alertmanager("alertmanager", url, clock or SystemClock(), access, watchdog, OFTEN)
    task = asyncio.create_task(source.run(sink, position))
    try:
        yield sink
    finally:
        task.cancel()
        (end,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(end, asyncio.CancelledError), end


def alert(name: str, ends: float = 600, **labels: str) -> dict[str, Any]:
    """As Prometheus posts it; `ends` seconds from now, below zero it is resolved."""
    end = (datetime.now(UTC) + timedelta(seconds=ends)).isoformat()
    return {"labels": {"alertname": name, "severity": "critical", **labels}, "annotations": {}, "endsAt": end}


def names(sink: Kept) -> list[str]:
    return [one.rule for one in sink.signals if isinstance(one, Alert)]


async def rounds(sink: Kept, count: int = 3) -> None:
    """Let it ask some more times."""
    before = len(sink.healths)
    await sink.until(lambda: len(sink.healths) >= before + 2 * count)


async def test_what_fires_is_told_once_and_again_only_when_it_begins_anew(alertmanager: real.Alertmanager) -> None:
    first = alert("KubeAPIDown", pod="web-1", namespace="shop")
    alertmanager.post(first)
    async with asking(alertmanager.url) as sink:
        await sink.until(lambda: names(sink) == ["KubeAPIDown"])
        alertmanager.post(first, alert("TargetDown"))
        await sink.until(lambda: names(sink) == ["KubeAPIDown", "TargetDown"])
        await rounds(sink)
        assert len(sink.signals) == 2
        listed = {one["labels"]["alertname"]: one for one in alertmanager.call("GET", "/api/v2/alerts")}
        (told, _) = (one for one in sink.signals if isinstance(one, Alert))
        assert told.id == listed["KubeAPIDown"]["fingerprint"]
        assert json.loads(sink.batches[0].raw[0])["labels"] == first["labels"]

        alertmanager.post({**first, **alert("KubeAPIDown", ends=-1), "labels": first["labels"]})
        await rounds(sink)
        assert len(sink.signals) == 2, "that it is over is no news"
        alertmanager.post({**first, "startsAt": datetime.now(UTC).isoformat()})
        await sink.until(lambda: names(sink) == ["KubeAPIDown", "TargetDown", "KubeAPIDown"])
    health = sink.healths[-1]
    assert (health.state, health.why, health.malformed, health.dropped) == ("live", "", 0, 0)


async def test_a_silenced_alert_is_told_when_its_silence_ends(alertmanager: real.Alertmanager) -> None:
    silence = alertmanager.silence(alertname="TargetDown")
    alertmanager.post(alert("TargetDown"), alert("KubeAPIDown"))
    async with asking(alertmanager.url) as sink:
        await sink.until(lambda: names(sink) == ["KubeAPIDown"])
        await rounds(sink)
        assert names(sink) == ["KubeAPIDown"]
        alertmanager.unsilence(silence)
        await sink.until(lambda: names(sink) == ["KubeAPIDown", "TargetDown"])


async def test_a_restart_tells_what_is_new_and_nothing_twice(alertmanager: real.Alertmanager) -> None:
    alertmanager.post(alert("A"), alert("B"))
    async with asking(alertmanager.url) as first:
        await first.until(lambda: sorted(names(first)) == ["A", "B"])
    alertmanager.post(alert("C"))
    async with asking(alertmanager.url, position=first.position) as second:
        await second.until(lambda: names(second))
        await rounds(second)
    assert names(second) == ["C"]


async def test_under_a_prefix_and_behind_a_password_it_is_reached(start_alertmanager: StartAlertmanager) -> None:
    server = start_alertmanager(web=PASSWORD, path="/am/")
    async with asking(f"{server.url}/") as sink:
        await sink.until(lambda: sink.healths)
    assert sink.healths[0].state == "forbidden"
    assert sink.healths[0].why == "the server refuses us (401); give a token or a password it accepts"
    async with asking(server.url, Access(user="console", password="night")) as sink:
        await sink.until(lambda: sink.healths)
        assert (sink.healths[0].state, sink.healths[0].why) == ("live", "")


async def test_a_prefix_that_is_missing_is_told(start_alertmanager: StartAlertmanager) -> None:
    server = start_alertmanager(path="/am/")
    async with asking(server.url.removesuffix("/am")) as sink:
        await sink.until(lambda: sink.healths)
    assert sink.healths[-1].why == "there is no Alertmanager at this address; is a path prefix missing in it?"


async def test_a_watchdog_that_no_longer_fires_is_told_and_stands_beside_the_source(
    alertmanager: real.Alertmanager,
) -> None:
    clock = Leaping()
    async with asking(alertmanager.url, watchdog="Watchdog", clock=clock) as sink:
        await sink.until(lambda: sink.healths)
        assert sink.healths[-1].note == "no Watchdog alert is defined or it never fired"
        alertmanager.post(alert("Watchdog"), alert("TargetDown"))
        await sink.until(lambda: sink.healths[-1].note == "" and names(sink))
        assert names(sink) == ["TargetDown"], "that it fires is no news"

        silence = alertmanager.silence(alertname="Watchdog")
        await sink.until(lambda: sink.healths[-1].note == "the alert Watchdog fires, and is silenced")
        clock.ahead += GRACE
        await rounds(sink)
        assert names(sink) == ["TargetDown", MADE]
        alertmanager.unsilence(silence)

        alertmanager.post(alert("Watchdog", ends=-1))
        await sink.until(lambda: sink.healths[-1].note == "the alert Watchdog is missing just now")
        clock.ahead += GRACE
        await sink.until(lambda: names(sink) == ["TargetDown", MADE, GONE])
        await sink.until(lambda: sink.healths[-1].why)
        assert sink.healths[-1].why == "monitoring is blind: the alert Watchdog does not fire"
    async with asking(alertmanager.url, watchdog="Watchdog", clock=clock, position=sink.position) as again:
        await again.until(lambda: again.healths)
        clock.ahead += GRACE
        await rounds(again)
        assert names(again) == [], "the engine before told it"
        assert again.healths[-1].why == "monitoring is blind: the alert Watchdog does not fire"


async def test_a_watchdog_with_a_hostile_name_asks_for_that_name_alone(alertmanager: real.Alertmanager) -> None:
    name = 'a"b\\c'
    alertmanager.post(alert(name), alert("other"))
    alertmanager.silence(alertname=name)
    async with asking(alertmanager.url, watchdog=name) as sink:
        await sink.until(lambda: sink.healths and sink.healths[-1].state == "live")
        assert sink.healths[-1].note == f"the alert {name} fires, and is silenced"


# Faults that no real server can be asked to have.


def answering(body: bytes, status: int = 200, **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


async def first_health(reply: Reply, access: Access | None = None) -> tuple[str, str]:
    with scripted(reply) as url:
        async with asking(url, access) as sink:
            await sink.until(lambda: sink.healths)
    assert sink.signals == []
    return sink.healths[0].state, sink.healths[0].why


async def test_a_server_before_the_api_v2_is_told_with_its_version() -> None:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        old = handler.path.startswith("/api/v1/status")
        body = b'{"status":"success","data":{"versionInfo":{"version":"0.15.3"}}}' if old else b"404 page not found"
        answering(body, 200 if old else 404)(handler)

    assert await first_health(reply) == ("failed", "Alertmanager 0.15.3 has no API v2; it needs v0.16 or newer")


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"{}", b'"x"', b"[" * 5000, b"\xff", b"[1,"],
    ids=["nothing", "words", "an object", "a text", "too deep", "no text", "half"],
)
async def test_garbage_is_a_failure_and_counted(body: bytes) -> None:
    with scripted(answering(body)) as url:
        async with asking(url) as sink:
            await sink.until(lambda: sink.healths)
    assert sink.healths[0].why == "its answer cannot be read: it is no list of alerts"
    assert (sink.healths[0].state, sink.healths[0].malformed) == ("failed", 1)


async def test_a_malformed_alert_is_counted_once_and_the_others_are_read() -> None:
    good = b'{"labels":{"alertname":"A"},"startsAt":"2026-11-23T07:00:00Z"}'
    body = b'[7,{"labels":{}},' + good + b',"x",{"labels":{"a":"b"},"startsAt":7}]'
    with scripted(answering(body)) as url:
        async with asking(url) as sink:
            await sink.until(lambda: sink.healths)
            await rounds(sink)
    assert names(sink) == ["A"]
    assert sink.healths[-1].malformed == 4


async def test_more_than_it_reads_is_dropped_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "MOST", 5)
    monkeypatch.setattr(polling, "PART", 2)
    alerts = [{"labels": {"alertname": str(number)}, "startsAt": "2026-11-23T07:00:00Z"} for number in range(9)]
    with scripted(answering(json.dumps(alerts).encode())) as url:
        async with asking(url) as sink:
            await sink.until(lambda: sink.healths)
            await rounds(sink)
    assert names(sink) == ["0", "1", "2", "3", "4"]
    health = sink.healths[-1]
    assert (health.state, health.why, health.dropped) == ("live", "4 alerts beyond 5 are not read", 4)


async def test_lag_is_how_late_a_new_alert_came_and_old_ones_at_the_start_are_no_lag() -> None:
    def listed(name: str, seconds: float) -> dict[str, Any]:
        at = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
        return {"labels": {"alertname": name}, "startsAt": at, "updatedAt": at}

    alerts = [listed("old", 9000)]

    def reply(handler: BaseHTTPRequestHandler) -> None:
        answering(json.dumps(alerts).encode())(handler)

    with scripted(reply) as url:
        async with asking(url) as sink:
            await sink.until(lambda: sink.healths)
            assert sink.healths[-1].lag == 0
            alerts.append(listed("late", 300))
            await sink.until(lambda: sink.healths[-1].lag)
            assert sink.healths[-1].lag == pytest.approx(300, abs=30)


async def test_what_the_server_lists_though_it_was_told_not_to_is_left_out() -> None:
    """Others speak this API too, and not all of them know every word of a question."""
    body = json.dumps(
        [
            {"labels": {"alertname": "a"}, "startsAt": "2026-11-23T07:00:00Z", "status": {"state": "suppressed"}},
            {"labels": {"alertname": "b"}, "startsAt": "2026-11-23T07:00:00Z", "status": {"state": "active"}},
        ]
    )
    with scripted(answering(body.encode())) as url:
        async with asking(url) as sink:
            await sink.until(lambda: sink.healths)
    assert names(sink) == ["b"]


async def test_a_redirect_is_refused_because_the_token_would_travel() -> None:
    seen: list[str | None] = []

    def reply(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers.get("Authorization"))
        answering(b"", 302, Location="http://evil.example/")(handler)

    state, why = await first_health(reply, Access(token="s3cret"))
    assert (state, why) == ("failed", "it redirects to http://evil.example/; give that address")
    assert set(seen) == {"Bearer s3cret"}


async def test_an_answer_beyond_the_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SIZE", 1000)
    assert await first_health(answering(b"[" + b" " * 5000 + b"]")) == (
        "failed", "its answer is larger than 1000 bytes",
    )  # fmt: skip


async def test_a_dead_port_fails_in_words() -> None:
    async with asking("http://127.0.0.1:1") as sink:
        await sink.until(lambda: len(sink.healths) > 3)
    assert {(one.state, one.why) for one in sink.healths} == {("failed", "no connection")}
    assert len({one.since for one in sink.healths}) == 1
