"""A sink that keeps what sources hand over, and lets a test wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from console.model.audit import AuditEvent
from console.model.runtime import Alert, Flow, Process
from console.model.signal import SourceHealth
from console.ports.source import Batch, Signal


class Kept:
    """Everything that was put, in order; `gate` closed makes `put` wait, as a full pipeline does."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.healths: list[SourceHealth] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def put(self, batch: Batch) -> None:
        await self.gate.wait()
        self.batches.append(batch)

    def health(self, health: SourceHealth) -> None:
        self.healths.append(health)

    @property
    def signals(self) -> list[Signal]:
        return [signal for batch in self.batches for signal in batch.signals]

    @property
    def ids(self) -> list[str]:
        """Ids of audit events and of what sensors told, in order."""
        told = (one for one in self.signals if isinstance(one, AuditEvent | Alert | Process | Flow))
        return [one.audit_id if isinstance(one, AuditEvent) else one.id for one in told]

    @property
    def position(self) -> str:
        return self.batches[-1].position if self.batches else ""

    async def until(self, condition: Callable[[], object], seconds: float = 20.0) -> None:
        """Wait until the condition holds; the source's own threads decide when."""
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.005)
