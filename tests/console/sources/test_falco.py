"""What is posted by Falco and Falcosidekick is cut into alerts; what is none is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.model.runtime import Alert
from console.ports.clock import SystemClock
from console.sources.falco import FalcoWebhook, split_alerts
from console.sources.listener import Access
from tests.console.model.envelopes.test_falco import SHELL
from tests.console.sources.test_audit_webhook import receiving


def test_an_alert_or_a_list_of_them_is_cut_into_lines() -> None:
    pretty = json.dumps(SHELL, indent=2).encode()
    found = split_alerts(pretty)
    assert found is not None
    (one,) = found
    assert json.loads(one) == SHELL
    assert b"\n" not in one
    assert [json.loads(one) for one in split_alerts(b"[" + pretty + b"," + pretty + b"]") or ()] == [SHELL, SHELL]


@pytest.mark.parametrize("body", [b"", b"x", b"7", b"null", b'{"items":[]}', b'[{"rule":"a"},7]', b"[" * 10_000])
def test_what_is_no_alert_is_refused(body: bytes) -> None:
    assert split_alerts(body) is None


async def test_a_caller_who_sends_something_else_hears_what_is_wanted(tmp_path: Path) -> None:
    hook = FalcoWebhook("falco:webhook", "127.0.0.1:0", Access(), tmp_path, SystemClock())
    async with receiving(tmp_path, hook=hook) as running:
        assert await running.post(b'{"kind":"EventList","items":[]}') == 400
        assert await running.post(json.dumps(SHELL).encode()) == 200
        await running.sink.until(lambda: running.sink.signals)
        (one,) = running.sink.signals
        assert isinstance(one, Alert)
        assert one.rule == "Terminal shell in container"
        assert running.sink.batches[-1].raw == [json.dumps(SHELL).encode()]
