"""The engine as a process of the host: what it takes over, what it leaves, who may come in and end it.

It serves a drill, so that no control plane is needed for what has nothing to do with a cluster.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from console.bootstrap.linking import linked_socket
from console.bootstrap.starting import LOG, spawn
from console.config.options import Options
from console.ports.session import PROTOCOL, Hello, Stop
from console.ports.views import Done
from console.wire.client import SocketSession

NOBODY = 65534


@pytest.fixture
def options() -> Iterator[Options]:
    """Start options of a drill in a state folder of its own; its engine ends with the test."""
    state = Path(tempfile.mkdtemp(prefix="wr-"))
    one = Options(drill="shop", seed=7, state=str(state / "s"))
    yield one
    for process in engines(one):
        process.kill()
    shutil.rmtree(state, ignore_errors=True)


def engines(options: Options) -> list[psutil.Process]:
    """Engine processes of these options."""
    lines = ((process, process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
    return [process for process, line in lines if "engine" in line and any(options.state in part for part in line)]


async def started(options: Options) -> Path:
    return await spawn(options).wait()


async def end(path: Path) -> None:
    session = await SocketSession.connect(path)
    await session.open(Hello(PROTOCOL, "test", "ana", screen=False))
    assert isinstance(await session.ask(Stop("test over")), Done)
    await session.close()


def pipes(process: psutil.Process) -> list[Path]:
    """Its descriptors that are pipes."""
    found = []
    for one in Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            if os.readlink(one).startswith("pipe:"):
                found.append(one)
    return found


async def gone(process: psutil.Process) -> bool:
    """Whether it goes within ten seconds, zombies not counted as gone."""
    for _ in range(100):
        if not psutil.pid_exists(process.pid):
            return True
        await asyncio.sleep(0.1)
    return False


async def test_it_takes_over_no_secret_no_terminal_and_no_module_of_the_working_directory(
    options: Options, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "msgspec.py").write_text("raise SystemExit('the attacker was here')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DB_PASSWORD", "hunter2")

    await started(options)
    (engine,) = engines(options)

    assert "DB_PASSWORD" not in engine.environ()
    assert engine.terminal() is None
    assert os.getsid(engine.pid) == engine.pid
    open_files = {os.readlink(f"/proc/{engine.pid}/fd/{fd}") for fd in (0, 1, 2)}
    assert open_files == {"/dev/null", f"{options.state}/engine.log"}


async def test_what_it_is_to_open_stands_neither_in_its_arguments_nor_in_its_environment(options: Options) -> None:
    """Arguments are for every user of the host to read (`ps`), and the URL of a source may hold a password."""
    told = msgspec.structs.replace(options, prometheus="http://ana:hunter2@127.0.0.1:9/", as_user="on-call")

    await started(told)
    (engine,) = engines(options)

    for name in ("cmdline", "environ"):
        said = Path(f"/proc/{engine.pid}/{name}").read_bytes()
        assert b"engine" in said or name == "environ"
        assert b"hunter2" not in said
        assert b"on-call" not in said
    while pipes(engine):  # it closes the one it answered on a moment after its answer was heard
        assert time.time() < engine.create_time() + 30, "the pipe it was told on or the one it answered on stays open"
        await asyncio.sleep(0.02)
    assert linked_socket(told) is not None, "yet it opened what it was told to open"


@pytest.mark.parametrize("said", ["", '{"drill": '])
def test_an_engine_that_is_not_told_what_to_open_says_so_and_opens_nothing(options: Options, said: str) -> None:
    argv = [sys.executable, "-m", "console", "engine", "--state", options.state, "--options-fd", "0"]

    done = subprocess.run(argv, input=said, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert "ended before it said what to open" in done.stderr
    assert not Path(options.state).exists()


async def test_what_it_writes_is_its_users_alone_whatever_the_umask(options: Options) -> None:
    old = os.umask(0)
    try:
        path = await started(options)
    finally:
        os.umask(old)

    written = [one for one in Path(options.state).rglob("*") if not one.is_symlink()]
    assert path in written
    assert {one.name for one in written if stat.S_IMODE(one.stat().st_mode) & 0o077} == set()


async def test_it_ends_when_told_takes_its_socket_away_and_leaves_no_zombie(options: Options) -> None:
    path = await started(options)
    (engine,) = engines(options)

    await end(path)

    assert await gone(engine)
    assert not path.exists()


async def test_one_that_was_killed_leaves_no_zombie_either(options: Options) -> None:
    await started(options)
    (engine,) = engines(options)

    engine.kill()

    assert await gone(engine)


async def test_a_dead_socket_is_replaced(options: Options) -> None:
    path = await started(options)
    (engine,) = engines(options)
    engine.kill()
    await gone(engine)
    assert path.exists(), "a killed engine cannot take it away"

    again = await started(options)

    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(again))
    assert linked_socket(options) == again


async def test_drills_that_begin_at_once_are_incidents_of_their_own(options: Options) -> None:
    first, second = await asyncio.gather(started(options), started(options))

    assert first.parent != second.parent


async def test_a_long_log_is_put_aside(options: Options) -> None:
    log = Path(options.state) / "engine.log"
    log.parent.mkdir()
    log.write_bytes(b"x" * (LOG + 1))

    await started(options)

    assert log.stat().st_size < LOG
    assert log.with_suffix(".log.1").stat().st_size == LOG + 1


def command(options: Options, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "console", *words, "--state", options.state],
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


async def test_a_drill_is_ended_by_its_own_command_and_not_by_the_clusters(options: Options) -> None:
    await started(options)
    (engine,) = engines(options)

    wrong = command(options, "stop")
    alive = engine.is_running()
    right = command(options, "drill", "--stop", "--seed", "7")

    assert wrong.returncode in (1, 2), "with and without a kubeconfig on this host"
    assert alive
    assert (right.returncode, right.stdout) == (0, "The engine has ended; the record is kept.\n")
    assert await gone(engine)


PEER = """
import asyncio, os, pathlib, sys
from console.ports.session import *
from console.wire.client import SocketSession

async def main(path):
    session = await SocketSession.connect(path)
    await session.open(Hello(PROTOCOL, "test", "li", {"PATH": "/evil", "AWS_PROFILE": "evil"}))
    for request in (Stop(), Login({"AWS_PROFILE": "evil"}), Note("li was here")):
        print(type(await session.ask(request)).__name__)
    await session.close()
    for name in ("journal.db", "findings.db", "secret", "evidence"):
        print(name, os.access(path.parent / name, os.R_OK))
    print("write", os.access(path.parent, os.W_OK))

os.setgroups([])
os.setgid(int(sys.argv[2]))
os.setuid(65534)
asyncio.run(main(pathlib.Path(sys.argv[1])))
"""
"""What another user sees; it imports as root, since the interpreter may be out of that user's reach."""


@pytest.mark.skipif(os.getuid() != 0, reason="takes a seat as another user, which only root can")
async def test_a_member_of_the_group_takes_a_seat_and_nothing_else(options: Options) -> None:
    group = grp.getgrnam("daemon")
    Path(options.state).parent.chmod(0o711)
    path = await started(msgspec.structs.replace(options, group=group.gr_name))
    (engine,) = engines(options)

    def as_nobody(gid: int) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-c", PEER, str(path), str(gid)]
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

    member, stranger = await asyncio.gather(
        asyncio.to_thread(as_nobody, group.gr_gid), asyncio.to_thread(as_nobody, NOBODY)
    )

    assert member.stdout.split("\n")[:3] == ["Refusal", "Refusal", "Done"], member.stderr
    assert member.stdout.split("\n")[3:8] == [
        "journal.db False", "findings.db False", "secret False", "evidence False", "write False",
    ]  # fmt: skip
    assert "No engine answers" in stranger.stderr
    assert "evil" not in engine.environ().values()
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o2750
