"""The watch of one kind: cluster-wide if that is allowed, else namespace by namespace where it is.

Forbidden cluster-wide and in every namespace we know of, the kind stays `forbidden` and is tried again from time to
time. Other kinds do not notice.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from console.cluster.cache import Cache
from console.cluster.reflector import Reflector, Wire
from console.cluster.reviewing import rules_in
from console.cluster.scope import Scope, scopes
from console.errors import ClusterError
from console.model.ref import Kind
from console.ports.clock import Clock
from console.ports.cluster import Listener
from console.ports.tasks import Tasks


class KindWatch:
    """Owns the reflectors of one kind and the cache they fill."""

    def __init__(
        self,
        kind: Kind,
        wire: Wire,
        tell: Listener,
        clock: Clock,
        gate: AbstractAsyncContextManager[None],
        chance: Callable[[], float],
        namespaces: tuple[str, ...],
    ) -> None:
        self.cache = Cache(kind.kind, tell)
        self.reflectors: dict[str, Reflector] = {}
        """By scope name."""
        self._kind = kind
        self._wire = wire
        self._clock = clock
        self._gate = gate
        self._chance = chance
        self._namespaces = namespaces
        self._wide = Tasks()
        self._narrow = Tasks()
        self._falling_back = False

    def start(self) -> None:
        """Begin cluster-wide."""
        for scope in scopes(self._kind):
            self._reflect(scope, self._wide)

    async def close(self) -> None:
        """Stop everything; the cache stays as it is."""
        await self._wide.close()
        await self._narrow.close()

    def _reflect(self, scope: Scope, tasks: Tasks) -> None:
        on_forbidden = self._forbidden if not scope.namespace else lambda: None
        reflector = Reflector(
            scope, self.cache, self._wire, self._clock, self._gate, self._chance, on_forbidden=on_forbidden
        )
        self.reflectors[scope.name] = reflector
        tasks.start(f"watch {self._kind.plural} {scope.namespace}", reflector.run())

    def _forbidden(self) -> None:
        """A cluster-wide 403. The wide reflector goes on asking, slowly: rights may come back."""
        if self._kind.namespaced and not self._falling_back:
            self._falling_back = True
            self._narrow.start(f"fall back {self._kind.plural}", self._fall_back())

    async def _fall_back(self) -> None:
        allowed = [space for space in self._namespaces if await self._may_watch(space)]
        for namespace in allowed:
            for scope in scopes(self._kind, namespace):
                self._reflect(scope, self._narrow)
        if allowed:
            for scope in scopes(self._kind):
                self.cache.forget(scope.name)

    async def _may_watch(self, namespace: str) -> bool:
        try:
            rules = await rules_in(self._wire, namespace)
        except ClusterError:
            return True  # not known: the watch itself will say
        return rules.lets_watch(self._kind.group, self._kind.plural)
