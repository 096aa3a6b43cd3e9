"""An audit log file as a source: events with positions, malformed lines counted, states with reasons."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console.model.audit import AuditEvent
from console.ports.clock import SystemClock
from console.sources.audit_file import AuditFile
from tests.console.rules.events import line
from tests.console.sources.sinks import Kept


@asynccontextmanager
async def following(path: Path, position: str = "", since: float | None = None) -> AsyncIterator[Kept]:
    sink = Kept()
    task = asyncio.create_task(AuditFile("audit", path, SystemClock(), since).run(sink, position))
    try:
        yield sink
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_events_come_with_the_lines_behind_them(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    lines = [line({"verb": "list"}), line({"verb": "get"})]
    log.write_bytes(b"\n".join(lines) + b"\n")
    async with following(log) as sink:
        await sink.until(lambda: len(sink.signals) == 2)
    assert [raw for batch in sink.batches for raw in batch.raw] == lines
    assert [event.verb for event in sink.signals if isinstance(event, AuditEvent)] == ["list", "get"]


async def test_a_restart_goes_on_behind_the_last_event(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(line({"auditID": "a"}) + b"\n")
    async with following(log) as first:
        await first.until(lambda: first.ids == ["a"])
    with log.open("ab") as file:
        file.write(line({"auditID": "b"}) + b"\n")
    async with following(log, first.position) as second:
        await second.until(lambda: second.ids)
    assert second.ids == ["b"]


async def test_malformed_lines_are_counted_and_the_others_read(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(b'not json\n{"kind": 0}\n\xff\xfe\n\n' + line({"auditID": "a"}) + b'\n{"verb": 1}\n')
    async with following(log) as sink:
        await sink.until(lambda: sink.healths and sink.healths[-1].malformed == 4)
    assert sink.ids == ["a"]


async def test_events_older_than_since_are_left_out(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    old, new = line({"auditID": "old"}, second=0), line({"auditID": "new"}, second=120)
    log.write_bytes(old + b"\n" + new + b"\n")
    since = 1795417260.0  # 2026-11-23T07:01:00Z
    async with following(log, since=since) as sink:
        await sink.until(lambda: sink.ids)
    assert sink.ids == ["new"]


async def test_a_file_that_is_not_there_yet_is_said_to_be_absent_and_read_when_it_comes(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    async with following(log) as sink:
        await sink.until(lambda: sink.healths and sink.healths[-1].state == "absent")
        assert str(log) in sink.healths[-1].why
        log.write_bytes(line({"auditID": "a"}) + b"\n")
        await sink.until(lambda: sink.ids)
        await sink.until(lambda: sink.healths[-1].state == "live")


async def test_a_folder_instead_of_a_file_is_a_failure_in_words(tmp_path: Path) -> None:
    async with following(tmp_path) as sink:
        await sink.until(lambda: sink.healths and sink.healths[-1].state == "failed")
    assert "directory" in sink.healths[-1].why


async def test_a_pipe_instead_of_a_file_is_a_failure_in_words_and_holds_nobody_up(tmp_path: Path) -> None:
    """`--audit <(ssh host tail -f audit.log)`: opening it waits for a writer, and cannot be cancelled."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    try:
        async with following(pipe) as sink:
            await sink.until(lambda: sink.healths and sink.healths[-1].state == "failed")
    finally:
        end = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)  # lets go whoever waits in open() after all
        os.close(end)
    assert "no file that can be read again" in sink.healths[-1].why
    assert "--audit-webhook" in sink.healths[-1].why


async def test_a_full_pipeline_holds_the_reader_back(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(line({"auditID": "a"}) + b"\n")
    async with following(log) as sink:
        sink.gate.clear()
        await asyncio.sleep(0)
        assert sink.batches == []
        sink.gate.set()
        await sink.until(lambda: sink.ids == ["a"])


async def test_emptying_the_file_is_a_gap_in_the_health(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(line({"auditID": "a"}) + b"\n" + line({"auditID": "b"}) + b"\n")
    async with following(log) as sink:
        await sink.until(lambda: len(sink.ids) == 2)
        log.write_bytes(line({"auditID": "c"}) + b"\n")
        await sink.until(lambda: "c" in sink.ids)
        await sink.until(lambda: sink.healths[-1].gaps)
    assert "no copy" in sink.healths[-1].why


@pytest.mark.parametrize("form", ["auto", "k8s"])
async def test_a_list_of_events_in_one_line_is_read_whole(tmp_path: Path, form: str) -> None:
    log = tmp_path / "audit.log"
    items = b",".join([line({"auditID": "a"}), line({"auditID": "b"})])
    log.write_bytes(b'{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[' + items + b"]}\n")
    async with following(log) as sink:
        await sink.until(lambda: sink.ids == ["a", "b"])
