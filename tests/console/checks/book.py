"""A book of facts for tests of checks and of verification: what is not written in it is unknown."""

from __future__ import annotations

from typing import Any

import msgspec

from console.model.facts import Ask, Fact, Known, Unknown
from console.model.objects import TYPES, Obj

NOW = 1_780_000_000.0


class Book:
    """Facts by name, and objects as the API server sends them."""

    def __init__(self) -> None:
        self.facts: dict[Ask, Fact] = {}
        self.objects: dict[str, list[Obj]] = {}

    def now(self) -> float:
        return NOW

    def get(self, ask: Ask) -> Fact:
        if ask in self.facts:
            return self.facts[ask]
        if ask.fact == "objects" and ask.args[0] in self.objects:
            kind, namespace = ask.args
            return Known(
                tuple(one for one in self.objects[kind] if namespace in ("", one.metadata.namespace)), NOW, "watch"
            )
        if ask.fact == "object" and ask.args[0] in self.objects:
            kind, namespace, name = ask.args
            found = [
                one for one in self.objects[kind] if (one.metadata.namespace, one.metadata.name) == (namespace, name)
            ]
            return Known(found[0] if found else None, NOW, "watch")
        return Unknown(f"the test knows no {ask.fact} {' '.join(ask.args)}")

    def know(self, ask: Ask, value: Any) -> None:
        self.facts[ask] = Known(value, NOW, "probe")

    def watch(self, kind: str, *raw: dict[str, Any]) -> None:
        """These are all objects of the kind."""
        self.objects[kind] = [msgspec.convert(one, TYPES.get(kind, Obj), strict=False) for one in raw]
