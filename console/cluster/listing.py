"""Lists a scope page by page, giving objects as they come, without holding the loop for long.

The next page is on its way while this one is decoded. A page that is too long is asked for again at half the size.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from console.cluster.bounded import OverLimit
from console.cluster.decoding import Page
from console.cluster.failures import status_error
from console.cluster.garbage import collector_paused
from console.cluster.scope import Scope
from console.errors import Unreachable
from console.ports.cluster import Reply, Request
from console.ports.tasks import Tasks

_PAGE = 400
_SLICE = 50
"""Objects decoded before others get a turn: about 2 ms."""
_WITHIN = 60.0
_MANY = 5_000

Send = Callable[[Request, float], Awaitable[Reply]]
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Decoder(Protocol[T_co]):
    """What makes objects of the bytes of a list: pruned ones for the caches, or whole ones."""

    def page(self, body: bytes) -> Page:
        """One page. Raises `Garbage`."""
        ...

    def item(self, raw: msgspec.Raw) -> T_co:
        """One object. Raises `Garbage`."""
        ...


class Listing(Generic[T]):
    """One walk through a scope; iterate `slices`, then read `version`."""

    def __init__(self, scope: Scope, send: Send, decoder: Decoder[T]) -> None:
        self.version = ""
        """The list's resourceVersion, known when all was read; the watch goes on from it."""
        self.garbage = 0
        """Items that could not be read at all."""
        self._scope = scope
        self._send = send
        self._decoder = decoder
        self._limit = _PAGE
        self._tasks = Tasks()
        self._objects = 0

    async def slices(self) -> AsyncIterator[list[T]]:
        """All objects in small lists. Raises `ApiStatus`, `Unreachable`, `LoginNeeded`."""
        with collector_paused() as pause:
            try:
                async for items in self._pages():
                    for start in range(0, len(items), _SLICE):
                        yield self._decoded(items[start : start + _SLICE])
                        await asyncio.sleep(0)
            finally:
                pause.freeze = self._objects > _MANY
                await self._tasks.close()

    async def _pages(self) -> AsyncIterator[list[msgspec.Raw]]:
        coming: asyncio.Task[Any] | None = self._ask("")
        while coming:
            page: Page = await coming
            self.version = page.metadata.resource_version or self.version
            coming = self._ask(page.metadata.next) if page.metadata.next else None
            yield page.items or []

    def _ask(self, token: str) -> asyncio.Task[Any]:
        # A failure is raised where the page is awaited; the task's own report of it would be a second one.
        self._tasks = Tasks(on_failure=lambda name, error: None)
        return self._tasks.start(f"list {self._scope.kind.plural}", self._page(token))

    async def _page(self, token: str) -> Page:
        while True:
            try:
                reply = await self._send(self._scope.listing(self._limit, token), _WITHIN)
            except OverLimit as error:
                if self._limit == 1:
                    raise Unreachable(f"One object of {self._scope.kind.plural} is too large to be read.") from error
                self._limit //= 2
                continue
            if reply.status != 200:
                raise status_error(reply, f"list {self._scope.kind.plural}")
            await asyncio.sleep(0)  # putting the body together took a while already
            return self._decoder.page(reply.body)

    def _decoded(self, items: list[msgspec.Raw]) -> list[T]:
        self._objects += len(items)
        found: list[T] = []
        for item in items:
            try:
                found.append(self._decoder.item(item))
            except Unreachable:
                self.garbage += 1
        return found
