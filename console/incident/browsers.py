"""Browser topics: every object of a kind as rows, made when somebody looks.

The one that was left last is kept: a seat that comes back after a lost connection finds its rows made. What changes
meanwhile is only gathered, the newest of each object, and is in the rows before anybody is given them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TypeVar

from console.errors import BadInput
from console.hygiene.exporting import Exporter, known_safe
from console.incident.browsing import object_row, right_aligned, titles
from console.incident.naming import key_of, ref_of
from console.incident.tables import PAUSE, Table
from console.model.objects import Obj
from console.model.ref import BY_KIND, BY_WORD
from console.model.text import Clean
from console.ports.clock import Clock
from console.ports.cluster import Cluster, KindHealth
from console.ports.session import Update
from console.ports.tasks import Tasks
from console.ports.views import Columns

T = TypeVar("T")
_HEAD = Clean("columns")
SLICE = 200
"""Rows made at a time: about 3 ms, then the loop is given back."""
GATHERED = 2_000
"""Changes kept for a reader who may come; with more of them rows are made though nobody reads."""
_PAUSE = 0.05
"""Seconds in which changes are gathered. Readers wait on top of that: a change must show within half a second."""


class Browsers:
    """Makes and drops browser tables."""

    def __init__(self, cluster: Cluster, clock: Clock, export: Exporter, tasks: Tasks) -> None:
        self._cluster, self._clock, self._export, self._tasks = cluster, clock, export, tasks
        self._open: dict[str, _Browser] = {}
        self._kept = ""
        """The topic nobody reads any more and somebody may come back to."""

    def read(self, topic: str) -> AsyncIterator[Update]:
        """Rows of `browse:KIND[:NAMESPACE]`. Raises `BadInput` for an unknown kind."""
        parts = topic.split(":")
        kind = BY_KIND.get(parts[1]) or BY_WORD.get(parts[1].lower()) if len(parts) > 1 else None
        if kind is None:
            raise BadInput(f"{topic!r} names no kind warroom can show. Try :pods, :deployments, :secrets …")
        browser = self._open.get(topic)
        if browser is None:
            browser = _Browser(topic, kind.kind, parts[2] if len(parts) > 2 else "", self._cluster, self._clock)
            browser.start(self._export, self._tasks)
            browser.table.on_idle = lambda: self._left(topic)
            self._open[topic] = browser
        return browser.table.read()

    def pulse(self) -> None:
        """Some watch's health changed: heads may have to say so."""
        for browser in self._open.values():
            browser.pulse()

    def _left(self, topic: str) -> None:
        """Nobody reads it any more: keep it in place of the one kept before, unless it was never whole."""
        if not self._open[topic].table.filled.is_set():
            self._drop(topic)
            return
        before, self._kept = self._kept, topic
        if before != topic and before in self._open and not self._open[before].table.readers:
            self._drop(before)

    def _drop(self, topic: str) -> None:
        self._open.pop(topic).close()


class _Browser:
    """One kind (in one namespace, or all) as a table."""

    def __init__(self, topic: str, kind: str, namespace: str, cluster: Cluster, clock: Clock) -> None:
        self.table = Table(topic, clock)
        self._kind, self._namespace, self._clock = kind, namespace, clock
        self._view = cluster.view(kind)
        self._changed: dict[Clean, Obj | None] = {}
        self._dirty = asyncio.Event()
        self._unlisten = cluster.listen(self._heard)
        self._task: asyncio.Task[None] | None = None
        self.table.on_read = self._wanted

    def start(self, export: Exporter, tasks: Tasks) -> None:
        self.table.filled.clear()
        self.table.put(self._head(self._view.health, export))
        self._task = tasks.start(f"browse {self._kind}", self._run(export))

    def close(self) -> None:
        self._unlisten()
        if self._task:
            self._task.cancel()

    def _key(self, obj: Obj) -> Clean:
        return known_safe(key_of(ref_of(self._kind, obj)))

    def _heard(self, verb: str, kind: str, obj: Obj, before: Obj | None) -> None:
        if kind != self._kind or (self._namespace and obj.metadata.namespace != self._namespace):
            return
        self._changed[self._key(obj)] = None if verb == "deleted" else obj
        if self.table.readers or len(self._changed) >= GATHERED:
            self._dirty.set()

    def pulse(self) -> None:
        """The watch's health may have changed."""
        if self.table.readers:
            self._dirty.set()

    def _wanted(self) -> None:
        """Somebody reads again: first what was gathered."""
        if self.table.filled.is_set():
            self.table.filled.clear()
            self._dirty.set()

    async def _run(self, export: Exporter) -> None:
        try:
            await self._fill(export)
            self.table.filled.set()
            await self._follow(export)
        finally:
            self.table.filled.set()  # whatever happens, nobody waits for ever

    async def _follow(self, export: Exporter) -> None:
        """Changes of objects and of the watch's health, for as long as it is kept."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            health = self._view.health
            self.table.pause = _PAUSE if health.state == "loading" else PAUSE  # rows are shown as pages come
            self.table.put(self._head(health, export))
            await self._flush(export)
            self.table.filled.set()
            await self._clock.sleep(_PAUSE)
            if health.state == "loading" and not health.why:
                self._dirty.set()  # the end of a list is no change of an object: look again

    async def _fill(self, export: Exporter) -> None:
        """The rows of what is there already; what changes meanwhile comes after them, and counts."""
        for part in batched(self._view.all(self._namespace), SLICE):
            self.table.put(*(object_row(self._kind, obj, export) for obj in part))
            await asyncio.sleep(0)
        await self._flush(export)

    async def _flush(self, export: Exporter) -> None:
        changed, self._changed = self._changed, {}
        for part in batched(changed.items(), SLICE):
            self.table.put(*(object_row(self._kind, obj, export) for _, obj in part if obj is not None))
            self.table.remove(*(key for key, obj in part if obj is None))
            await asyncio.sleep(0)

    def _head(self, health: KindHealth, export: Exporter) -> Columns:
        partial = f"only in {', '.join(health.namespaces[:5])}" if health.namespaces else ""
        more = f" and {len(health.namespaces) - 5} more" if len(health.namespaces) > 5 else ""
        return Columns(
            _HEAD,
            known_safe(self._kind),
            tuple(known_safe(title) for title in titles(self._kind)),
            right_aligned(self._kind),
            known_safe(health.state),
            health.since,
            export("; ".join(part for part in (health.why, partial + more) if part)),
        )


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items as they are now, so many at a time."""
    whole = list(items)
    return (whole[at : at + size] for at in range(0, len(whole), size))
