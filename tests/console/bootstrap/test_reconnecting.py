"""How a screen comes to an engine: started for it, anew after a crash, never behind the back of who ended it."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from console import __version__
from console.bootstrap import reconnecting, seating
from console.bootstrap.linking import write_link
from console.bootstrap.reconnecting import Connector
from console.bootstrap.starting import Starting
from console.config.options import Options
from console.errors import WireError
from console.hygiene.exporting import known_safe
from console.ports.session import PROTOCOL, Welcome
from console.wire.messages import Open, Opened, frame, read_opening


class Started:
    """Stands in for engines: each start says on its pipe what it was told to say."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said, self.count = folder, b"", 0

    def spawn(self, options: Options) -> Starting:
        self.count += 1
        read, write = os.pipe()
        os.write(write, self.said)
        os.close(write)
        return Starting(read, self.folder / "engine.log")


@pytest.fixture
def options() -> Iterator[Options]:
    state = Path(tempfile.mkdtemp(prefix="wr-"))
    yield Options(drill="shop", seed=3, state=str(state))
    shutil.rmtree(state, ignore_errors=True)


@pytest.fixture
def started(options: Options, monkeypatch: pytest.MonkeyPatch) -> Started:
    one = Started(Path(options.state))
    monkeypatch.setattr(reconnecting, "spawn", one.spawn)
    monkeypatch.setattr(seating, "spawn", one.spawn)
    return one


class Listening:
    """Stands in for an engine that takes one seat and ends before it has welcomed it."""

    def __init__(self, options: Options) -> None:
        self._folder = Path(options.state) / "inc-1"
        self._options = options
        self._left = asyncio.Event()

    async def __aenter__(self) -> Listening:
        self._folder.mkdir()
        write_link(self._options, "inc-1")
        self._server = await asyncio.start_unix_server(self._take, self._folder / "engine.sock")
        return self

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()
        await writer.wait_closed()
        self._left.set()

    async def __aexit__(self, *_: object) -> None:
        await self._left.wait()  # a connection that is being taken when its server closes is never closed
        self._server.close()
        await self._server.wait_closed()


async def test_an_engine_that_died_without_a_word_is_started_again_at_the_next_try(
    options: Options, started: Started
) -> None:
    connect = Connector(options, started.spawn(options))
    for _ in range(2):
        with pytest.raises(WireError, match="ended before it was ready"):
            await connect()

    assert started.count == 2


async def test_an_engine_that_was_ended_is_not_started_again_and_one_that_crashed_is(
    options: Options, started: Started
) -> None:
    connect = Connector(options, None)
    async with Listening(options):
        await (await connect()).close()
    socket = Path(options.state) / "inc-1" / "engine.sock"

    socket.unlink(missing_ok=True)
    with pytest.raises(WireError, match="No engine answers"):
        await connect()
    assert started.count == 0
    socket.touch()
    with pytest.raises(WireError, match="ended before it was ready"):
        await connect()
    assert started.count == 1


async def test_an_engine_that_runs_is_greeted_early_on_the_connection_that_is_used(
    options: Options, started: Started
) -> None:
    folder = Path(options.state) / "inc-1"
    folder.mkdir()
    write_link(options, "inc-1")
    heard: list[list[Open]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append([await read_opening(reader)])
        writer.write(frame(Opened(Welcome(PROTOCOL, __version__, known_safe("ana"), known_safe("inc-1")))))
        with suppress(EOFError):
            heard[-1].append(await read_opening(reader))
        writer.close()

    server = await asyncio.start_unix_server(answer, folder / "engine.sock")
    first = await asyncio.to_thread(seating.start_early, options)
    session = await Connector(options, first)()
    welcome = await session.open(seating.hello(options, screen=True))
    await session.close()
    server.close()
    await server.wait_closed()

    assert welcome.seat == "ana"
    assert heard == [[Open(seating.hello(options, screen=True))]]
    assert started.count == 0


async def test_an_engine_that_does_not_listen_is_not_greeted_but_started(options: Options, started: Started) -> None:
    (Path(options.state) / "inc-1").mkdir()
    (Path(options.state) / "inc-1" / "engine.sock").touch()
    write_link(options, "inc-1")

    assert isinstance(await asyncio.to_thread(seating.start_early, options), Starting)
    assert started.count == 1


async def test_an_engine_that_goes_while_the_screen_is_imported_is_said_to_be_gone(
    options: Options, started: Started
) -> None:
    async with Listening(options):
        session = await Connector(options, await asyncio.to_thread(seating.start_early, options))()

        with pytest.raises(WireError, match="The engine has gone"):
            await session.open(seating.hello(options, screen=True))
    assert started.count == 0


async def test_attach_starts_none(options: Options, started: Started) -> None:
    with pytest.raises(WireError, match="No engine is running"):
        await Connector(options, None, attach=True)()

    assert started.count == 0
