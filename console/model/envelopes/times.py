"""Times as audit events write them (RFC 3339), and back."""

from __future__ import annotations

from datetime import UTC, datetime

from console.model.audit import AuditEvent


def event_time(event: AuditEvent) -> float:
    """Epoch seconds at which the request arrived; 0.0 when the event does not say."""
    return parse_time(event.request_received_timestamp) or parse_time(event.stage_timestamp)


def parse_time(text: str) -> float:
    """RFC 3339 to epoch seconds; 0.0 for anything else. A time without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text[:40])
    except ValueError:
        return _with_nanoseconds(text)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _with_nanoseconds(text: str) -> float:
    head, point, tail = text[:40].partition(".")
    digits = tail.rstrip("Z")
    if not point or not digits.isdecimal() or len(digits) <= 6:
        return 0.0
    return parse_time(f"{head}.{digits[:6]}+00:00")


def format_time(moment: float) -> str:
    """RFC 3339 in UTC with milliseconds."""
    try:
        return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return "1970-01-01T00:00:00.000Z"
