"""List and watch of one scope for ever: whatever the server does, the cache is right again soon, or says it is not.

It asks little when the server is in trouble, believes nothing it cannot read, and never gives up. It decides nothing
about other scopes: where a scope is forbidden, its owner hears of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from console.cluster.backoff import Backoff
from console.cluster.cache import Cache
from console.cluster.decoding import Change, Garbage, KindDecoder
from console.cluster.failures import status_error
from console.cluster.lines import Lines
from console.cluster.listing import Listing
from console.cluster.scope import Scope
from console.errors import ApiStatus, LoginNeeded, Unreachable
from console.model.objects import Obj, SecretMeta
from console.ports.clock import Clock
from console.ports.cluster import KindHealth, Reply, Request

IDLE = 125.0
"""Seconds without a byte after which a watch is dead: two bookmarks are missing (one comes about every 60 s)."""
_SLICE = 64
_GOOD = 10.0
"""A watch that lasted this long ended well: the next one starts at once."""
FORBIDDEN_AGAIN = 300.0
_ABSENT_AGAIN = 600.0


class Wire(Protocol):
    """What a reflector needs of the cluster: requests that carry our ids."""

    async def send(self, request: Request, within: float = 10.0) -> Reply: ...

    def stream(
        self, request: Request, idle: float
    ) -> AbstractAsyncContextManager[tuple[Reply, AsyncIterator[bytes]]]: ...


class Reflector:
    """Keeps one scope of a cache like the server's.

    Args:
        gate: entered for a list; limits how many run at once.
        chance: numbers from 0 to 1 for jitter.
        on_forbidden: hears of each 403, and may stop this reflector.
    """

    def __init__(
        self,
        scope: Scope,
        cache: Cache,
        wire: Wire,
        clock: Clock,
        gate: AbstractAsyncContextManager[None],
        chance: Callable[[], float],
        on_forbidden: Callable[[], None] = lambda: None,
    ) -> None:
        self.scope = scope
        self.garbage = 0
        """Lines, objects and event types that could not be understood."""
        self._cache = cache
        self._wire = wire
        self._clock = clock
        self._gate = gate
        self._chance = chance
        self._on_forbidden = on_forbidden
        self._backoff = Backoff(chance)
        self._decoder = KindDecoder(scope.kind.kind, scope.wire_kind)
        self._version = ""
        self._listed = False
        self._opened: float | None = None
        self._heard = clock.now()
        self._mark("loading")

    async def run(self) -> None:
        """List, watch, and start again, until cancelled."""
        while True:
            await self._clock.sleep(await self._round())

    async def _round(self) -> float:
        """One list if need be and one watch; seconds until the next."""
        self._opened = None
        try:
            if not self._version:
                await self._list()
            await self._watch()
        except ApiStatus as error:
            return self._refused(error)
        except Garbage as error:
            self.garbage += 1
            return self._failed(str(error), anew=True)
        except (Unreachable, LoginNeeded) as error:
            return self._failed(str(error))
        except Exception as error:  # whatever it is, this kind must say so and go on; tested with a broken decoder
            return self._failed(f"Internal error while watching: {type(error).__name__}.", anew=True)
        return 0.0 if self._lasted() else self._backoff.next()

    async def _list(self) -> None:
        async with self._gate:
            listing = Listing(self.scope, self._wire.send, self._decoder)
            seen: set[str] = set()
            async for objects in listing.slices():
                for obj in objects:
                    self._take(obj, "created" if self._listed else "listed")
                    seen.add(obj.metadata.uid)
        self.garbage += listing.garbage
        self._cache.drop_missing(seen, self.scope.ours)
        if not listing.version:
            raise Garbage("The API server's list has no resourceVersion.")
        self._version = listing.version
        self._listed = True
        self._mark("live")

    async def _watch(self) -> None:
        request = self.scope.watching(self._version, int(300 + 300 * self._chance()))
        lines = Lines()
        async with self._wire.stream(request, IDLE) as (reply, chunks):
            if reply.status != 200:
                raise status_error(reply, f"watch {self.scope.kind.plural}")
            self._mark("live")
            self._opened = self._clock.monotonic()
            async for chunk in chunks:
                self._heard = self._clock.now()
                ready = lines.feed(chunk)
                for start in range(0, len(ready), _SLICE):
                    for line in ready[start : start + _SLICE]:
                        self._apply(self._decoder.change(line))
                    await asyncio.sleep(0)
                if lines.dropped:
                    raise Garbage("The API server sent a line that is too long to be read.")

    def _apply(self, change: Change) -> None:
        if change.type in ("ADDED", "MODIFIED") and change.object:
            self._take(change.object, "created")
            self._version = change.object.metadata.resource_version
        elif change.type == "DELETED" and change.object:
            self._cache.drop(self._stamped(change.object))
            self._version = change.object.metadata.resource_version
        elif change.type == "BOOKMARK" and change.status:
            self._bookmarked(change.status.metadata.resource_version)
        elif change.type == "ERROR" and change.status:
            status = change.status
            raise ApiStatus(
                f"The API server ended the watch of {self.scope.kind.plural}: {status.message[:300]}",
                status.code,
                status.reason,
            )
        else:
            self.garbage += 1  # an event type we do not know: the version stays, so nothing is skipped

    def _bookmarked(self, version: str) -> None:
        if 0 < _number(version) < _number(self._version):
            self._version = ""
            raise Unreachable("The API server's data is older than before (restored from a backup?); listing again.")
        self._version = version

    def _take(self, obj: Obj, verb: str) -> None:
        self._cache.put(self._stamped(obj), verb)

    def _stamped(self, obj: Obj) -> Obj:
        if isinstance(obj, SecretMeta):
            obj.type = self.scope.stamp
        return obj

    def _refused(self, error: ApiStatus) -> float:
        if error.code == 403:
            self._mark("forbidden", str(error))
            self._version = ""
            self._on_forbidden()
            return FORBIDDEN_AGAIN * (1 + self._chance())
        if error.code in (404, 405):
            self._mark("absent", str(error))
            self._version = ""
            return _ABSENT_AGAIN * (1 + self._chance())
        if error.code == 410:  # our place in history is gone; the cache is as good as a moment ago
            self._version = ""
            self._lasted()
            return self._backoff.next(error.retry_after)
        ahead = error.code == 400 or (error.code == 504 and "resource version" in str(error).lower())
        return self._failed(str(error), error.retry_after, anew=ahead)

    def _failed(self, why: str, at_least: float | None = None, anew: bool = False) -> float:
        if anew:
            self._version = ""
        self._lasted()
        self._mark("stale" if self._listed else "loading", why)
        return self._backoff.next(at_least)

    def _lasted(self) -> bool:
        """Whether the watch that just ended was a good one; then earlier failures no longer count."""
        good = self._opened is not None and self._clock.monotonic() - self._opened >= _GOOD
        if good:
            self._backoff.reset()
        return good

    def _mark(self, state: str, why: str = "") -> None:
        since = self._heard if state == "stale" else self._clock.now()
        spaces = (self.scope.namespace,) if self.scope.namespace else ()
        health = KindHealth(self.scope.kind.kind, state, since, why, namespaces=spaces)
        if state == "live":
            self._heard = self._clock.now()
        self._cache.mark(self.scope.name, health)


def _number(version: str) -> int:
    """Versions are opaque by contract, and numbers in fact; 0 for one that is not, which then compares with nothing."""
    try:
        return int(version)
    except ValueError:
        return 0
