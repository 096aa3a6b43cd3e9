"""Tasks of one owner end with it, whatever they make of being told to."""

from __future__ import annotations

import asyncio

import pytest

from console.ports import tasks as module
from console.ports.tasks import Tasks


async def test_a_task_that_takes_no_notice_of_its_end_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library may eat a cancellation; an engine that waited for that task would never end."""
    monkeypatch.setattr(module, "AGAIN", 0.01)
    told: list[int] = []

    async def stubborn() -> None:
        while len(told) < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                told.append(len(told))

    tasks = Tasks()
    task = tasks.start("stubborn", stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await tasks.close()

    assert (told, task.done()) == ([0, 1, 2], True)


async def test_what_a_task_does_at_its_end_is_waited_for_and_its_failure_is_told() -> None:
    failed: list[tuple[str, str]] = []
    closed = asyncio.Event()

    async def tidy() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.set()
            raise ValueError("while tidying up")

    tasks = Tasks(lambda name, error: failed.append((name, str(error))))
    tasks.start("tidy", tidy())
    await asyncio.sleep(0)
    await tasks.close()

    assert closed.is_set()
    assert failed == [("tidy", "while tidying up")]
