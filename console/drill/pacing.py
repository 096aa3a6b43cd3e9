"""A clock that runs faster than the machine's: a headless drill of ten minutes ends in half a minute.

Engine, simulated cluster and attacker share one of these, so that ages, holds and records agree with each other.
"""

from __future__ import annotations

from console.ports.clock import Clock


class PacedClock:
    """`factor` seconds of this clock pass in each second of `inner`."""

    def __init__(self, inner: Clock, factor: float) -> None:
        self._inner = inner
        self._factor = factor
        self._wall = inner.now()
        self._start = inner.monotonic()

    def now(self) -> float:
        return self._wall + self.monotonic()

    def monotonic(self) -> float:
        return (self._inner.monotonic() - self._start) * self._factor

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds / self._factor)
