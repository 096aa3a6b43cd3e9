"""A followed file of audit records: lines decoded to events, with lag, backlog, gaps and malformed lines.

In: a path and a position. Out: batches of `AuditEvent` with the lines they came from, handed to a sink.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path

from console.model.audit import AuditEvent
from console.model.envelopes.reading import read_lines
from console.model.envelopes.times import event_time, format_time
from console.model.runtime import Sensed
from console.model.signal import SourceHealth
from console.ports.clock import Clock
from console.ports.source import Batch, Sink
from console.sources.follower.tail import Chunk, Tail

POLL = 0.25
"""Seconds between looks at a file that has nothing new."""
_HEALTH_EVERY = 5.0
_SOON = 0.5
"""Seconds between two reports while something goes wrong."""
_GAPS = 20
_ASIDE = 20


class Trail:
    """Audit events out of a followed file, with health.

    Args:
        name: of the source, for the header.
        path: the live file; rotated parts beside it are found by its name.
        clock: drives the polling.
        since: without a stored position, also read the rotated parts written after this time (epoch seconds), and leave
            out older events.
        form: format of the records, see `console.model.envelopes.reading.FORMATS`.
        absent: state and reason to report while there is no file.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        clock: Clock,
        since: float | None = None,
        form: str = "auto",
        absent: tuple[str, str] = ("", ""),
    ) -> None:
        self.name = name
        self._absent = absent if absent[0] else ("absent", f"{path} does not exist; is the audit log written there?")
        self._path = path
        self._clock = clock
        self._since = since
        self._form = form
        self._state, self._why, self._state_since = "loading", "", clock.now()
        self._malformed = self._told_malformed = 0
        self._behind = 0
        self._lag = 0.0
        self._newest = 0.0
        self._gaps: deque[tuple[float, float]] = deque(maxlen=_GAPS)
        self._told = float("-inf")
        self.aside: deque[bytes] = deque(maxlen=_ASIDE)
        """The last malformed lines, cut at 4 KiB, for a look."""

    async def run(self, sink: Sink, position: str, on_read: Callable[[Chunk], None] = lambda chunk: None) -> None:
        """Follow the file for ever; ends by cancellation. `on_read` hears of each chunk the sink has taken."""
        tail = Tail(self._path, position, None if position else self._since)
        try:
            while True:
                chunk = await self._next(tail)
                if chunk is None:
                    self._tell(sink)
                    await self._clock.sleep(POLL)
                    continue
                await self._hand_over(chunk, sink)
                on_read(chunk)
        finally:
            tail.close()

    async def _next(self, tail: Tail) -> Chunk | None:
        try:
            chunk = await self._read(tail)
        except FileNotFoundError:
            self._be(*self._absent)
            return None
        except PermissionError:
            self._be("forbidden", f"{self._path} may not be read by this user; give it read access")
            return None
        except (OSError, EOFError, ValueError) as error:
            self._be("failed", f"{self._path}: {getattr(error, 'strerror', None) or error}")
            return None
        self._be("live")
        return chunk

    async def _read(self, tail: Tail) -> Chunk | None:
        """In a thread; when we are cancelled the thread is waited for, because it holds the file."""
        reading = asyncio.get_running_loop().run_in_executor(None, tail.read)
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            await asyncio.wait([reading])
            raise

    async def _hand_over(self, chunk: Chunk, sink: Sink) -> None:
        if chunk.gap:
            self._be("live", chunk.gap)
            self._gaps.append((self._newest, self._clock.now()))
        self._malformed += chunk.overlong
        sensed: list[tuple[Sensed, bytes]] = []
        events, raw = self._decode(chunk.lines, sensed)
        if events or sensed:
            last = event_time(events[-1]) if events else sensed[-1][0].at
            self._newest = max(self._newest, last)
            self._lag = max(0.0, self._clock.now() - self._newest)
        self._behind = chunk.behind
        signals, records = [*events, *(one for one, _ in sensed)], [*raw, *(line for _, line in sensed)]
        await sink.put(Batch(self.name, signals, chunk.position, records))
        self._tell(sink)

    def _decode(
        self, lines: tuple[bytes, ...], sensed: list[tuple[Sensed, bytes]]
    ) -> tuple[list[AuditEvent], list[bytes]]:
        """The audit events of these lines and the line of each; what sensors tell is put into `sensed`."""
        since = self._since or 0.0
        events, raw = read_lines(
            lines,
            self._form,
            self.count_malformed,
            lambda one, line: sensed.append((one, line)) if one.at >= since else None,
        )
        if self._since is None:
            return events, raw
        floor = format_time(self._since)
        kept = [at for at, one in enumerate(events) if not one.stage_timestamp or one.stage_timestamp >= floor]
        return [events[at] for at in kept], [raw[at] for at in kept]

    def count_malformed(self, record: bytes) -> None:
        """One more record that could not be read; a piece of it is kept aside."""
        self._malformed += 1
        self.aside.append(record[:4096])

    def _be(self, state: str, why: str = "") -> None:
        if state != self._state or (why and why != self._why):
            if state != self._state:
                self._state_since = self._clock.now()
            self._state, self._why = state, why
            self._told = float("-inf")

    def _tell(self, sink: Sink) -> None:
        pause = _HEALTH_EVERY if self._malformed == self._told_malformed else _SOON
        if self._clock.monotonic() - self._told < pause:
            return
        self._told, self._told_malformed = self._clock.monotonic(), self._malformed
        sink.health(
            SourceHealth(
                name=self.name,
                state=self._state,
                since=self._state_since,
                why=self._why,
                lag=self._lag,
                backlog=self._behind,
                malformed=self._malformed,
                gaps=tuple(self._gaps),
            )
        )
