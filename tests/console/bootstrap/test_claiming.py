"""One engine for an incident: whoever holds the lock of the record, and nobody else."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from console.bootstrap import claiming
from console.bootstrap.claiming import claim
from console.errors import JournalError, WireError
from console.journal.locking import WriterLock
from console.journal.sqlite import SqliteJournal
from console.ports.tasks import Tasks


def held(folder: Path) -> SqliteJournal:
    return SqliteJournal(folder / "journal.db")


def listening(folder: Path) -> socket.socket:
    one = socket.socket(socket.AF_UNIX)
    one.bind(str(folder / "engine.sock"))
    one.listen()
    return one


async def test_nobody_holds_it_so_we_do(tmp_path: Path) -> None:
    ours = await claim(tmp_path, lambda: held(tmp_path))

    assert isinstance(ours, SqliteJournal)
    ours.close()


async def test_an_engine_that_serves_it_is_joined(tmp_path: Path) -> None:
    first = held(tmp_path)
    with listening(tmp_path):
        assert await claim(tmp_path, lambda: held(tmp_path)) == tmp_path / "engine.sock"
    first.close()


async def test_of_two_that_start_at_once_the_second_waits_for_the_first_to_listen(tmp_path: Path) -> None:
    first = held(tmp_path)
    tasks = Tasks()
    second = tasks.start("second", claim(tmp_path, lambda: held(tmp_path)))
    await asyncio.sleep(0)
    assert not second.done()

    with listening(tmp_path):
        assert await second == tmp_path / "engine.sock"
    first.close()


async def test_an_engine_that_ends_is_waited_for_and_followed(tmp_path: Path) -> None:
    """`warroom stop` and `warroom` again: the socket is gone already, the lock is not yet."""
    first = held(tmp_path)
    tasks = Tasks()
    second = tasks.start("second", claim(tmp_path, lambda: held(tmp_path)))
    await asyncio.sleep(0)

    first.close()
    ours = await second

    assert isinstance(ours, SqliteJournal)
    ours.close()


async def test_a_lock_somebody_was_quicker_to_take_is_no_error(tmp_path: Path) -> None:
    """Between looking at the lock and taking it another engine may come."""
    first: list[SqliteJournal] = []

    def late() -> SqliteJournal:
        first.append(held(tmp_path))
        return held(tmp_path)

    with listening(tmp_path):
        assert await claim(tmp_path, late) == tmp_path / "engine.sock"
    first[0].close()


async def test_a_record_that_cannot_be_opened_is_no_race(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"no database at all, but long enough to be looked at as one" * 20)

    with pytest.raises(JournalError, match="no journal or is damaged"):
        await claim(tmp_path, lambda: held(tmp_path))


async def test_an_engine_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claiming, "PATIENCE", 0.2)
    lock = WriterLock(tmp_path / "journal.lock")

    with pytest.raises(WireError, match="end that process"):
        await claim(tmp_path, lambda: held(tmp_path))
    lock.close()


async def test_a_record_of_another_user_is_joined_or_told_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)

    def never() -> None:
        raise AssertionError("the record of another user was opened")

    with pytest.raises(JournalError, match="--group"):
        await claim(tmp_path, never)
    with listening(tmp_path):
        assert await claim(tmp_path, never) == tmp_path / "engine.sock"
