"""The fast clock."""

from __future__ import annotations

import asyncio
import threading

from console.drill.pacing import PATIENCE, STEP, PacedClock


class _Counting:
    """A machine's clock on which waiting takes no time and is added up."""

    def __init__(self) -> None:
        self.waited = 0.0

    def now(self) -> float:
        return 1000.0

    def monotonic(self) -> float:
        return self.waited

    async def sleep(self, seconds: float) -> None:
        self.waited += seconds
        await asyncio.sleep(0)


async def test_it_runs_by_its_factor() -> None:
    inner = _Counting()
    clock = PacedClock(inner, 20)
    task = asyncio.create_task(clock.run())

    await clock.sleep(60)
    task.cancel()

    assert clock.monotonic() == 60
    assert clock.now() == 1060
    assert abs(inner.waited - 3) <= STEP / 20


async def test_it_stands_while_nobody_runs_it() -> None:
    inner = _Counting()
    clock = PacedClock(inner, 20)

    await inner.sleep(100)

    assert clock.monotonic() == 0


async def test_a_busy_loop_does_not_lose_time() -> None:
    """Work between two steps is done in one step, however long the machine takes for it."""
    clock = PacedClock(_Counting(), 20)
    task = asyncio.create_task(clock.run())
    seen: list[float] = []

    for _ in range(8):
        await clock.sleep(STEP)
        seen.append(clock.monotonic())
    task.cancel()

    assert seen == [STEP * turn for turn in range(1, 9)]


async def test_a_slow_disk_costs_nobody_his_time() -> None:
    """One write after the other in a thread: the clock stands until the last of them is done."""
    clock = PacedClock(_Counting(), 20)
    task = asyncio.create_task(clock.run())
    await clock.sleep(STEP)
    begun, written, go_on = clock.monotonic(), 0, threading.Event()

    async def write_thrice() -> None:
        nonlocal written
        for _ in range(3):
            await asyncio.to_thread(go_on.wait, 0.05)
            written += 1

    await write_thrice()
    ended = clock.monotonic()
    task.cancel()

    assert written == 3
    assert ended - begun <= STEP


async def test_a_thread_that_hangs_does_not_stop_the_drill() -> None:
    inner = _Counting()
    clock = PacedClock(inner, 20)
    task = asyncio.create_task(clock.run())
    await clock.sleep(STEP)
    released = threading.Event()
    hanging = asyncio.create_task(asyncio.to_thread(released.wait, 30))

    await clock.sleep(STEP)
    task.cancel()
    released.set()

    assert await hanging
    assert PATIENCE <= inner.waited < PATIENCE + 1
