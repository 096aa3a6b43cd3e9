"""Thresholds by the events' own time: so many matches, or so many different values, within a span.

Bounded: at most `KEYS` keys for each rule, the longest unused forgotten first; at most the threshold's own count of
entries for each key.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import msgspec

from console.model.finding import MAX_EVENTS

KEYS = 10_000


class Hits(msgspec.Struct, frozen=True):
    """What a threshold adds to a finding: all that led to it when it is first reached, then one at a time."""

    first: float
    count: int
    events: tuple[str, ...]


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What a window knows of one key, for the next engine."""

    key: tuple[str, ...]
    newest: float
    number: int
    hot: bool
    seen: tuple[tuple[int | str, float, str], ...]
    """Value or running number, time and event id; oldest first."""


class _Entries(msgspec.Struct):
    seen: dict[int | str, tuple[float, str]]
    """Distinct value, or a running number, to its newest time and event id; oldest first."""
    newest: float = 0.0
    number: int = 0
    hot: bool = False


class Window:
    """The memory of one rule's threshold."""

    def __init__(self, count: int, within: float) -> None:
        self._count = count
        self._within = within
        self._keys: OrderedDict[tuple[str, ...], _Entries] = OrderedDict()

    def dump(self, most: int) -> list[Kept]:
        """The keys used last that hold `most` entries together, oldest first."""
        out: list[Kept] = []
        for key, one in reversed(self._keys.items()):
            most -= len(one.seen)
            if most < 0:
                break
            seen = tuple((mark, at, event) for mark, (at, event) in one.seen.items())
            out.append(Kept(key, one.newest, one.number, one.hot, seen))
        return out[::-1]

    def restore(self, kept: Iterable[Kept]) -> None:
        """Take up what an earlier engine dumped."""
        for one in kept:
            seen = {mark: (at, event) for mark, at, event in one.seen}
            self._keys[one.key] = _Entries(seen, one.newest, one.number, one.hot)

    def add(self, key: tuple[str, ...], at: float, event: str, value: str | None = None) -> Hits | None:
        """One match; tells what it adds once the threshold is reached. `value` None counts events."""
        entries = self._keys.get(key)
        if entries is None:
            entries = self._keys[key] = _Entries({})
            if len(self._keys) > KEYS:
                self._keys.popitem(last=False)
        else:
            self._keys.move_to_end(key)
        entries.newest = max(entries.newest, at)
        if at < entries.newest - self._within:
            return None
        entries.number += 1
        mark: int | str = entries.number if value is None else value
        entries.seen.pop(mark, None)
        entries.seen[mark] = (at, event)
        self._forget(entries)
        if len(entries.seen) < self._count:
            entries.hot = False
            return None
        if entries.hot:
            return Hits(at, 1, (event,))
        entries.hot = True
        kept = list(entries.seen.values())
        return Hits(min(time for time, _ in kept), len(kept), tuple(name for _, name in kept[-MAX_EVENTS:]))

    def _forget(self, entries: _Entries) -> None:
        limit = entries.newest - self._within
        most = max(self._count, 2)
        while entries.seen:
            oldest = next(iter(entries.seen))
            if entries.seen[oldest][0] >= limit and len(entries.seen) <= most:
                return
            del entries.seen[oldest]
