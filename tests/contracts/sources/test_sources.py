"""What every source promises: malformed records never stop it, it says how it is, resumes exactly and ends cleanly."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from console.ports.clock import SystemClock
from console.ports.source import Source
from console.sources.audit_file import AuditFile
from console.sources.audit_webhook import AuditWebhook
from console.sources.falco import FalcoFile, FalcoWebhook
from console.sources.hubble import HubbleFile
from console.sources.listener import Access
from console.sources.prometheus import Prometheus
from console.sources.receiver import Receiver
from console.sources.tetragon import TetragonFile
from tests.console.model.envelopes.test_falco import SHELL
from tests.console.model.envelopes.test_hubble import FLOW
from tests.console.model.envelopes.test_tetragon import PROCESS
from tests.console.model.envelopes.test_tetragon import record as started
from tests.console.rules.events import line
from tests.console.sources.sinks import Kept

STATES = {"live", "loading", "stale", "forbidden", "absent", "failed", "ended"}
Feed = Callable[[bytes], Awaitable[None]]


class Made:
    """A source, a way to give it a record, and a record of its kind that bears an id."""

    def __init__(self, source: Source, feed: Feed, record: Callable[[str], bytes] = lambda id_: line({"auditID": id_})):
        self.source, self.feed, self.record = source, feed, record


def _followed(folder: Path, make: Callable[[str, Path, SystemClock], Source], **more: Any) -> Made:
    log = folder / "records.log"

    async def feed(record: bytes) -> None:
        with log.open("ab") as file:
            file.write(record + b"\n")

    return Made(make("source", log, SystemClock()), feed, **more)


def _alert(id_: str) -> bytes:
    return json.dumps({**SHELL, "uuid": id_}).encode()


def _process(id_: str) -> bytes:
    return started(process_exec={"process": {**PROCESS, "exec_id": id_}, "parent": {}})


def _flow(id_: str) -> bytes:
    return json.dumps({"flow": {**FLOW, "uuid": id_}}).encode()


def _posted(hook: Receiver, **more: Any) -> Made:
    async def feed(record: bytes) -> None:
        while not hook.listener.port:
            await asyncio.sleep(0.005)
        url = f"http://127.0.0.1:{hook.listener.port}/"
        async with aiohttp.ClientSession() as session, session.post(url, data=record) as answer:
            assert answer.status in (200, 400)

    return Made(hook, feed, **more)


def _audit_webhook(folder: Path) -> Made:
    return _posted(AuditWebhook("source", "127.0.0.1:0", Access(), folder / "spool", SystemClock()))


def _falco_webhook(folder: Path) -> Made:
    hook = FalcoWebhook("source", "127.0.0.1:0", Access(), folder / "spool", SystemClock())
    return _posted(hook, record=_alert)


MAKERS: dict[str, Callable[[Path], Made]] = {
    "audit file": lambda folder: _followed(folder, AuditFile),
    "audit webhook": _audit_webhook,
    "falco file": lambda folder: _followed(folder, FalcoFile, record=_alert),
    "falco webhook": _falco_webhook,
    "tetragon": lambda folder: _followed(folder, TetragonFile, record=_process),
    "hubble": lambda folder: _followed(folder, HubbleFile, record=_flow),
}


@asynccontextmanager
async def running(source: Source, position: str = "") -> AsyncIterator[Kept]:
    sink = Kept()
    task = asyncio.create_task(source.run(sink, position))
    try:
        yield sink
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
async def test_malformed_records_are_counted_and_the_others_read(maker: Callable[[Path], Made], tmp_path: Path) -> None:
    made = maker(tmp_path)
    async with running(made.source) as sink:
        for record in (b"\xff\x00", made.record("a"), b'{"kind": 0}', b"[[[", made.record("b")):
            await made.feed(record)
        await sink.until(lambda: sink.ids == ["a", "b"])
        await sink.until(lambda: sink.healths[-1].malformed == 3)


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
async def test_a_restart_from_the_last_position_repeats_and_loses_nothing(
    maker: Callable[[Path], Made], tmp_path: Path
) -> None:
    made = maker(tmp_path)
    async with running(made.source) as first:
        for number in range(5):
            await made.feed(made.record(f"a{number}"))
        await first.until(lambda: len(first.ids) == 5)
    again = maker(tmp_path)
    async with running(again.source, first.position) as second:
        await again.feed(again.record("b"))
        await second.until(lambda: second.ids)
    assert second.ids == ["b"]


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
async def test_health_names_the_source_and_one_of_the_known_states(
    maker: Callable[[Path], Made], tmp_path: Path
) -> None:
    made = maker(tmp_path)
    async with running(made.source) as sink:
        await made.feed(made.record("a"))
        await sink.until(lambda: sink.healths and sink.healths[-1].state == "live")
    assert {health.state for health in sink.healths} <= STATES
    assert {health.name for health in sink.healths} == {made.source.name}


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
async def test_cancelling_ends_it_at_once_even_while_the_pipeline_is_full(
    maker: Callable[[Path], Made], tmp_path: Path
) -> None:
    made = maker(tmp_path)
    sink = Kept()
    sink.gate.clear()
    task = asyncio.create_task(made.source.run(sink, ""))
    await made.feed(made.record("a"))
    await asyncio.sleep(0.05)
    task.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(task, return_exceptions=True)
    assert sink.batches == []


async def test_a_source_whose_server_is_gone_says_so_and_ends_cleanly(tmp_path: Path) -> None:
    async with running(Prometheus("prometheus", "http://127.0.0.1:1", SystemClock())) as sink:
        await sink.until(lambda: sink.healths)
    assert sink.healths[-1].state == "failed"
    assert threading.active_count() < 50
