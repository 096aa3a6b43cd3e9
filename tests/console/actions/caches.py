"""Watch caches filled by hand, with objects decoded from what an API server sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from console.model.objects import TYPES, Obj
from console.ports.cluster import KindHealth, View


class Cache:
    """The cache of one kind."""

    def __init__(self, kind: str, objects: Iterable[Obj], state: str = "live", why: str = "") -> None:
        self.kind = kind
        self.health = KindHealth(kind, state, 0.0, why)
        self._objects = list(objects)

    def get(self, namespace: str, name: str) -> Obj | None:
        return next((found for found in self.all(namespace) if found.metadata.name == name), None)

    def all(self, namespace: str = "") -> Iterable[Obj]:
        return [found for found in self._objects if not namespace or found.metadata.namespace == namespace]

    def __len__(self) -> int:
        return len(self._objects)


def caches(*objects: Obj | Mapping[str, Any], forbidden: tuple[str, ...] = ()) -> Callable[[str], View]:
    """Views over these objects; kinds in `forbidden` are not visible."""
    by_kind: dict[str, list[Obj]] = {}
    for found in objects:
        if isinstance(found, Obj):
            by_kind.setdefault(type(found).__name__, []).append(found)
        else:
            kind = found["kind"]
            by_kind.setdefault(kind, []).append(msgspec.convert(found, TYPES.get(kind, Obj)))

    def view(kind: str) -> View:
        blind = kind in forbidden
        return Cache(kind, by_kind.get(kind, []), "forbidden" if blind else "live", "you may not" if blind else "")

    return view
