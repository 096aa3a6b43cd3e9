"""What every source promises: malformed records never stop it, it says how it is, resumes exactly and ends cleanly."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from console.ports.clock import SystemClock
from console.ports.source import Source
from console.sources.audit_file import AuditFile
from console.sources.audit_webhook import AuditWebhook
from console.sources.listener import Access
from console.sources.prometheus import Prometheus
from tests.console.rules.events import line
from tests.console.sources.sinks import Kept

STATES = {"live", "loading", "stale", "forbidden", "absent", "failed", "ended"}
Feed = Callable[[bytes], Awaitable[None]]


class Made:
    """A source and a way to give it a record."""

    def __init__(self, source: Source, feed: Feed) -> None:
        self.source, self.feed = source, feed


def _file(folder: Path) -> Made:
    log = folder / "audit.log"

    async def feed(record: bytes) -> None:
        with log.open("ab") as file:
            file.write(record + b"\n")

    return Made(AuditFile("audit", log, SystemClock()), feed)


def _webhook(folder: Path) -> Made:
    hook = AuditWebhook("audit-webhook", "127.0.0.1:0", Access(), folder / "spool", SystemClock())

    async def feed(record: bytes) -> None:
        while not hook.listener.port:
            await asyncio.sleep(0.005)
        url = f"http://127.0.0.1:{hook.listener.port}/"
        async with aiohttp.ClientSession() as session, session.post(url, data=record) as answer:
            assert answer.status in (200, 400)

    return Made(hook, feed)


MAKERS = {"audit file": _file, "audit webhook": _webhook}


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
        for record in (b"\xff\x00", line({"auditID": "a"}), b'{"kind": 0}', b"[[[", line({"auditID": "b"})):
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
            await made.feed(line({"auditID": f"a{number}"}))
        await first.until(lambda: len(first.ids) == 5)
    again = maker(tmp_path)
    async with running(again.source, first.position) as second:
        await again.feed(line({"auditID": "b"}))
        await second.until(lambda: second.ids)
    assert second.ids == ["b"]


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
async def test_health_names_the_source_and_one_of_the_known_states(
    maker: Callable[[Path], Made], tmp_path: Path
) -> None:
    made = maker(tmp_path)
    async with running(made.source) as sink:
        await made.feed(line({}))
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
    await made.feed(line({}))
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
