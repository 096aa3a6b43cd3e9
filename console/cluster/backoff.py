"""How long to wait after a failure: doubling, with jitter that only adds, so that an outage is not made worse.

At most 8 requests a minute for each watch, back within 30 s after the end of an outage.
"""

from __future__ import annotations

from collections.abc import Callable

_FIRST = 0.8
_LAST = 15.0
"""With jitter 30 s."""


class Backoff:
    """Delays of one watch.

    Args:
        chance: gives numbers from 0 to 1.
    """

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._failures = 0

    @property
    def failures(self) -> int:
        """In a row, since the last `reset`."""
        return self._failures

    def next(self, at_least: float | None = None) -> float:
        """Seconds to wait now; a server's Retry-After is a lower bound."""
        base: float = min(_LAST, _FIRST * 2 ** min(self._failures, 10))
        self._failures += 1
        return max(base, at_least or 0.0) + base * self._chance()

    def reset(self) -> None:
        """All is well again."""
        self._failures = 0
