"""Frames on the socket: four bytes of length (big endian), then one MessagePack message."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from console.errors import WireError
from console.model.text import Clean
from console.ports.session import Ask, Hello, Update, Welcome
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
_OF_SEAT: msgspec.msgpack.Decoder[FromSeat] = msgspec.msgpack.Decoder(FromSeat)
_OF_ENGINE: msgspec.msgpack.Decoder[FromEngine] = msgspec.msgpack.Decoder(FromEngine)


def frame(message: FromSeat | FromEngine) -> bytes:
    """The bytes of one message."""
    body = _ENCODER.encode(message)
    return len(body).to_bytes(4, "big") + body


async def read_of_seat(reader: asyncio.StreamReader) -> FromSeat:
    """The next message a seat sent. Raises `WireError` for anything else, `EOFError` at the end."""
    message: FromSeat = _decode(_OF_SEAT, await _body(reader, FROM_SEAT))
    return message


async def read_of_engine(reader: asyncio.StreamReader) -> FromEngine:
    """The next message the engine sent. Raises as `read_of_seat`."""
    message: FromEngine = _decode(_OF_ENGINE, await _body(reader, FROM_ENGINE))
    return message


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
