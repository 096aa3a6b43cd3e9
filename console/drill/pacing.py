"""A clock that runs faster than the machine's: a headless drill of ten minutes ends in half a minute.

Engine, simulated cluster and attacker share one of these, so that ages, holds and records agree with each other. It
moves in small steps, and not before the loop has come round: on a slow machine the drill takes longer, and nobody
gets less done in its time.
"""

from __future__ import annotations

from console.ports.clock import Clock, ManualClock

STEP = 0.5
"""Seconds of this clock in one step."""


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
        """Move on until cancelled."""
        while True:
            await self._inner.sleep(STEP / self._factor)
            await self._hands.advance(STEP)
