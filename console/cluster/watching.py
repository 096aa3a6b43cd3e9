"""The watch of one kind: cluster-wide if that is allowed, else namespace by namespace where it is.

Forbidden cluster-wide and in every namespace we know of, the kind stays `forbidden` and is tried again from time to
time. Other kinds do not notice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from console.cluster.cache import Cache
from console.cluster.reflector import FORBIDDEN_AGAIN, Reflector, Wire
from console.cluster.reviewing import review
from console.cluster.scope import Scope, scopes
from console.errors import ClusterError
from console.model.action import Right
from console.model.ref import Kind
from console.ports.clock import Clock
from console.ports.cluster import Listener
from console.ports.tasks import Tasks

WhereAllowed = Callable[[Kind], Awaitable[list[str]]]
"""The namespaces in which a kind may be watched, as far as we know."""


class KindWatch:
    """Owns the reflectors of one kind and the cache they fill.

    Args:
        where: asked when the kind may not be watched cluster-wide.
    """

    def __init__(
        self,
        kind: Kind,
        wire: Wire,
        tell: Listener,
        clock: Clock,
        gate: AbstractAsyncContextManager[None],
        chance: Callable[[], float],
        where: WhereAllowed,
    ) -> None:
        self.cache = Cache(kind.kind, tell)
        self._kind = kind
        self._wire = wire
        self._clock = clock
        self._gate = gate
        self._chance = chance
        self._where = where
        self._reflectors = Tasks()
        self._fallback = Tasks()
        self._falling_back = False

    def start(self) -> None:
        """Begin cluster-wide."""
        for scope in scopes(self._kind):
            self._reflect(scope)

    async def close(self) -> None:
        """Stop everything; the cache stays as it is."""
        await self._fallback.close()
        await self._reflectors.close()

    def _reflect(self, scope: Scope) -> None:
        on_forbidden = (lambda: None) if scope.namespace else self._forbidden
        reflector = Reflector(
            scope, self.cache, self._wire, self._clock, self._gate, self._chance, on_forbidden=on_forbidden
        )
        self._reflectors.start(f"watch {self._kind.plural} {scope.namespace}", reflector.run())

    def _forbidden(self) -> None:
        """A cluster-wide 403. Until a namespace is found the reflector goes on asking, slowly: rights may come back."""
        if self._kind.namespaced and not self._falling_back:
            self._falling_back = True
            self._fallback.start(f"fall back {self._kind.plural}", self._fall_back())

    async def _fall_back(self) -> None:
        """Watches where it is allowed, until it is allowed everywhere."""
        watched: tuple[str, ...] = ()
        while True:
            allowed = tuple(await self._allowed())
            if allowed and allowed != watched:
                watched = allowed
                await self._replace([scope for namespace in allowed for scope in scopes(self._kind, namespace)])
            await self._clock.sleep(FORBIDDEN_AGAIN * (1 + self._chance()))
            if watched and await self._allowed_everywhere():
                self._falling_back = False
                await self._replace(list(scopes(self._kind)))
                return

    async def _replace(self, wanted: list[Scope]) -> None:
        await self._reflectors.close()
        self.cache.forget_scopes()
        for scope in wanted:
            self._reflect(scope)

    async def _allowed(self) -> list[str]:
        try:
            return await self._where(self._kind)
        except ClusterError:
            return []  # not known now; asked again later

    async def _allowed_everywhere(self) -> bool:
        rights = [Right(verb, self._kind.plural, self._kind.group) for verb in ("list", "watch")]
        return all(ruling.allowed for ruling in await review(self._wire, rights, None))
