"""managedFields: who set which fields, as the API server keeps them. Pure.

A list counts as one field here (the server looks into some of them); everything else is as recorded.
"""

from __future__ import annotations

from typing import Any

from console.drill.resources import Body

_UNTRACKED = {"uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "name", "namespace"}
_UNTRACKED_TOP = {"kind", "apiVersion"}

Path = tuple[str, ...]


def managed(old: Body | None, new: Body, manager: str, now: str, sub: str = "", apply: bool = False) -> list[Body]:
    """The managedFields of `new` after `manager` turned `old` into it."""
    before, after = _leaves(old or {}), _leaves(new)
    changed = {path for path, value in after.items() if path not in before or before[path] != value}
    entries: list[Body] = []
    mine: Body | None = None
    for entry in (old or {}).get("metadata", {}).get("managedFields") or ():
        paths = {path for path in _paths(entry["fieldsV1"]) if path in after}
        same = (entry["manager"], entry.get("subresource", "")) == (manager, sub)
        if same:
            mine = {**entry, "fieldsV1": _tree(paths | changed), "time": now if changed else entry["time"]}
            entries += [mine] if paths | changed else []
        elif paths - changed:
            entries.append({**entry, "fieldsV1": _tree(paths - changed)})
    if mine is None and changed:
        entries.append(_entry(new, manager, now, sub, apply, changed))
    return entries


def _entry(new: Body, manager: str, now: str, sub: str, apply: bool, changed: set[Path]) -> Body:
    entry: Body = {
        "manager": manager,
        "operation": "Apply" if apply else "Update",
        "apiVersion": new["apiVersion"],
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": _tree(changed),
    }
    return entry | ({"subresource": sub} if sub else {})


def _leaves(obj: Body) -> dict[Path, Any]:
    found: dict[Path, Any] = {}
    for key, value in obj.items():
        if key in _UNTRACKED_TOP:
            continue
        inner = {k: v for k, v in value.items() if k not in _UNTRACKED} if key == "metadata" else value
        _collect((key,), inner, found)
    return found


def _collect(path: Path, value: Any, found: dict[Path, Any]) -> None:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            _collect((*path, key), inner, found)
    elif path != ("metadata",):
        found[path] = value


def _tree(paths: set[Path]) -> Body:
    root: Body = {}
    for path in sorted(paths):
        at = root
        for part in path:
            at = at.setdefault(f"f:{part}", {})
    return root


def _paths(tree: Body, start: Path = ()) -> set[Path]:
    found: set[Path] = set()
    for key, inner in tree.items():
        path = (*start, key.removeprefix("f:"))
        found |= _paths(inner, path) if inner else {path}
    return found
