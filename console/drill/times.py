"""Times as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(at: float) -> str:
    """`2026-06-01T12:00:00Z`."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micros(at: float) -> str:
    """`2026-06-01T12:00:00.123456Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def epoch(text: str) -> float:
    """Epoch seconds of either form."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
