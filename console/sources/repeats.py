"""Records that came before, so that one that is sent again is not taken twice.

In: records as lines. Out: those not seen lately. A sender whose answer was lost repeats the same bytes; the whole
record is compared, never an id a caller may choose, so nobody can hide one request behind another. Bounded.
"""

from __future__ import annotations

from collections.abc import Iterable

REMEMBERED = 32_768
"""Records remembered at least; twice as many at most. An API server holds 10,000 that it may send again."""


class Repeats:
    """Which records were taken lately."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._newer: set[int] = set()
        self._older: set[int] = set()

    def new(self, lines: Iterable[bytes]) -> list[bytes]:
        """Those that were not taken before, each once, in order."""
        return [line for line in dict.fromkeys(lines) if not self._knows(hash(line))]

    def take(self, lines: Iterable[bytes]) -> None:
        """From now on these were taken."""
        for line in lines:
            self._newer.add(hash(line))
            if len(self._newer) >= self._remembered:
                self._older, self._newer = self._newer, set()

    def _knows(self, key: int) -> bool:
        return key in self._newer or key in self._older
