"""Topics as tables of rows: any number of readers, each told only what changed since it last looked.

A reader that is slow costs nothing: rows change in place and it gets their newest state. Deltas go out at most four
times a second for each reader.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterable

from console.hygiene.exporting import known_safe
from console.ports.clock import Clock
from console.ports.session import CHUNK, Delta, Snapshot, Update
from console.ports.views import Row

PAUSE = 0.25
"""Seconds between two deltas to one reader."""
REMOVALS = 5000
"""Removed keys remembered; a reader further behind gets a snapshot."""


class Table:
    """Rows of one topic by key, with the revision at which each last changed."""

    def __init__(self, topic: str, clock: Clock) -> None:
        self.topic = topic
        self.revision = 0
        self._clock = clock
        self._rows: dict[str, Row] = {}
        self._changed: OrderedDict[str, int] = OrderedDict()
        self._removed: deque[tuple[int, str]] = deque(maxlen=REMOVALS)
        self._forgotten = 0
        self._readers: set[asyncio.Event] = set()
        self.on_idle: Callable[[], None] | None = None
        """Called when the last reader has gone."""
        self.on_read: Callable[[], None] | None = None
        """Called when the first reader has come, before it is given anything."""
        self.pause = PAUSE
        """Seconds between two deltas to one reader; shorter while a list is loading."""
        self.filled = asyncio.Event()
        """Readers begin when this is set: a table that is filled in parts unsets it, and never shows a part as all."""
        self.filled.set()

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    @property
    def readers(self) -> int:
        """How many read now."""
        return len(self._readers)

    def get(self, key: str) -> Row | None:
        """The row of that key."""
        return self._rows.get(key)

    def rows(self) -> Iterable[Row]:
        """All rows, in order of first appearance."""
        return self._rows.values()

    def put(self, *rows: Row) -> None:
        """Insert or replace; rows equal to what is there change nothing."""
        changed = [row for row in rows if self._rows.get(row.key) != row]
        if not changed:
            return
        self.revision += 1
        for row in changed:
            self._rows[row.key] = row
            self._changed[row.key] = self.revision
            self._changed.move_to_end(row.key)
        self._wake()

    def remove(self, *keys: str) -> None:
        """Drop rows; unknown keys are ignored."""
        known = [key for key in keys if key in self._rows]
        if not known:
            return
        self.revision += 1
        for key in known:
            del self._rows[key]
            self._changed.pop(key, None)
            if len(self._removed) == REMOVALS:
                self._forgotten = self._removed[0][0]
            self._removed.append((self.revision, key))
        self._wake()

    def replace(self, rows: Iterable[Row]) -> None:
        """Make these the rows; only differences are told."""
        new = {row.key: row for row in rows}
        self.remove(*[key for key in self._rows if key not in new])
        self.put(*new.values())

    def _wake(self) -> None:
        for reader in self._readers:
            reader.set()

    async def read(self) -> AsyncIterator[Update]:
        """Snapshot chunks, then deltas for ever."""
        wake = asyncio.Event()
        self._readers.add(wake)
        try:
            if len(self._readers) == 1 and self.on_read:
                self.on_read()
            await self.filled.wait()
            sent = self.revision
            for chunk in self._snapshot():
                yield chunk
            while True:
                await wake.wait()
                wake.clear()
                revision = self.revision
                for update in self._since(sent):
                    yield update
                sent = revision
                await self._clock.sleep(self.pause)
        finally:
            self._readers.discard(wake)
            if not self._readers and self.on_idle:
                self.on_idle()

    def _snapshot(self) -> list[Update]:
        rows = tuple(self._rows.values())
        starts = range(0, max(1, len(rows)), CHUNK)
        return [
            Snapshot(self.topic, self.revision, rows[at : at + CHUNK], first=at == 0, last=at + CHUNK >= len(rows))
            for at in starts
        ]

    def _since(self, revision: int) -> list[Update]:
        if revision < self._forgotten:
            return self._snapshot()
        upserts: list[Row] = []
        for key in reversed(self._changed):
            if self._changed[key] <= revision:
                break
            upserts.append(self._rows[key])
        if len(upserts) > 2 * CHUNK:
            return self._snapshot()
        removes = tuple(known_safe(key) for at, key in self._removed if at > revision and key not in self._rows)
        if not upserts and not removes:
            return []
        return [Delta(self.topic, self.revision, tuple(reversed(upserts)), removes)]
