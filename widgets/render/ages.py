"""Times and ages in words. UTC with Z; ages are coarse on purpose, so that a screen at rest stays at rest."""

from __future__ import annotations

from datetime import UTC, datetime


def age(then: float, now: float, none: str = "–") -> str:
    """How long ago: `<1m`, `7m`, `3h`, `12d`; at most four cells."""
    if not then:
        return none
    minutes = int(max(0.0, now - then) // 60)
    if minutes < 1:
        return "<1m"
    if minutes < 100:
        return f"{minutes}m"
    if minutes < 48 * 60:
        return f"{minutes // 60}h"
    return f"{min(minutes // 1440, 999)}d"


def at(then: float) -> str:
    """`09:14:22Z`."""
    return datetime.fromtimestamp(then, UTC).strftime("%H:%M:%SZ") if then else ""


def minute(then: float) -> str:
    """`09:14Z`."""
    return datetime.fromtimestamp(then, UTC).strftime("%H:%MZ") if then else ""


def day(then: float, now: float) -> str:
    """`09:14:22Z`, with the date when it is not today's."""
    if not then:
        return ""
    stamp = datetime.fromtimestamp(then, UTC)
    same = stamp.date() == datetime.fromtimestamp(now, UTC).date()
    return stamp.strftime("%H:%M:%SZ" if same else "%m-%d %H:%MZ")


def elapsed(seconds: float) -> str:
    """`T+00:42` in hours and minutes."""
    minutes = int(max(0.0, seconds) // 60)
    return f"T+{minutes // 60:02d}:{minutes % 60:02d}"


def held(seconds: float) -> str:
    """`00:42` in minutes and seconds."""
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"
