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
            if isinstance(item, dict):
                if step == "*":  # first: a key may be a star
                    following += item.values()
                elif step in item:
                    following.append(item[step])
            elif isinstance(item, list):
                if step == "*":
                    following += item
                else:
                    following += [one[step] for one in item if isinstance(one, dict) and step in one]
            elif step == "*" and item is not None:
                following.append(item)
        if not following:
            return _by_dotted_key(level, path[depth:])
        level = following[:MOST] if len(following) > MOST else following
    return _flat(level)


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
