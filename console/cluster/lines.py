"""Cuts a stream of chunks into lines, with a limit on the length of one."""

from __future__ import annotations

MAX_LINE = 16 << 20
"""Bytes; etcd refuses objects over 1.5 MB, so nothing honest comes near."""


class Lines:
    """Feeds on chunks, gives whole lines. The tail without a newline is kept for the next chunk."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self.dropped = 0
        """Lines that were too long. What they said is lost: list again."""
        self._limit = limit
        self._tail: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that end in this chunk, without empty ones."""
        if b"\n" not in chunk:
            self._keep(chunk)
            return []
        lines = chunk.split(b"\n")
        first, last = lines[0], lines.pop()
        if self._size > self._limit:
            lines[0] = b""
            self.dropped += 1
        elif self._tail:
            lines[0] = b"".join([*self._tail, first])
        self._tail.clear()
        self._size = 0
        self._keep(last)
        return [line for line in lines if line.strip()]

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._limit:
            self._tail.clear()
        elif part:
            self._tail.append(part)
