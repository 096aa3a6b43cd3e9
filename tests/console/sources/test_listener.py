"""Who dawdles at the webhook is closed: heads and bodies that trickle hold neither a connection nor memory for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from console.ports.clock import ManualClock
from console.sources import listener
from console.sources.listener import Access, Answer, Listener

POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"


@asynccontextmanager
async def listening(clock: ManualClock, access: Access | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    taken: list[bytes] = []

    async def take(body: bytes) -> Answer:
        taken.append(body)
        return Answer()

    made = Listener("127.0.0.1:0", access or Access(), take, clock=clock)
    await made.start()
    try:
        yield made.port, taken
    finally:
        await made.stop()


async def ended(reader: asyncio.StreamReader) -> bytes:
    """All that still comes until the other side closes."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


@pytest.mark.parametrize("sent", [b"", b"POST / HT", POST], ids=["nothing", "half-a-line", "half-a-head"])
async def test_a_head_that_trickles_is_closed(sent: bytes) -> None:
    clock = ManualClock()
    async with listening(clock) as (port, taken):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        await writer.drain()
        await clock.advance(listener.SLOWEST / 6)
        await clock.advance(listener.SLOWEST * 2)

        assert await ended(reader) == b""
        assert taken == []
        writer.close()


async def test_who_has_delivered_may_keep_the_connection() -> None:
    clock = ManualClock()
    async with listening(clock) as (port, taken):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in range(2):
            writer.write(POST + b"\r\n{}")
            assert b"200" in await reader.readuntil(b"\r\n\r\n")
            await clock.advance(listener.SLOWEST * 2)
            assert len(taken) == number + 1
        writer.close()


async def test_a_body_that_trickles_is_told_so_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "SLOWEST", 0.05)
    async with listening(ManualClock()) as (port, taken):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST + b"\r\n{")

        assert b" 408 " in await ended(reader)
        assert taken == []
        writer.close()


async def test_who_is_refused_is_closed() -> None:
    async with listening(ManualClock(), Access(token="right")) as (port, taken):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST + b"Authorization: Bearer wrong\r\n\r\n{}")

        assert b" 401 " in await ended(reader)
        assert taken == []
        writer.close()
