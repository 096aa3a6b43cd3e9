"""The cache of one kind: objects by namespace and name, filled by the watches of its scopes, read by everyone.

Only watches write. A reader holding an object may keep it: a changed object is a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from console.model.objects import Obj
from console.ports.cluster import KindHealth, Listener

_ORDER = ("absent", "forbidden", "loading", "stale", "live")
"""A kind that is watched in several scopes is as bad as its worst: the first of these that one is in."""


class Cache:
    """A `View`.

    Args:
        kind: as `console.model.ref.KINDS` spells it.
        tell: called with every change.
    """

    def __init__(self, kind: str, tell: Listener) -> None:
        self.kind = kind
        self._tell = tell
        self._spaces: dict[str, dict[str, Obj]] = {}
        self._count = 0
        self._states: dict[str, KindHealth] = {}

    @property
    def health(self) -> KindHealth:
        worst = self._worst()
        namespaces = tuple(sorted({space for scope in self._states.values() for space in scope.namespaces}))
        return KindHealth(self.kind, worst.state, worst.since, worst.why, self._count, namespaces)

    def get(self, namespace: str, name: str) -> Obj | None:
        return self._spaces.get(namespace, {}).get(name)

    def all(self, namespace: str = "") -> Iterable[Obj]:
        if namespace:
            return list(self._spaces.get(namespace, {}).values())
        return list(self._everything())

    def __len__(self) -> int:
        return self._count

    def put(self, obj: Obj, verb: str) -> None:
        """Take the object as it is now; says `verb` for a new one, `updated` for a changed, nothing for the same."""
        meta = obj.metadata
        space = self._spaces.setdefault(meta.namespace, {})
        previous = space.get(meta.name)
        if previous is not None and previous.metadata.uid == meta.uid:
            if previous.metadata.resource_version == meta.resource_version:
                return
            space[meta.name] = obj
            self._tell("updated", self.kind, obj, previous)
            return
        if previous is not None:
            self.drop(previous)
            space = self._spaces.setdefault(meta.namespace, {})
        space[meta.name] = obj
        self._count += 1
        self._tell(verb, self.kind, obj, None)

    def drop(self, obj: Obj) -> None:
        """The object is gone; nothing happens if it is not there, or is there in another incarnation."""
        meta = obj.metadata
        space = self._spaces.get(meta.namespace, {})
        previous = space.get(meta.name)
        if previous is None or previous.metadata.uid != meta.uid:
            return
        del space[meta.name]
        if not space:
            del self._spaces[meta.namespace]
        self._count -= 1
        self._tell("deleted", self.kind, obj, previous)

    def drop_missing(self, seen: set[str], ours: Callable[[Obj], bool]) -> None:
        """After a whole list: what is cached, belongs to the listing scope and was not in the list is gone."""
        for obj in [obj for obj in self._everything() if obj.metadata.uid not in seen and ours(obj)]:
            self.drop(obj)

    def mark(self, scope: str, health: KindHealth) -> None:
        """How the watch of one scope is; `since` stays while the state does."""
        before = self._states.get(scope)
        if before is not None and before.state == health.state:
            health = msgspec.structs.replace(health, since=before.since)
        self._states[scope] = health

    def forget_scopes(self) -> None:
        """All watches are replaced by others."""
        self._states.clear()

    def _everything(self) -> Iterator[Obj]:
        for space in self._spaces.values():
            yield from space.values()

    def _worst(self) -> KindHealth:
        if not self._states:
            return KindHealth(self.kind, "loading", 0.0)
        return min(self._states.values(), key=lambda health: _ORDER.index(health.state))
