"""The journal and evidence ports: what happened, durably, in order, and the bytes it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec

from console.model.entry import Entry, Record


class ChainReport(msgspec.Struct, frozen=True):
    """Result of verifying a journal."""

    entries: int
    head: str
    """Hash of the newest entry, hex."""
    problem: str = ""
    """"" when intact, else what is wrong and at which entry."""


class Journal(Protocol):
    """Append-only record of one incident. One writer."""

    def append(self, actor: str, record: Record, at: float) -> Entry:
        """Make durable (synced) and return. `actor` is a seat's name or `engine`. Raises `JournalError`."""
        ...

    def read(self, after: int = 0) -> Iterator[Entry]:
        """Entries with a sequence number above `after`, in order."""
        ...

    def verify(self) -> ChainReport:
        """Walk the whole chain."""
        ...

    def close(self) -> None: ...


class EvidenceStore(Protocol):
    """Content-addressed raw bytes, 0600, never rewritten."""

    def put(self, data: bytes) -> str:
        """Store, sync and return the sha256 in hex. Raises `JournalError` when size cap or disk reserve forbid it."""
        ...

    def get(self, digest: str) -> bytes:
        """The bytes, their hash checked. Raises `JournalError` if absent or altered."""
        ...

    def has(self, digest: str) -> bool:
        """Whether they are there and unaltered."""
        ...

    @property
    def path(self) -> str:
        """Folder, for people."""
        ...
