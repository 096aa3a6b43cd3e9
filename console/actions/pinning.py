"""Pins: what a plan relied on, hashed, so that a write to a changed object is refused and the change is shown.

In: the object as it was read. Out: a `Pin` for the plan, later the difference in words. Pure; the runner reads the
object again and decides. A field that changes by itself (status, managedFields) must never be pinned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from console.model.plan import Pin
from console.model.ref import ResourceRef

SHOWN = 300
"""Characters of a pinned value that are shown."""


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: the same value always gives the same bytes."""
    return msgspec.json.encode(value, order="sorted")


def field(obj: Mapping[str, Any], path: str) -> Any:
    """Value at a dotted path, None where there is nothing. Keys that hold dots are reached through their map only."""
    value: Any = obj
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def pin(ref: ResourceRef, obj: Mapping[str, Any], *fields: str) -> Pin:
    """Pin these fields of `obj` as they are now; the uid is taken from it."""
    uid = str(field(obj, "metadata.uid") or ref.uid)
    return Pin(msgspec.structs.replace(ref, uid=uid), fields, _digest(obj, fields), _words(obj, fields))


def moved(pinned: Pin, obj: Mapping[str, Any]) -> str:
    """What differs from the pin, as a sentence; "" when nothing the plan relied on has changed."""
    if again := made_again(pinned.ref, obj):
        return again
    if _digest(obj, pinned.fields) != pinned.digest:
        where = f"{pinned.ref.kind} {pinned.ref}"
        return f"{where} changed since the plan: it was {pinned.shown}; it is {_words(obj, pinned.fields)}."
    return ""


def made_again(ref: ResourceRef, obj: Mapping[str, Any]) -> str:
    """That another object has the name now, as a sentence; "" when it is the one of this uid, or any will do."""
    uid = str(field(obj, "metadata.uid") or "")
    if not ref.uid or uid == ref.uid:
        return ""
    return f"{ref.kind} {ref} was created again since the plan: uid {ref.uid} is now {uid or 'none'}."


def _digest(obj: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    return hashlib.sha256(canonical({path: field(obj, path) for path in fields})).hexdigest()


def _words(obj: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    return ", ".join(f"{path}={canonical(field(obj, path)).decode()[:SHOWN]}" for path in fields) or "present"
