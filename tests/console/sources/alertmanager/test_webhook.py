"""What a real Alertmanager posts is taken once, as alerts; what it left out is counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from console.model.runtime import Alert
from console.ports.clock import SystemClock
from console.sources.alertmanager import AlertmanagerWebhook
from console.sources.listener import Access
from tests.console.model.envelopes.test_alertmanager import POSTED
from tests.console.sources.alertmanager.test_polling import alert, names
from tests.console.sources.sinks import Kept
from tests.console.sources.test_audit_webhook import receiving
from tests.means.alertmanager import StartAlertmanager

CONFIG = """
route: {{receiver: warroom, group_by: [{by}], group_wait: 20ms, group_interval: 20ms, repeat_interval: {repeat}}}
receivers:
- name: warroom
  webhook_configs:
  - url: http://127.0.0.1:{port}/
    send_resolved: true
    max_alerts: {most}
    http_config: {{authorization: {{credentials: s3cret}}}}
"""


def hook_in(folder: Path, watchdog: str = "Watchdog", token: str = "") -> AlertmanagerWebhook:
    access = Access(token)
    return AlertmanagerWebhook("alertmanager:webhook", "127.0.0.1:0", access, folder, SystemClock(), watchdog)


def group(*alerts: object, **other: Any) -> bytes:
    head = {"version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing", "receiver": "w"}
    return json.dumps(head | {"alerts": list(alerts)} | other).encode()


async def test_a_real_server_s_posts_are_alerts_told_once(
    tmp_path: Path, start_alertmanager: StartAlertmanager
) -> None:
    hook = hook_in(tmp_path, token="s3cret")
    async with receiving(tmp_path, hook=hook) as running:
        config = CONFIG.format(port=hook.listener.port, by="alertname", repeat="50ms", most=0)
        server = start_alertmanager(config)
        first = alert("KubeAPIDown", namespace="shop", pod="web-1")
        server.post(first, alert("Watchdog"))
        await running.sink.until(lambda: names(running.sink) == ["KubeAPIDown"])
        server.post({**first, **alert("KubeAPIDown", ends=-1), "labels": first["labels"]}, alert("TargetDown"))
        await running.sink.until(lambda: names(running.sink) == ["KubeAPIDown", "TargetDown"])
    told = [one for one in running.sink.signals if isinstance(one, Alert)]
    assert (told[0].place.who, told[0].sensor) == ("shop/web-1", "alertmanager")
    assert hook.listener.unknown == 0
    health = running.sink.healths[-1]
    assert (health.malformed, health.dropped, health.why) == (0, 0, "")


async def test_what_a_real_server_leaves_out_is_counted_once(
    tmp_path: Path, start_alertmanager: StartAlertmanager
) -> None:
    hook = hook_in(tmp_path, token="s3cret")
    async with receiving(tmp_path, hook=hook) as running:
        server = start_alertmanager(CONFIG.format(port=hook.listener.port, by="severity", repeat="20ms", most=2))
        server.post(*(alert(f"A{number}") for number in range(5)))
        await running.sink.until(lambda: len(running.sink.signals) == 2)
        await running.sink.until(lambda: running.sink.healths[-1].dropped)
    health = running.sink.healths[-1]
    assert (health.dropped, health.state) == (3, "live")
    assert health.why == "the sender left out 3 alerts: raise max_alerts of its webhook_configs"


async def test_the_same_group_posted_again_counts_what_it_left_out_no_more(tmp_path: Path) -> None:
    hook = hook_in(tmp_path)
    async with receiving(tmp_path, hook=hook) as running:
        for left in (3, 3, 2):
            assert await running.post(group(POSTED, truncatedAlerts=left)) == 200
        assert await running.post(group(POSTED, truncatedAlerts=4, groupKey="other")) == 200
        await running.sink.until(lambda: running.sink.signals)
    assert hook.told(running.sink.healths[-1]).dropped >= 7
    assert sum(hook._left_out.values()) == 7
    assert running.sink.ids == [POSTED["fingerprint"]]


async def test_what_was_acknowledged_outlives_the_engine(tmp_path: Path) -> None:
    async with receiving(tmp_path, hook=hook_in(tmp_path)) as first:
        first.sink.gate.clear()
        assert await first.post(group(POSTED)) == 200
    async with receiving(tmp_path, hook=hook_in(tmp_path)) as second:
        await second.sink.until(lambda: second.sink.ids)
        assert await second.post(group(POSTED)) == 200
        assert await second.post(group({**POSTED, "fingerprint": "b"})) == 200
        await second.sink.until(lambda: len(second.sink.ids) > 1)
    assert second.sink.ids == [POSTED["fingerprint"], "b"]


async def test_what_is_resolved_and_the_watchdog_tell_nothing(tmp_path: Path) -> None:
    dog = {**POSTED, "labels": {"alertname": "Watchdog"}}
    async with receiving(tmp_path, hook=hook_in(tmp_path)) as running:
        assert await running.post(group(dog, {**POSTED, "status": "resolved"}, POSTED)) == 200
        await running.sink.until(lambda: running.sink.ids)
    assert running.sink.ids == [POSTED["fingerprint"]]
    async with receiving(tmp_path / "b", hook=hook_in(tmp_path / "b", watchdog="")) as running:
        assert await running.post(group(dog)) == 200
        await running.sink.until(lambda: names(running.sink) == ["Watchdog"])


async def test_an_alert_that_cannot_be_read_is_counted_and_the_others_are_told(tmp_path: Path) -> None:
    async with receiving(tmp_path, hook=hook_in(tmp_path)) as running:
        assert await running.post(group(7, {"labels": {}}, POSTED, truncatedAlerts="x", groupKey=7)) == 200
        await running.sink.until(lambda: running.sink.ids)
        await running.sink.until(lambda: running.sink.healths[-1].malformed == 2)
    assert running.sink.ids == [POSTED["fingerprint"]]


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b'{"version":"4"}', group(version="1"), group(version=4), b'{"version":"4","alerts":{}}',
     b"[" * 9000, json.dumps(POSTED).encode()],
    ids=["nothing", "a word", "a list", "no alerts", "version 1", "a number", "no list", "too deep", "a single alert"],
)  # fmt: skip
async def test_what_is_no_group_of_version_4_is_refused(tmp_path: Path, body: bytes) -> None:
    async with receiving(tmp_path, hook=hook_in(tmp_path)) as running:
        assert await running.post(body) == 400
    assert isinstance(running.sink, Kept)
    assert running.sink.signals == []
