"""Values out of foreign JSON whose types nobody promised: each reader gives a usable value or the empty one.

In: a decoded value, perhaps null, a number or a list where a text should be. Out: text, number, mapping or list.
Never raises.
"""

from __future__ import annotations

from typing import Any

_MOST = 4096
_LONGEST = 128 << 10
_ITEMS = 200


def text(value: Any) -> str:
    """A text or a number as text, cut at 4,096 characters; "" for everything else."""
    if isinstance(value, str):
        return value[:_MOST]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def command(value: Any) -> str:
    """The arguments of a program, cut at 128 KiB, which Linux takes of one: a filling pushes nothing out."""
    return value[:_LONGEST] if isinstance(value, str) else text(value)


def number(value: Any) -> int:
    """A whole number that fits a port or an id; 0 for everything else."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 12:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40 else 0


def mapping(value: Any) -> dict[str, Any]:
    """A mapping, {} for everything else."""
    return value if isinstance(value, dict) else {}


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list, at most 200."""
    if isinstance(value, str):
        return (value[:_MOST],)
    return tuple(item[:_MOST] for item in value[:_ITEMS] if isinstance(item, str)) if isinstance(value, list) else ()


def items(value: Any) -> list[Any]:
    """A list, at most 200 items of it; [] for everything else."""
    return value[:_ITEMS] if isinstance(value, list) else []
