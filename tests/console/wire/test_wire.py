"""The Session port over a real Unix socket: rows, questions, slow readers, version skew, peers."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.errors import WireError
from console.hygiene.exporting import Exporter
from console.incident.tables import Table
from console.model.text import Clean
from console.ports.clock import SystemClock
from console.ports.session import PROTOCOL, Ask, Delta, Hello, Note, Snapshot, Update, Welcome
from console.ports.views import Answer, Done, EntryRow
from console.wire.client import SocketSession
from console.wire.messages import FROM_SEAT, Asked, frame
from console.wire.server import Server

export = Exporter(b"test")


class OneTable:
    """A Session over one table, made of the real parts; it answers a note with its text."""

    def __init__(self, table: Table, uid: int) -> None:
        self.table = table
        self.uid = uid
        self.closed = False

    async def open(self, hello: Hello) -> Welcome:
        if hello.protocol != PROTOCOL:
            raise WireError(f"This seat speaks protocol {hello.protocol}, the engine {PROTOCOL}.")
        return Welcome(PROTOCOL, "test", export(hello.seat), export("incident"))

    def subscribe(self, topic: str) -> AsyncIterator[Update]:
        if topic != self.table.topic:
            raise WireError(f"No topic {topic}.")
        return self.table.read()

    async def ask(self, request: Ask) -> Answer:
        assert isinstance(request, Note)
        return Done(export(request.text))

    async def close(self) -> None:
        self.closed = True


def row(number: int, text: str = "text") -> EntryRow:
    return EntryRow(export(str(number)), number, 0.0, export("engine"), export(text))


class Room:
    """A server with one table, and the sessions it made."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "engine.sock"
        self.table = Table("journal", SystemClock())
        self.sessions: list[OneTable] = []
        self.server = Server(self.seat, export)

    def seat(self, uid: int) -> OneTable:
        self.sessions.append(OneTable(self.table, uid))
        return self.sessions[-1]

    async def enter(self, name: str = "ana", protocol: int = PROTOCOL) -> SocketSession:
        session = await SocketSession.connect(self.path)
        await session.open(Hello(protocol, "test", name))
        return session


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path)
    await room.server.listen(room.path)
    yield room
    await room.server.close()


async def test_a_seat_gets_a_snapshot_in_chunks_and_then_only_what_changed(room: Room) -> None:
    room.table.put(*[row(number) for number in range(1200)])
    seat = await room.enter()
    updates = seat.subscribe("journal")

    chunks = [await anext(updates) for _ in range(3)]
    room.table.put(row(7, "changed"))
    room.table.remove(Clean("8"))
    delta = await anext(updates)

    assert [len(chunk.rows) for chunk in chunks if isinstance(chunk, Snapshot)] == [500, 500, 200]
    assert [(chunk.first, chunk.last) for chunk in chunks if isinstance(chunk, Snapshot)] == [
        (True, False),
        (False, False),
        (False, True),
    ]
    assert isinstance(delta, Delta)
    assert [one.key for one in delta.upserts] == ["7"]
    assert delta.removes == ("8",)
    await seat.close()


async def test_the_socket_is_for_its_owner_only_and_knows_the_peer(room: Room) -> None:
    seat = await room.enter()

    assert stat.S_IMODE(room.path.stat().st_mode) == 0o600
    assert room.sessions[0].uid == os.getuid()
    await seat.close()


async def test_several_questions_are_answered_each_to_its_asker(room: Room) -> None:
    ana, bo = await room.enter("ana"), await room.enter("bo")

    answers = await asyncio.gather(*[seat.ask(Note(f"{n}")) for n, seat in enumerate((ana, bo, ana, bo))])

    assert [answer.text for answer in answers if isinstance(answer, Done)] == ["0", "1", "2", "3"]
    await ana.close()
    await bo.close()


async def test_a_slow_seat_does_not_slow_another_and_gets_the_newest_state(room: Room) -> None:
    slow, quick = await room.enter("slow"), await room.enter("quick")
    held = slow.subscribe("journal")
    await anext(held)
    slow._reader._transport.pause_reading()  # type: ignore[attr-defined]  # a terminal that has stalled
    watching = quick.subscribe("journal")
    await anext(watching)

    for wave in range(3):
        room.table.put(*[row(number, f"wave {wave} " + "x" * 3000) for number in range(400)])
        update = await anext(watching)
        assert isinstance(update, Delta)
        assert len(update.upserts) == 400

    slow._reader._transport.resume_reading()  # type: ignore[attr-defined]
    newest: dict[str, str] = {}
    async with asyncio.timeout(60):
        async for update in held:
            rows = update.rows if isinstance(update, Snapshot) else update.upserts
            newest.update({one.key: one.text for one in rows if isinstance(one, EntryRow)})
            if len(newest) == 400 and all(text.startswith("wave 2") for text in newest.values()):
                break
    assert len(newest) == 400
    await slow.close()
    await quick.close()


async def test_another_version_is_told_what_to_do(room: Room) -> None:
    with pytest.raises(
        WireError, match=r"engine is warroom \S+ \(protocol 1\) and this seat is warroom test \(protocol 99\)"
    ):
        await room.enter(protocol=99)


async def test_a_seat_that_sends_garbage_is_ended_and_the_engine_lives(room: Room) -> None:
    reader, writer = await asyncio.open_unix_connection(str(room.path))
    writer.write(b"\x00\x00\x00\x04junk")
    answer = await reader.read()
    big, big_writer = await asyncio.open_unix_connection(str(room.path))
    big_writer.write((FROM_SEAT + 1).to_bytes(4, "big"))
    refused = await big.read()

    assert b"do not understand each other" in answer
    assert b"at most" in refused
    assert (await (await room.enter()).ask(Note("alive"))) == Done(Clean("alive"))
    for end in (writer, big_writer):
        end.close()
        await end.wait_closed()


async def test_a_question_before_opening_is_refused(room: Room) -> None:
    reader, writer = await asyncio.open_unix_connection(str(room.path))
    writer.write(frame(Asked(1, Note("early"))))

    assert b"must open it" in await reader.read()
    writer.close()
    await writer.wait_closed()


async def test_when_the_engine_goes_every_call_says_so(room: Room) -> None:
    seat = await room.enter()
    updates = seat.subscribe("journal")
    await anext(updates)

    await room.server.close()

    with pytest.raises(WireError, match="engine has gone"):
        await anext(updates)
    with pytest.raises(WireError, match="engine has gone"):
        await seat.ask(Note("late"))
    await seat.close()


async def test_leaving_closes_the_session_in_the_engine(room: Room) -> None:
    seat = await room.enter()
    await seat.close()

    async with asyncio.timeout(5):
        while not room.sessions[0].closed:
            await asyncio.sleep(0)

    assert room.sessions[0].closed


async def test_nobody_listening_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(WireError, match="No engine answers"):
        await SocketSession.connect(tmp_path / "absent.sock")
