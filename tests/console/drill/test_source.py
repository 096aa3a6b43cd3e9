"""The simulated audit log as a source."""

from __future__ import annotations

import asyncio

import msgspec

from console.drill.source import SimAudit
from console.model.audit import AuditEvent
from console.model.signal import SourceHealth
from console.ports.source import Batch
from tests.console.drill.lab import Lab


class _Sink:
    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.healths: list[SourceHealth] = []

    async def put(self, batch: Batch) -> None:
        self.batches.append(batch)

    def health(self, health: SourceHealth) -> None:
        self.healths.append(health)

    @property
    def ids(self) -> list[str]:
        return [one.audit_id for batch in self.batches for one in batch.signals if isinstance(one, AuditEvent)]


async def _read(lab: Lab, position: str, more: int) -> _Sink:
    """What a source hands over from `position`, with `more` requests while it reads."""
    sink = _Sink()
    task = asyncio.create_task(SimAudit(lab.server.audit, lab.clock).run(sink, position))
    await asyncio.sleep(0)
    for _ in range(more):
        lab.send("GET", "/version")
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return sink


def _ids(lab: Lab) -> list[str]:
    return [event["auditID"] for event in lab.events()]


async def test_it_gives_what_was_there_and_what_comes_in_order(lab: Lab) -> None:
    for _ in range(450):
        lab.send("GET", "/version")

    sink = await _read(lab, "", 5)

    assert sink.ids == _ids(lab)
    assert len(sink.ids) == 455
    assert sink.healths[0].state == "live"


async def test_it_goes_on_after_its_position(lab: Lab) -> None:
    for _ in range(20):
        lab.send("GET", "/version")
    first = await _read(lab, "", 0)

    second = await _read(lab, first.batches[-1].position, 3)

    assert second.ids == _ids(lab)[20:]


async def test_each_signal_has_its_record_as_it_came(lab: Lab) -> None:
    lab.send("GET", "/api/v1/namespaces/shop/pods")

    sink = await _read(lab, "", 0)

    [batch] = sink.batches
    assert [msgspec.json.decode(raw)["auditID"] for raw in batch.raw] == sink.ids
