"""A clock that runs faster than the machine's: a headless drill of ten minutes ends in half a minute.

Engine, simulated cluster and attacker share one of these, so that ages, holds and records agree with each other. It
moves in small steps, and not before the loop has come round and its threads have done what they were given: on a slow
machine or a slow disk the drill takes longer, and nobody gets less done in its time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from console.ports.clock import Clock, ManualClock

STEP = 0.5
"""Seconds of this clock in one step."""
PATIENCE = 10.0
"""Seconds of the machine's clock that threads are waited for: one that hangs must not stop the drill for good."""
_TURNS = 20
"""Turns of the loop in which an answer of a thread has been taken up, and the next one asked for."""
_PAUSE = 0.002


class PacedClock:
    """About `factor` seconds of this clock pass in each second of `inner`, while `run()` runs."""

    def __init__(self, inner: Clock, factor: float) -> None:
        self._inner = inner
        self._factor = factor
        self._hands = ManualClock(inner.now())

    def now(self) -> float:
        return self._hands.now()

    def monotonic(self) -> float:
        return self._hands.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._hands.sleep(seconds)

    async def run(self) -> None:
        """Move on until cancelled. Takes the place of the loop's threads, to know when they are at work."""
        threads = _Threads()
        asyncio.get_running_loop().set_default_executor(threads)
        while True:
            await self._inner.sleep(STEP / self._factor)
            await self._quiet(threads)
            await self._hands.advance(STEP)

    async def _quiet(self, threads: _Threads) -> None:
        """Wait until nothing is left for threads to do, or for as long as `PATIENCE` allows."""
        end = self._inner.monotonic() + PATIENCE
        while True:
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            if not threads.at_work or self._inner.monotonic() >= end:
                return
            await self._inner.sleep(_PAUSE)


class _Threads(ThreadPoolExecutor):
    """Threads that say whether they are at work."""

    def __init__(self) -> None:
        super().__init__(thread_name_prefix="drill")
        self.at_work: set[Future[Any]] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = super().submit(fn, *args, **kwargs)
        self.at_work.add(future)
        future.add_done_callback(self.at_work.discard)
        return future
