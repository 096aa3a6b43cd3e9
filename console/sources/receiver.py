"""A webhook's receiver: takes what is posted, and loses nothing that it has acknowledged. Shared by webhook sources.

In: POSTs, and what cuts a body into records. Each record is written as a line to a spool file and synced to the disk
before the answer 200; the spool is then followed like a log file, from an exact position. So kill -9 at any moment
loses nothing acknowledged, and a slow pipeline ends in 429, which a sender may retry. What is sent again because our
answer was lost is acknowledged again and not written again, also after a restart: the spool tells what was taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from console.model.signal import SourceHealth
from console.ports.clock import Clock
from console.ports.source import Batch, Sink
from console.sources.follower import Chunk, Trail
from console.sources.listener import Access, Answer, Listener
from console.sources.repeats import Repeats

PENDING_LIMIT = 256 << 20
"""Spooled bytes the pipeline has not taken yet; above it the caller is told to come again."""
PART_SIZE = 64 << 20
PARTS_KEPT = 6
"""Rotated parts that are kept after they were read, for a restart from an older position."""
TAIL = 32 << 20
"""Bytes of the spool read at the start, to know again what is sent once more."""
_TRY_AGAIN = 5.0
"""Seconds until an address that is taken is tried again."""
_RETRY = 5
_NONE = "no batch has arrived yet"


class Kind(msgspec.Struct, frozen=True):
    """What a webhook is posted."""

    split: Callable[[bytes], list[bytes] | None]
    """Each record of a body as one line; None when the body is none."""
    body: str
    """What a body is, for a caller who sends something else: `no audit EventList`."""
    sender: str
    """What to do where a caller's token cannot come, for people."""
    form: str = "auto"
    """Format of the records, see `console.model.envelopes.reading.FORMATS`."""


class Spool:
    """A file of lines that is on the disk when `append` returns. Blocking: call it in a thread, one call at a time."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "events.log"
        self._folder = folder

    def append(self, lines: list[bytes]) -> None:
        """Write and sync. Raises OSError, and then nothing of it counts."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._rotate()
        fresh = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"  # a crash in the middle of a write
            data = (b"\n" if torn else b"") + b"\n".join(lines) + b"\n"
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if fresh:
            self._sync_folder()

    def _rotate(self) -> None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return
        if status.st_size < PART_SIZE:
            return
        # A clock that stands still between two parts, or steps back, must not overwrite or reorder them.
        last = max((int(part.stem.partition("-")[2]) for part in self._parts()), default=0)
        self.path.rename(self._folder / f"events-{max(status.st_mtime_ns, last + 1):020}.log")
        self._sync_folder()

    def _parts(self) -> list[Path]:
        """Rotated parts, the oldest first."""
        return sorted(self._folder.glob(f"events-{'[0-9]' * 20}.log"))

    def forget(self, keep: int = PARTS_KEPT) -> None:
        """Remove the oldest rotated parts."""
        for path in self._parts()[: -keep or None]:
            path.unlink(missing_ok=True)

    def tail(self, size: int = TAIL) -> list[bytes]:
        """The newest whole lines, on the disk, at most this many bytes; none when there is nothing to read."""
        lines: list[bytes] = []
        for path in (self.path, *sorted(self._folder.glob("events-*.log"), reverse=True)[:1]):
            try:
                with path.open("rb") as file:
                    start = max(0, file.seek(0, os.SEEK_END) - size)
                    file.seek(start)
                    found = file.read(size).split(b"\n")[:-1]
                    os.fsync(file.fileno())  # acknowledged again without a write, so it must be on the disk now
            except OSError:
                continue
            lines[:0] = [line for line in (found[1:] if start else found) if line]
            size -= sum(map(len, lines))
            if size <= 0:
                break
        return lines

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Receiver:
    """One webhook receiver. Implements `console.ports.source.Source`.

    Args:
        name: of the source, for the header.
        address: `HOST:PORT`; beyond loopback `access` must hold a certificate, and a token or a clients' authority.
        access: who may post.
        folder: where the spool lives; private to this incident.
        clock: drives the follower.
        kind: what is posted.

    Raises:
        ConfigError: address or access cannot be used.
    """

    def __init__(self, name: str, address: str, access: Access, folder: Path, clock: Clock, kind: Kind) -> None:
        self.name = name
        self._kind = kind
        self.listener = Listener(address, access, self._take, clock=clock)
        self._spool = Spool(folder)
        self._clock = clock
        self._lock = asyncio.Lock()
        self._pending = 0
        self._refused = 0
        self._repeats = Repeats()
        self._plain = bool(access.token and not access.certificate)
        self._trail = Trail(name, self._spool.path, clock, since=0.0, form=kind.form, absent=("loading", _NONE))

    async def run(self, sink: Sink, position: str) -> None:
        """Listen, spool and follow for ever; ends by cancellation, after requests under way."""
        self._repeats.take(await asyncio.to_thread(self._spool.tail))
        while not await self._listens(sink):
            await self._clock.sleep(_TRY_AGAIN)
        try:
            await self._trail.run(_Told(sink, self), position, self._read)
        finally:
            with contextlib.suppress(OSError):
                await self.listener.stop()

    async def _listens(self, sink: Sink) -> bool:
        """Whether we listen now. An address that is taken is no defect: whoever has it may let go of it."""
        try:
            await self.listener.start()
        except OSError as error:
            await self.listener.stop()
            where, said = f"{self.listener.host}:{self.listener.port}", os.strerror(error.errno or 0)
            why = f"cannot listen on {where}: {said}. Choose another port, or end what listens there"
            sink.health(SourceHealth(self.name, "failed", self._clock.now(), why))
            return False
        return True

    def _read(self, chunk: Chunk) -> None:
        self._pending = max(0, self._pending - sum(map(len, chunk.lines)) - len(chunk.lines))
        if not self._pending:
            self._spool.forget()

    async def _take(self, body: bytes) -> Answer:
        lines = self._kind.split(body)
        if lines is None:
            self._trail.count_malformed(body)
            return Answer(400, f"the body is {self._kind.body}")
        if self._pending > PENDING_LIMIT:
            self._refused += 1
            return Answer(429, "the console is behind; come again", _RETRY)
        if not lines:
            return Answer()
        async with self._lock:
            return await self._keep(self._repeats.new(lines))

    async def _keep(self, lines: list[bytes]) -> Answer:
        if not lines:
            return Answer()
        size = sum(map(len, lines)) + len(lines)
        self._pending += size  # before the write: the follower may be quicker than we are
        try:
            await asyncio.to_thread(self._spool.append, lines)
        except OSError as error:
            self._pending = max(0, self._pending - size)
            return Answer(503, f"cannot write the spool: {error.strerror or error}", _RETRY)
        self._repeats.take(lines)
        return Answer()

    def told(self, health: SourceHealth) -> SourceHealth:
        """The follower's health with what only the receiver knows: its backlog, and whom it turned away."""
        words = [health.why] if health.why else []
        if self._refused:
            words.append(f"{self._refused} batches were told to come again")
        if unknown := self.listener.unknown:
            way = f"; {self._kind.sender}" if self._plain and self._kind.sender else ""
            words.append(f"{unknown} calls without the right token were refused{way}")
        backlog = max(health.backlog, self._pending)
        return msgspec.structs.replace(health, backlog=backlog, why="; ".join(words))


class _Told:
    """The sink, with the webhook's own backlog in the health it hears."""

    def __init__(self, sink: Sink, hook: Receiver) -> None:
        self._sink, self._hook = sink, hook

    async def put(self, batch: Batch) -> None:
        await self._sink.put(batch)

    def health(self, health: SourceHealth) -> None:
        self._sink.health(self._hook.told(health))


def one_line(item: bytes) -> bytes:
    """The same JSON without line breaks: between tokens they mean nothing, inside strings they cannot stand."""
    return item.replace(b"\r", b" ").replace(b"\n", b" ").strip()
