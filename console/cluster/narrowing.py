"""In which namespaces a kind may be watched: those a person named, those of the cluster, or the context's own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from console.cluster.reflector import Wire
from console.cluster.reviewing import Rules, rules_in
from console.errors import ClusterError
from console.model.ref import Kind
from console.ports.clock import Clock

_KEPT = 60.0
"""Seconds a review serves all kinds that ask."""
_MOST = 100
"""Namespaces looked at when nobody named any."""
_SIMULTANEOUS = 4


class Narrowing:
    """Reviews our rules, once for all kinds.

    Args:
        candidates: gives the names of the namespaces to look at.
    """

    def __init__(self, wire: Wire, clock: Clock, candidates: Callable[[], Awaitable[Iterable[str]]]) -> None:
        self._wire = wire
        self._clock = clock
        self._candidates = candidates
        self._known: dict[str, tuple[float, Rules | None]] = {}
        self._gate = asyncio.Semaphore(_SIMULTANEOUS)
        self._locks: dict[str, asyncio.Lock] = {}

    async def where(self, kind: Kind) -> list[str]:
        """Namespaces in which our rules let us watch the kind, sorted."""
        names = sorted(set(await self._candidates()))[:_MOST]
        rules = await asyncio.gather(*(self._rules(name) for name in names))
        return [
            name
            for name, found in zip(names, rules, strict=True)
            if found is None or found.lets_watch(kind.group, kind.plural)
        ]

    async def _rules(self, namespace: str) -> Rules | None:
        """None if the review failed: then the watch itself must say."""
        async with self._locks.setdefault(namespace, asyncio.Lock()), self._gate:
            at, known = self._known.get(namespace, (float("-inf"), None))
            if self._clock.monotonic() - at < _KEPT:
                return known
            try:
                found: Rules | None = await rules_in(self._wire, namespace)
            except ClusterError:
                found = None
            self._known[namespace] = (self._clock.monotonic(), found)
            return found
