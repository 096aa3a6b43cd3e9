"""An engine of another version, as a process: no command and no screen waits for it or tries it for ever."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from console.bootstrap.starting import spawn
from console.config.options import Options
from console.ports.session import PROTOCOL
from tests.engine.test_process import command, end, engines, gone
from tests.terminal import Terminal

OTHER = """
import sys
import console.ports.session as session
session.PROTOCOL = int(sys.argv.pop(1))
from console.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
"""warroom, but of another protocol."""


@pytest.fixture
def options() -> Iterator[Options]:
    """Start options of a drill in a state folder of its own; its engines end with the test."""
    state = Path(tempfile.mkdtemp(prefix="wr-"))
    one = Options(drill="shop", seed=7, state=str(state / "s"))
    yield one
    for process in engines(one):
        process.kill()
    shutil.rmtree(state, ignore_errors=True)


@contextmanager
def engine_of(protocol: int, options: Options) -> Iterator[None]:
    """A drill's engine that speaks another protocol."""
    argv = [sys.executable, "-c", OTHER, str(protocol), "engine", "--state", options.state, "--options-fd", "0"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(options))
        process.stdin.close()
        assert b"listening" in process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def screen(options: Options) -> Terminal:
    return Terminal([sys.executable, "-m", "console", "drill", "--seed", "7", "--state", options.state], 100, 30)


def test_commands_name_both_versions_and_stop_ends_it_all_the_same(options: Options) -> None:
    with engine_of(PROTOCOL + 1, options):
        stopped = command(options, "drill", "--stop", "--seed", "7")
        again = command(options, "drill", "--stop", "--seed", "7")

    assert (stopped.returncode, stopped.stdout) == (0, "The engine has ended; the record is kept.\n"), stopped.stderr
    assert again.returncode == 1


def test_a_screen_says_it_once_tries_no_more_and_exits_1(options: Options) -> None:
    with engine_of(PROTOCOL + 1, options), screen(options) as seat:
        seat.wait_for("CANNOT TAKE A SEAT")
        seat.settle(1.5)
        assert rf"protocol {PROTOCOL + 1}" in re.sub(r"\W*\n\W*", " ", seat.text())
        assert "trying again" not in seat.text()
        seat.send("q")
        assert seat.wait_end() == 1
        seat.settle(0.1)
        left = seat.bytes.rpartition(b"\x1b[?1049l")[2].decode()
    assert f"(protocol {PROTOCOL + 1}) and this seat is warroom" in left
    assert "start the newer `warroom`" in left


async def test_a_seat_whose_engine_was_replaced_by_another_version_is_told_so(options: Options) -> None:
    path = await spawn(options).wait()
    (first,) = engines(options)
    with screen(options) as seat:
        await asyncio.to_thread(seat.wait_for, "1 Suspicious activity")
        await end(path)
        await gone(first)
        with engine_of(PROTOCOL + 1, options):
            await asyncio.to_thread(seat.wait_for, "CANNOT TAKE A SEAT", 30)
            seat.settle(1)
            assert "trying again" not in seat.text()
            seat.send("q")
            assert seat.wait_end() == 1
