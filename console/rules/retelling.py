"""Alerts that two sources tell of, where one of them does not know when it happened: one alert, not two.

In: each alert that is new by its own time: what it is about, when, and by how much that may be off. Out: whether
another source told of it already. Each source tells of an alert once: of several that are near, the nearest one that
this source has not told of yet is meant, so two alerts of one source stay two. Bounded; never raises.
"""

from __future__ import annotations

from collections.abc import Iterable

MOST = 20_000
"""Alerts remembered at least; twice as many at most."""
_EACH = 64
"""Alerts about the same thing that are looked through."""


class _Telling:
    """One alert, and who told of it."""

    __slots__ = ("at", "slack", "sources")

    def __init__(self, at: float, slack: float, sources: Iterable[str]) -> None:
        self.at, self.slack, self.sources = at, slack, list(sources)


class Retellings:
    """Alerts told lately, by what they are about."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._count = 0
        self._newer: dict[int, list[_Telling]] = {}
        self._older: dict[int, list[_Telling]] = {}

    def knows(self, about: int, at: float, slack: float, source: str) -> bool:
        """Whether another source told of it. If none did, it is remembered for those that will."""
        told = (*self._newer.get(about, ())[-_EACH:], *self._older.get(about, ())[-_EACH:])
        near = [one for one in told if source not in one.sources and abs(one.at - at) <= max(one.slack, slack)]
        if near:
            min(near, key=lambda one: abs(one.at - at)).sources.append(source)
            return True
        self.remember(about, at, slack, (source,))
        return False

    def remember(self, about: int, at: float, slack: float, sources: Iterable[str]) -> None:
        """These sources told of it; also of what an earlier engine was told, as far as its findings say."""
        self._newer.setdefault(about, []).append(_Telling(at, slack, sources))
        self._count += 1
        if self._count >= self._most:
            self._older, self._newer, self._count = self._newer, {}, 0
