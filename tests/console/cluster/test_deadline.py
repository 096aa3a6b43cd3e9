"""Deadlines on an injected clock end what is inside, and nothing else."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from console.cluster.deadline import Deadline
from console.errors import Unreachable
from console.ports.clock import ManualClock


async def test_what_takes_too_long_is_ended_with_the_sentence() -> None:
    clock = ManualClock()

    async def work() -> None:
        async with Deadline(clock, 10, "too late"):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await clock.advance(9.9)
    assert not task.done()
    await clock.advance(0.2)

    with pytest.raises(Unreachable, match="too late"):
        await task


async def test_what_is_in_time_is_not_disturbed_later() -> None:
    clock = ManualClock()

    async with Deadline(clock, 10, "too late"):
        pass
    await clock.advance(100)
    await asyncio.sleep(0)


async def test_a_cancellation_from_outside_stays_one() -> None:
    async def work() -> None:
        async with Deadline(ManualClock(), 10, "too late"):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("outside", [False, True], ids=["too late only", "ended from outside as well"])
async def test_a_deadline_in_the_moment_the_work_is_done_takes_back_its_own_word_and_nobody_elses(
    outside: bool,
) -> None:
    """An engine that ends just then must not go on for the sake of one answer."""
    done = []

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        async with Deadline(ManualClock(), 10, "too late") as deadline:
            deadline._expired = True  # the timer has its turn just before that of the work that is done
            task.cancel()
            if outside:
                task.cancel()
        done.append("went on")
        await asyncio.sleep(0)
        done.append("undisturbed")

    task = asyncio.create_task(work())
    await asyncio.wait([task])

    assert (task.cancelled(), done) == ((True, []) if outside else (False, ["went on", "undisturbed"]))


async def test_an_error_inside_is_kept() -> None:
    with pytest.raises(KeyError):
        async with Deadline(ManualClock(), 10, "too late"):
            raise KeyError("x")


async def test_a_result_is_freed_without_the_cycle_collector() -> None:
    """While lists are read the collector is off; a page of megabytes must go when it is decoded."""

    class Page:
        pass

    async def work() -> Page:
        async with Deadline(ManualClock(), 10, "too late"):
            return Page()

    gc.disable()
    try:
        task = asyncio.create_task(work())
        page = weakref.ref(await task)
        del task
        for _ in range(5):
            await asyncio.sleep(0)
        assert page() is None
    finally:
        gc.enable()
