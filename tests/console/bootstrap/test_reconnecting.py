"""How a screen comes to an engine: started for it, anew after a crash, never behind the back of who ended it."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.bootstrap import reconnecting
from console.bootstrap.linking import write_link
from console.bootstrap.reconnecting import Connector
from console.bootstrap.starting import Starting
from console.config.options import Options
from console.errors import WireError


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
    return one


async def listening(options: Options) -> asyncio.AbstractServer:
    folder = Path(options.state) / "inc-1"
    folder.mkdir(exist_ok=True)
    write_link(options, "inc-1")
    return await asyncio.start_unix_server(lambda reader, writer: writer.close(), folder / "engine.sock")


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
    server = await listening(options)
    await (await connect()).close()
    server.close()
    await server.wait_closed()
    socket = Path(options.state) / "inc-1" / "engine.sock"

    socket.unlink(missing_ok=True)
    with pytest.raises(WireError, match="No engine answers"):
        await connect()
    assert started.count == 0
    socket.touch()
    with pytest.raises(WireError, match="ended before it was ready"):
        await connect()
    assert started.count == 1


async def test_attach_starts_none(options: Options, started: Started) -> None:
    with pytest.raises(WireError, match="No engine is running"):
        await Connector(options, None, attach=True)()

    assert started.count == 0
