"""Seats that are silent, greedy or in a hurry, and sessions that break: the engine lives and nobody waits for ever."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.errors import WireError
from console.ports.session import PROTOCOL, Ask, Hello, Note, Update
from console.ports.views import Answer, Done, Refusal
from console.wire import client, server
from console.wire.client import SocketSession
from console.wire.messages import Asked, Open, Subscribe, frame
from console.wire.server import ASKED, TOPICS, Server
from tests.console.wire.test_wire import OneTable, Room, export


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path)
    await room.server.listen(room.path)
    yield room
    await room.server.close()


async def raw(room: Room, *messages: bytes) -> bytes:
    """What a peer gets that opens a seat, sends these frames and reads to the end."""
    reader, writer = await asyncio.open_unix_connection(str(room.path))
    writer.write(frame(Open(Hello(PROTOCOL, "test", "eve"))) + b"".join(messages))
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_peer_that_says_nothing_keeps_no_place(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "GREETING", 0.0)
    reader, writer = await asyncio.open_unix_connection(str(room.path))

    async with asyncio.timeout(10):
        said = await reader.read()

    assert b"Nothing was said" in said
    writer.close()
    await writer.wait_closed()


async def test_a_seat_reads_so_many_topics_and_each_under_its_own_id(room: Room) -> None:
    greedy = await raw(room, *[frame(Subscribe(number, "journal")) for number in range(TOPICS + 1)])
    twice = await raw(room, frame(Subscribe(1, "journal")), frame(Subscribe(1, "journal")))

    assert b"at most 64" in greedy
    assert b"each under its own id" in twice
    async with asyncio.timeout(5):
        while room.table.readers:
            await asyncio.sleep(0)


class Slow(OneTable):
    """Never answers."""

    async def ask(self, request: Ask) -> Answer:
        await asyncio.Event().wait()
        return Done()


async def test_a_seat_has_so_many_questions_open(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "seat", lambda uid: Slow(room.table, uid))
    room.server._seat = room.seat

    said = await raw(room, *[frame(Asked(number, Note("x"))) for number in range(ASKED + 1)])

    assert b"256 questions" in said


class Broken(OneTable):
    """A session with defects."""

    def subscribe(self, topic: str) -> AsyncIterator[Update]:
        raise KeyError("secret value")

    async def ask(self, request: Ask) -> Answer:
        raise KeyError("secret value")


async def test_a_defect_ends_a_topic_and_a_question_with_a_sentence(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.server = Server(lambda uid: Broken(room.table, uid), export)
    await room.server.listen(room.path)
    seat = await room.enter()

    async with asyncio.timeout(5):
        answer = await seat.ask(Note("x"))
        with pytest.raises(WireError, match="defect of the engine") as ended:
            await anext(seat.subscribe("journal"))

    assert isinstance(answer, Refusal)
    assert (answer.exit_code, "KeyError" in answer.text) == (7, True)
    assert "secret value" not in answer.text + str(ended.value)
    await seat.close()
    await room.server.close()


async def test_unsubscribing_takes_the_reader_off_the_table_at_once(room: Room) -> None:
    seat = await room.enter()
    updates = seat.subscribe("journal")
    await anext(updates)
    assert room.table.readers == 1

    await updates.aclose()  # type: ignore[attr-defined]
    await seat.ask(Note("after it"))
    async with asyncio.timeout(5):
        while room.table.readers:
            await asyncio.sleep(0)

    assert not room.table.readers
    await seat.close()


async def test_an_engine_that_does_not_welcome_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "WELCOME", 0.0)
    path = tmp_path / "engine.sock"
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(path))
        mute.listen()
        seat = await SocketSession.connect(path)

        with pytest.raises(WireError, match="warroom stop"):
            await seat.open(Hello(PROTOCOL, "test", "ana"))


async def test_a_question_given_up_is_forgotten(room: Room) -> None:
    seat = await room.enter()
    room.sessions[0].ask = Slow(room.table, 0).ask  # type: ignore[method-assign]

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(seat.ask(Note("x")), 0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await seat.ask(Note("x"))

    assert seat._answers == {}
    await seat.close()


async def test_a_socket_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    room = Room(tmp_path / "absent")

    with pytest.raises(WireError, match="--state"):
        await room.server.listen(room.path)
    with pytest.raises(WireError, match="longer than 100 bytes"):
        await room.server.listen(tmp_path / ("x" * 100) / "engine.sock")
