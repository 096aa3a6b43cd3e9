"""Open exec and attach streams on the simulated cluster: they start, and they end when their pod goes.

That is what `stream.cut` lives on: a stream outlives every revocation, and only the end of its pod ends it.
"""

from __future__ import annotations

from typing import Any

from console.drill.audit import AuditLog, Entry
from console.drill.resources import Address
from console.drill.statuses import not_found
from console.drill.store import Change, Store


class Streams:
    """All open streams, by the uid of their pod."""

    def __init__(self, store: Store, audit: AuditLog) -> None:
        self._store = store
        self._audit = audit
        self._open: dict[str, list[Entry]] = {}
        store.hear(self._heard)

    def open(self, entry: Entry, at: Address) -> tuple[int, Any]:
        """Start a stream into a pod; it stays open."""
        pod = self._store.get("Pod", at.namespace, at.name)
        if pod is None:
            raise not_found(at.kind, at.name)
        self._open.setdefault(pod["metadata"]["uid"], []).append(entry)
        return 101, b""

    def count(self) -> int:
        """How many are open."""
        return sum(len(entries) for entries in self._open.values())

    def _heard(self, change: Change) -> None:
        if change.kind != "Pod" or change.verb != "DELETED":
            return
        for entry in self._open.pop(change.obj["metadata"]["uid"], ()):
            self._audit.write(entry, "ResponseComplete", 101, None)
