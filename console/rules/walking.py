"""Finds the values at a dotted path in decoded JSON. Lists are walked through; `*` is any element or any key.

Bounded: at most `MOST` values, so that no body can make a rule slow.
"""

from __future__ import annotations

from typing import Any

MOST = 20_000


def values_at(value: Any, path: tuple[str, ...]) -> list[Any]:
    """Every value at the path, lists flattened; an empty list when there is none.

    A key that itself has dots (`annotations.kubernetes.io/config.mirror`) is found by the joined rest of the path.
    """
    level: list[Any] = [value]
    for depth, step in enumerate(path):
        following: list[Any] = []
        for item in level:
            _step(item, step, following)
        if not following:
            return _by_dotted_key(level, path[depth:])
        level = following[:MOST]
    return _flat(level)


def _step(item: Any, step: str, out: list[Any]) -> None:
    if isinstance(item, list):
        if step == "*":
            out.extend(item)
            return
        for element in item:
            if isinstance(element, dict) and step in element:
                out.append(element[step])
    elif isinstance(item, dict):
        if step == "*":
            out.extend(item.values())
        elif step in item:
            out.append(item[step])
    elif step == "*" and item is not None:
        out.append(item)


def _by_dotted_key(level: list[Any], rest: tuple[str, ...]) -> list[Any]:
    if len(rest) < 2:
        return []
    key = ".".join(rest)
    return _flat([item[key] for item in level if isinstance(item, dict) and key in item])


def _flat(level: list[Any]) -> list[Any]:
    out: list[Any] = []
    for item in level:
        if isinstance(item, list):
            out.extend(item)
        else:
            out.append(item)
        if len(out) > MOST:
            return out[:MOST]
    return out
