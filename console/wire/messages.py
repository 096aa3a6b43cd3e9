"""Frames on the socket: four bytes of length (big endian), then one MessagePack message.

Whatever else changes, these never do, so that two versions can still tell each other who they are: the framing, the
tag of a message as its first element, `protocol` and `version` in the maps of `Open` and `Opened`, and as third and
fourth element of `Failed`.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import msgspec

from console import __version__
from console.errors import VersionSkew, WireError
from console.model.text import Clean
from console.ports.session import PROTOCOL, Ask, Hello, Update, Welcome
from console.ports.views import Answer

FROM_SEAT = 256 * 1024
"""Largest frame a seat may send."""
FROM_ENGINE = 64 * 1024 * 1024


class _Message(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Base of all messages."""


class Open(_Message, frozen=True):
    hello: Hello


class Subscribe(_Message, frozen=True):
    id: int
    topic: str


class Unsubscribe(_Message, frozen=True):
    id: int


class Asked(_Message, frozen=True):
    id: int
    request: Ask


class Opened(_Message, frozen=True):
    welcome: Welcome


class Failed(_Message, frozen=True):
    """The engine cannot serve this seat; the connection ends after it."""

    text: Clean
    protocol: int = 0
    version: str = ""


class Updated(_Message, frozen=True):
    id: int
    update: Update


class Ended(_Message, frozen=True):
    """A subscription ended on the engine's side; `text` says why."""

    id: int
    text: Clean


class Answered(_Message, frozen=True):
    id: int
    answer: Answer


FromSeat = Open | Subscribe | Unsubscribe | Asked
FromEngine = Opened | Failed | Updated | Ended | Answered

_ENCODER = msgspec.msgpack.Encoder()


@cache
def _of_seat() -> msgspec.msgpack.Decoder[FromSeat]:
    """Made when it is needed: a seat never reads what seats send."""
    return msgspec.msgpack.Decoder(FromSeat)


@cache
def _of_engine() -> msgspec.msgpack.Decoder[FromEngine]:
    return msgspec.msgpack.Decoder(FromEngine)


def frame(message: FromSeat | FromEngine) -> bytes:
    """The bytes of one message."""
    body = _ENCODER.encode(message)
    return len(body).to_bytes(4, "big") + body


async def read_of_seat(reader: asyncio.StreamReader) -> FromSeat:
    """The next message a seat sent. Raises `WireError` for anything else, `EOFError` at the end."""
    message: FromSeat = _decode(_of_seat(), await _body(reader, FROM_SEAT))
    return message


async def read_of_engine(reader: asyncio.StreamReader) -> FromEngine:
    """The next message the engine sent. Raises as `read_of_seat`."""
    message: FromEngine = _decode(_of_engine(), await _body(reader, FROM_ENGINE))
    return message


async def read_opening(reader: asyncio.StreamReader) -> Open:
    """The first message of a seat. Raises `VersionSkew` for one of another version, else as `read_of_seat`."""
    body = await _body(reader, FROM_SEAT)
    try:
        first = _decode(_of_seat(), body)
    except WireError as error:
        protocol, version = _told(body)
        if protocol in (0, PROTOCOL):
            raise
        raise VersionSkew((__version__, PROTOCOL), (version, protocol)) from error
    if not isinstance(first, Open):
        raise WireError("The first message of a seat must open it.")
    return first


async def read_welcome(reader: asyncio.StreamReader, hello: Hello) -> Welcome:
    """The engine's answer to a seat that opened.

    Raises:
        VersionSkew: it is an engine of another version, or nothing that we could ever understand.
        WireError: it cannot serve this seat now.
        EOFError: it has gone.
    """
    ours = (hello.version, hello.protocol)
    try:
        body = await _body(reader, FROM_ENGINE)
    except WireError as error:
        raise VersionSkew(("", 0), ours) from error
    protocol, version = _told(body)
    if protocol != hello.protocol:
        raise VersionSkew((version, protocol), ours)
    try:
        first = _decode(_of_engine(), body)
    except WireError as error:
        raise VersionSkew((version, protocol), ours) from error
    if isinstance(first, Opened):
        return first.welcome
    raise WireError(first.text if isinstance(first, Failed) else "The engine answered before it welcomed this seat.")


def _told(body: bytes) -> tuple[int, str]:
    """Protocol and version that a first message names, whatever else is in it; (0, "") when it names none."""
    try:
        message = msgspec.msgpack.decode(body)
    except msgspec.DecodeError:
        return 0, ""
    if not isinstance(message, list):
        return 0, ""
    if len(message) > 3 and message[0] == "Failed":
        protocol, version = message[2], message[3]
    elif len(message) > 1 and isinstance(message[1], dict):
        protocol, version = message[1].get("protocol"), message[1].get("version")
    else:
        return 0, ""
    return protocol if isinstance(protocol, int) else 0, version if isinstance(version, str) else ""


async def _body(reader: asyncio.StreamReader, most: int) -> bytes:
    try:
        size = int.from_bytes(await reader.readexactly(4), "big")
        if size > most:
            raise WireError(f"The other side sent a message of {size} bytes; at most {most} are allowed.")
        return await reader.readexactly(size)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise EOFError from error


def _decode(decoder: msgspec.msgpack.Decoder[Any], body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        raise WireError(
            f"Engine and seat do not understand each other ({error}). "
            "They may be of different versions: end the engine with `warroom stop` and start again."
        ) from error
