"""Points in time as Kubernetes and people write them, to and from epoch seconds. Always UTC, always with Z."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(text: str | None) -> float | None:
    """Epoch seconds of an RFC 3339 time; None when it is none. A time without an offset is taken as UTC."""
    try:
        parsed = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def minute(at: float) -> str:
    """`03:12Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%MZ")


def stamp(at: float) -> str:
    """`2026-08-01T03:12:07Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
