"""How fast audit events become stored, grouped findings: the engine's own pipeline over a trail with many findings.

    python -m benchmarks audit-stored

From a file on disk by the source that follows audit logs: events matched, seen by ledger and trail, findings folded,
joined to stories and saved with their position twice a second into a real store. CPU time of all threads.
"""

from __future__ import annotations

import asyncio
import gc
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.figures import Figure
from benchmarks.matching import synthetic
from console.incident.detecting import Detection
from console.incident.pipeline import Pipeline
from console.journal.findings import FindingStore
from console.model.audit import AuditEvent
from console.model.finding import Finding
from console.ports.clock import SystemClock
from console.ports.tasks import Tasks
from console.rules.compiling import RuleSet
from console.rules.ledger import StreamLedger
from console.rules.offline import shipped_rules
from console.rules.trail import Trail
from console.sources.follower.trail import Trail as Followed

STORED = 50_000.0
"""Events a second."""
_EVERY = 10
"""One event in so many is a deed beside those of the mix."""
_COLLECT = 10_000
"""As the engine's own process has it (`console.cli.engine`)."""
_USERS, _TARGETS = 40, 25
_DEEDS: tuple[tuple[str, str, str, str], ...] = (
    ("get", "secrets", "", ""),
    ("get", "pods", "exec", "/exec?command=cat&command=/etc/shadow"),
    ("delete", "events", "", ""),
    ("patch", "daemonsets", "", ""),
)


def troubled(count: int) -> list[bytes]:
    """The everyday mix, in which one event in twelve is found already, with deeds of 40 users on 100 objects."""
    draw = random.Random(11)
    return [_deed(line, draw) if number % _EVERY == 0 else line for number, line in enumerate(synthetic(count))]


def _deed(line: bytes, draw: random.Random) -> bytes:
    verb, resource, subresource, path = draw.choice(_DEEDS)
    name = f"x-{draw.randrange(_TARGETS)}"
    on = {"resource": resource, "namespace": "shop", "name": name, "apiVersion": "v1", "subresource": subresource}
    user = {"username": f"eve-{draw.randrange(_USERS)}", "groups": ["system:authenticated"]}
    uri = f"/api/v1/namespaces/shop/{resource}/{name}{path}"
    deed = {"verb": verb, "objectRef": on, "requestURI": uri, "user": user, "userAgent": "kubectl/v1.33.1"}
    return msgspec.json.encode(msgspec.json.decode(line) | deed)


class _Nobody:
    """No request is our own."""

    def feed(self, batch: Sequence[AuditEvent]) -> list[bool]:
        return [False] * len(batch)


async def _stored(log: Path, events: int, folder: Path, rules: RuleSet) -> tuple[float, list[Finding]]:
    """CPU seconds until everything in the file is matched and saved, and what the store then holds."""
    store, detection, tasks, clock = FindingStore(folder / "findings.db"), Detection(), Tasks(), SystemClock()
    detection.judge_by(rules, "", {})
    ledger, trail = StreamLedger(), Trail()
    pipeline = Pipeline(detection, _Nobody(), (ledger, trail), store, clock, lambda findings: None, lambda health: None)
    pipeline.memory = lambda: {"ledger": ledger.dump(), "counts": detection.detector.dump()}
    began = time.process_time()
    tasks.start("pipeline", pipeline.run())
    tasks.start("saving", pipeline.run_saving())
    tasks.start("audit", Followed("audit", log, clock).run(pipeline, ""))
    while pipeline.events < events:  # noqa: ASYNC110 - it is the last event that is waited for
        await asyncio.sleep(0.01)
    await pipeline.idle()
    spent = time.process_time() - began
    await tasks.close()
    kept, _ = store.load()
    store.close()
    assert sum(finding.count for finding in kept) == sum(finding.count for finding in detection.detector.findings())
    return spent, kept


def storing(events: int = 100_000) -> Iterator[Figure]:
    """The everyday mix, then the troubled one: the best of five runs each, into a store of its own each time."""
    usual, rules = gc.get_threshold(), shipped_rules()
    gc.set_threshold(_COLLECT)
    for row, lines in (("audit-stored", synthetic(events)), ("audit-stored-troubled", troubled(events))):
        with tempfile.TemporaryDirectory() as folder:
            log, runs = Path(folder) / "audit.log", []
            log.write_bytes(b"\n".join(lines) + b"\n")
            for number in range(5):
                place = Path(folder) / str(number)
                place.mkdir()
                runs.append(asyncio.run(_stored(log, events, place, rules)))
        spent, kept = min(runs, key=lambda run: run[0])
        matches = sum(finding.count for finding in kept)
        note = f"{matches:,} matches of {events:,} events are {len(kept):,} findings in the store"
        yield Figure(row, events / spent, "ev/s", STORED, note=note, at_least=True)
    gc.set_threshold(*usual)
