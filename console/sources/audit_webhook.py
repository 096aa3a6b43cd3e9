"""The audit webhook of the API server: its batches, each event of them once.

In: POSTs of an `EventList` (or one event), as `--audit-webhook-config-file` makes the API server send them. Out:
batches of `AuditEvent`, and health. How nothing acknowledged is lost: `receiver`.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from console.ports.clock import Clock
from console.sources.listener import Access
from console.sources.receiver import Kind, Receiver, one_line


class _EventList(msgspec.Struct):
    items: list[msgspec.Raw]


_lists = msgspec.json.Decoder(_EventList)
_FAULTS = (msgspec.MsgspecError, RecursionError, ValueError)


class AuditWebhook(Receiver):
    """One receiver of audit batches. Implements `console.ports.source.Source`. Raises `ConfigError` as `Receiver`."""

    def __init__(self, name: str, address: str, access: Access, folder: Path, clock: Clock) -> None:
        tls = "an API server sends its token over TLS only, so set audit_webhook_cert and _key"
        super().__init__(name, address, access, folder, clock, Kind(split_events, "no audit EventList", tls))


def split_events(body: bytes) -> list[bytes] | None:
    """Each event of the body as one line; None when the body is neither a list of events nor an event."""
    try:
        items = [bytes(item) for item in _lists.decode(body).items]
    except _FAULTS:
        try:
            record = msgspec.json.decode(body)
        except _FAULTS:
            return None
        if not isinstance(record, dict) or "auditID" not in record:
            return None
        items = [body]
    return [one_line(item) for item in items]
