"""Ration what others can make us write: an attacker who changes his name with each request must not fill the record.

Every entry is synced to disk on the engine's loop, so what comes from outside may cause so many in a burst, then one
every few seconds; what is left out is counted and told as a number.
"""

from __future__ import annotations

from console.ports.clock import Clock

BURST = 60
EVERY = 5.0
"""Seconds until one more is allowed."""


class Ration:
    """Tokens that come back with time."""

    def __init__(self, clock: Clock, burst: int = BURST, every: float = EVERY) -> None:
        self._clock, self._burst, self._every = clock, burst, every
        self._tokens, self._at = float(burst), clock.monotonic()
        self.left_out = 0
        """How many were refused since the last one that was told."""

    def take(self) -> bool:
        """Whether one more may be told now."""
        now = self._clock.monotonic()
        self._tokens, self._at = min(float(self._burst), self._tokens + (now - self._at) / self._every), now
        if self._tokens < 1:
            self.left_out += 1
            return False
        self._tokens -= 1
        return True

    def told(self) -> int:
        """How many were left out until now; counted anew from here."""
        left_out, self.left_out = self.left_out, 0
        return left_out
