"""Whether an object is as a planned call would leave it. Pure; used for repeated creates, after a crash, and for drift.

The server adds defaults and other people add fields: an object *holds* a body when everything the body says is there.
What cannot be told (index paths of a JSON patch) is never counted as a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from console.model.plan import Call

_NOT_OURS = frozenset(("uid", "resourceVersion", "managedFields", "creationTimestamp", "generation"))
Path = tuple[str, ...]


def body_of(call: Call) -> Any:
    """The call's body decoded, {} for none."""
    return msgspec.json.decode(call.body) if call.body else {}


def differences(call: Call, current: Mapping[str, Any]) -> list[Path]:
    """Paths at which `current` is not as the call's body says; empty when it holds."""
    body = body_of(call)
    if isinstance(body, list):
        return [path for path in (_operation(op, current) for op in body) if path]
    exact = call.content_type == "application/merge-patch+json"
    return list(_walk(body, current, (), exact))


def said(call: Call) -> Iterator[tuple[Path, Any]]:
    """Every leaf the body sets, with its value (None: removed)."""
    body = body_of(call)
    if isinstance(body, list):
        for op in body:
            yield tuple(_pointer(str(op.get("path", "")))), op.get("value")
    else:
        yield from _leaves(body, ())


def at(obj: Any, path: Path) -> Any:
    """The value at a path, None where there is nothing."""
    for name in path:
        obj = obj.get(name) if isinstance(obj, Mapping) else None
    return obj


def _walk(wanted: Any, found: Any, path: Path, exact: bool) -> Iterator[Path]:
    if isinstance(wanted, Mapping):
        for key, inner in wanted.items():
            if key.startswith("$") or (path == ("metadata",) and key in _NOT_OURS):
                continue
            present = found.get(key) if isinstance(found, Mapping) else None
            yield from _walk(inner, present, (*path, key), exact)
    elif isinstance(wanted, list):
        if not _same_list(wanted, found, exact):
            yield path
    elif wanted in (None, "", 0):
        # The server leaves out what is empty (False is 0 here).
        if found not in (None, "", 0):
            yield path
    elif wanted != found:
        yield path


def _same_list(wanted: Sequence[Any], found: Any, exact: bool) -> bool:
    found = found or []
    if not isinstance(found, list) or (exact and len(found) != len(wanted)):
        return False
    return all(any(not list(_walk(one, other, (), exact)) for other in found) for one in wanted)


def _leaves(body: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(body, Mapping) and body:
        for key, inner in body.items():
            if not key.startswith("$") and not (path == ("metadata",) and key in _NOT_OURS):
                yield from _leaves(inner, (*path, key))
    else:
        yield path, body


def _pointer(path: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def _operation(op: Mapping[str, Any], current: Mapping[str, Any]) -> Path | None:
    path = tuple(_pointer(str(op.get("path", ""))))
    if op.get("op") == "test" or any(part == "-" or part.isdigit() for part in path):
        return None
    if op.get("op") == "remove":
        return path if at(current, path) is not None else None
    return path if list(_walk(op.get("value"), at(current, path), path, True)) else None
