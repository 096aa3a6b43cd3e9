"""Engine and seat of different versions: each tells the other who it is, and nobody waits or tries for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from console import __version__
from console.errors import VersionSkew, WireError
from console.ports.session import PROTOCOL, Hello
from console.wire import server
from console.wire.client import SocketSession
from tests.console.wire.test_wire import Room

NEWER = Hello(PROTOCOL + 1, "9.0", "ana")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path)
    await room.server.listen(room.path)
    yield room
    await room.server.close()


@asynccontextmanager
async def saying(path: Path, answer: bytes) -> AsyncIterator[None]:
    """Something that listens, hears one message and says this."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(answer)
        writer.close()

    async with await asyncio.start_unix_server(serve, str(path)):
        yield


def framed(*message: object) -> bytes:
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(4, "big") + body


async def refusal_of(path: Path, hello: Hello) -> VersionSkew:
    seat = await SocketSession.connect(path)
    with pytest.raises(VersionSkew) as refused:
        await seat.open(hello)
    return refused.value


async def test_a_newer_seat_is_told_both_versions_and_to_end_the_engine(room: Room) -> None:
    said = str(await refusal_of(room.path, NEWER))

    assert f"The engine is warroom {__version__} (protocol {PROTOCOL})" in said
    assert f"this seat is warroom 9.0 (protocol {PROTOCOL + 1})" in said
    assert "`warroom stop`" in said


async def test_an_older_seat_is_told_to_start_the_newer_one(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PROTOCOL", PROTOCOL + 1)
    said = str(await refusal_of(room.path, Hello(PROTOCOL - 1, "0.0", "ana")))

    assert f"protocol {PROTOCOL + 1}" in said
    assert "start the newer" in said
    assert "stop" not in said


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (framed("Opened", {"type": "Welcome", "protocol": 7, "version": "7.1", "seat": 5}), "warroom 7.1 (protocol 7)"),
        (framed("Failed", "no", 7, "7.1", "more"), "warroom 7.1 (protocol 7)"),
        (framed("Failed", "no"), "protocol not known"),
        (framed("Opened", {"protocol": PROTOCOL, "version": "7.1", "seat": 5}), "warroom 7.1"),
        (framed({"hello": "you"}), "another warroom"),
        (framed("Failed", "no", "x", None), "another warroom"),
        (framed(), "another warroom"),
        (b"\x00\x00\x00\x01\xc1", "another warroom"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "another warroom"),
    ],
)
async def test_whatever_another_version_says_ends_in_one_sentence(tmp_path: Path, answer: bytes, words: str) -> None:
    async with saying(tmp_path / "engine.sock", answer):
        assert words in str(await refusal_of(tmp_path / "engine.sock", Hello(PROTOCOL, "test", "ana")))


async def test_an_engine_of_this_version_that_has_no_place_is_no_other_version(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "SEATS", 0)
    seat = await SocketSession.connect(room.path)

    with pytest.raises(WireError, match="seats are taken") as refused:
        await seat.open(Hello(PROTOCOL, "test", "ana"))

    assert not isinstance(refused.value, VersionSkew)


async def test_a_seat_whose_first_message_nobody_understands_is_told_versions_too(room: Room) -> None:
    reader, writer = await asyncio.open_unix_connection(str(room.path))
    writer.write(framed("Open", {"type": "Hello", "protocol": 7, "version": "7.1", "seat": ["ana", "bo"]}))

    said = await reader.read()

    assert b"this seat is warroom 7.1 (protocol 7)" in said
    assert said.endswith(bytes((PROTOCOL,)) + msgspec.msgpack.encode(__version__))
    writer.close()
    await writer.wait_closed()
