"""The drill's audit log as a source: what the simulated API server writes, decoded as the audit file would be.

In: the server's audit lines. Out: batches of `AuditEvent`, with the line number as position. It is a source like any
other: bounded batches, back-pressure, health.
"""

from __future__ import annotations

import asyncio

import msgspec

from console.drill.audit import AuditLog
from console.drill.times import epoch
from console.model.audit import AuditEvent
from console.model.signal import SourceHealth
from console.ports.clock import Clock
from console.ports.source import Batch, Sink

BATCH = 200
_HEALTH_EVERY = 5.0
_decode = msgspec.json.Decoder(AuditEvent).decode


class SimAudit:
    """Follows the simulated API server's audit log."""

    name = "audit"

    def __init__(self, audit: AuditLog, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._bell: asyncio.Event | None = None

    def wake(self) -> None:
        """Say how we are again; the drill calls it every few seconds."""
        if self._bell is not None:
            self._bell.set()

    async def run(self, sink: Sink, position: str) -> None:
        """Hand over every line from `position` (a line number), for ever."""
        bell = self._bell = asyncio.Event()
        stop = self._audit.hear(lambda _line: bell.set())
        since, told, lag = self._clock.now(), -_HEALTH_EVERY, 0.0
        at = int(position) if position.isdigit() else 0
        try:
            while True:
                bell.clear()
                while batch := self._next(at):
                    at = int(batch.position)
                    last = batch.signals[-1]
                    if isinstance(last, AuditEvent):
                        lag = max(0.0, self._clock.now() - epoch(last.stage_timestamp))
                    await sink.put(batch)
                if self._clock.monotonic() - told >= _HEALTH_EVERY:
                    told = self._clock.monotonic()
                    sink.health(SourceHealth(self.name, "live", since, lag=lag))
                if not bell.is_set():
                    await bell.wait()
        finally:
            stop()

    def _next(self, at: int) -> Batch | None:
        start = max(0, at - self._audit.dropped)
        raw = self._audit.lines[start : start + BATCH]
        if not raw:
            return None
        end = self._audit.dropped + start + len(raw)
        return Batch(self.name, [_decode(line) for line in raw], str(end), raw)
