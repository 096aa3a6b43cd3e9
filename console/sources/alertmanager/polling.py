"""Alertmanager, asked in turn for what fires: each alert is handed on once, until it ends and begins anew.

In: a URL and, perhaps, a token or a password and an authority. Out: batches of `Alert`, each with the record behind it
and an exact position, and health. Silenced and inhibited alerts are left out, resolved ones need nothing. What an alert
means is decided elsewhere, but that the watchdog is missing and that silences hide everything are alerts of our own:
nobody else can send them.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from console.errors import SourceError
from console.model.envelopes.alertmanager import fires, signal_of
from console.model.envelopes.plain import mapping, text
from console.model.envelopes.silences import firing_of, silence_of
from console.model.instants import seconds
from console.model.runtime import Alert
from console.model.signal import SourceHealth
from console.model.silence import Firing, Silence
from console.ports.clock import Clock
from console.ports.silences import Ours
from console.ports.source import Batch, Sink
from console.sources.alertmanager.hiding import Hiding, Seen
from console.sources.alertmanager.memory import Mark, Memory, parse_mark
from console.sources.alertmanager.watchdog import Watchdog
from console.sources.fetching import Access, Fetcher, Refusal

EVERY = 15.0
"""Seconds between two questions."""
MOST = 4096
"""Alerts of one answer that are read; what is beyond is counted as dropped. Fewer than `memory.MOST`."""
PART = 200
"""Alerts read before other tasks get a turn."""
_LONGEST_WAIT = 300.0
_ASIDE = 20
_ALERTS, _SILENCES, _STATUS = "/api/v2/alerts", "/api/v2/silences", "/api/v1/status"
_FAULTS = (msgspec.MsgspecError, RecursionError, ValueError)
_records = msgspec.json.Decoder(list[msgspec.Raw])
_T = TypeVar("_T")


class Alertmanager:
    """One server. Implements `console.ports.source.Source`.

    Args:
        name: of the source, for the header.
        url: with a path prefix if it has one; its query, user and fragment are not used.
        clock: drives the rounds.
        access: how to prove ourselves and whom to trust.
        watchdog: name of the alert that always fires, "" for none.
        every: seconds between two rounds.
    """

    def __init__(
        self,
        name: str,
        url: str,
        clock: Clock,
        access: Access | None = None,
        watchdog: str = "",
        every: float = EVERY,
    ) -> None:
        self.name = name
        self.aside: deque[bytes] = deque(maxlen=_ASIDE)
        """The last malformed records, cut at 4 KiB, for a look."""
        self._clock, self._every = clock, every
        self._fetcher = Fetcher(url, access or Access())
        self._memory = Memory()
        self._where = f"Alertmanager {self._fetcher.host}"
        self._watchdog = Watchdog(watchdog, clock, self._where)
        self.ours: Ours = lambda comment: False
        self._hiding = self._hides(False)
        self._malformed = self._dropped = 0
        self._lag = 0.0
        self._answered = False
        self._health = SourceHealth(name, "loading", clock.now())

    async def run(self, sink: Sink, position: str) -> None:
        """Ask for ever; ends by cancellation."""
        self._resume(parse_mark(position))
        failures = 0
        try:
            while True:
                wait = self._every
                try:
                    await self._round(sink)
                    failures = 0
                except SourceError as error:
                    failures += 1
                    self._watchdog.lost_sight()
                    barred = isinstance(error, Refusal) and error.status in (401, 403)
                    self._tell(sink, "forbidden" if barred else "failed", str(error))
                    wait = min(_LONGEST_WAIT, self._every * 2 ** min(failures - 1, 5))
                await self._rest(sink, wait + random.uniform(0, wait / 4))  # noqa: S311 - jitter, no secret
        finally:
            await self._fetcher.close()

    def _resume(self, mark: Mark) -> None:
        self._memory = Memory(mark.told)
        name = self._watchdog.name
        known = bool(name) and mark.watchdog == name
        self._watchdog = Watchdog(name, self._clock, self._where, seen=known, told=known and mark.gone)
        self._hiding = self._hides(mark.silences)

    def _hides(self, known: bool) -> Hiding:
        return Hiding(self._clock, self._where, self._watchdog.name, self.ours, known)

    async def _rest(self, sink: Sink, wait: float) -> None:
        """Wait, saying every ten seconds how we are."""
        end = self._clock.monotonic() + wait
        while (left := end - self._clock.monotonic()) > 0:
            await self._clock.sleep(min(10.0, left))
            sink.health(self._health)

    async def _round(self, sink: Sink) -> None:
        records = await self._listed(active="true", silenced="false", inhibited="false")
        watched = False
        for start in range(0, min(len(records), MOST), PART):
            fresh: list[tuple[Alert, bytes]] = []
            for record in records[start : min(start + PART, MOST)]:
                found = self._read(bytes(record))
                if found is not None and self._is_watchdog(found[0]):
                    watched = True
                elif found is not None and self._is_new(*found):
                    fresh.append((found[0], bytes(record)))
            if fresh:
                await self._put(sink, fresh)
            await asyncio.sleep(0)
        await self._look(sink, watched)
        await self._look_at_silences(sink, records)
        self._answered = True
        beyond = max(0, len(records) - MOST)
        self._dropped = max(self._dropped, beyond)
        left = f"{beyond} alerts beyond {MOST} are not read" if beyond else ""
        wrong = filter(None, (self._watchdog.wrong(), self._hiding.wrong(), left))
        note = filter(None, (self._watchdog.note(), self._hiding.note()))
        self._tell(sink, "live", "; ".join(wrong), "; ".join(note))

    async def _listed(self, **asked: str) -> list[msgspec.Raw]:
        try:
            body = await self._fetcher.get(_ALERTS, **asked)
        except Refusal as error:
            raise SourceError(await self._absent()) if error.status == 404 else error from None
        try:
            return _records.decode(body)
        except _FAULTS:
            self._count_malformed(body)
            raise SourceError("its answer cannot be read: it is no list of alerts") from None

    async def _absent(self) -> str:
        """Why there is no API v2: too old a server, or no Alertmanager at that address."""
        try:
            status: Any = msgspec.json.decode(await self._fetcher.get(_STATUS))
        except (SourceError, *_FAULTS):
            return "there is no Alertmanager at this address; is a path prefix missing in it?"
        version = text(mapping(mapping(mapping(status).get("data")).get("versionInfo")).get("version"))
        return f"Alertmanager {version[:20]} has no API v2; it needs v0.16 or newer"

    def _read(self, record: bytes) -> tuple[Alert, dict[str, Any]] | None:
        """The alert of a record and the record; None when it is quiet or malformed, which is counted once."""
        value: Any = None
        try:
            value = msgspec.json.decode(record)
            alert = signal_of(value) if isinstance(value, dict) else None
        except _FAULTS:
            alert = None
        if alert is None:
            if self._memory.new("malformed", record.hex()):
                self._count_malformed(record)
            return None
        return (alert, value) if fires(value) else None

    def _is_watchdog(self, alert: Alert) -> bool:
        return bool(self._watchdog.name) and (alert.sensor, alert.rule) == ("alertmanager", self._watchdog.name)

    def _is_new(self, alert: Alert, value: dict[str, Any]) -> bool:
        labels = alert.id or msgspec.json.encode(value.get("labels"), order="sorted").decode()
        if not self._memory.new(labels, text(value.get("startsAt"))):
            return False
        if self._answered and (told := _moment(value.get("updatedAt"))):  # the first answer tells of older ones too
            self._lag = max(0.0, self._clock.now() - told)
        return True

    async def _look(self, sink: Sink, watched: bool) -> None:
        """Whether the watchdog fires. One that somebody silenced does, and is not listed."""
        name, before = self._watchdog.name, (self._watchdog.seen, self._watchdog.told)
        if not name:
            return
        silenced = False
        if not watched:
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            found = await self._listed(filter=f'alertname="{quoted}"', silenced="true", inhibited="true")
            silenced = bool(found)
        gone = self._watchdog.look(watched or silenced, silenced)
        if gone or before != (self._watchdog.seen, self._watchdog.told):
            await self._put(sink, [(gone, b"")] if gone else [])

    async def _look_at_silences(self, sink: Sink, shown: Sequence[msgspec.Raw]) -> None:
        """What they hide. That they cannot be read keeps no alert from being told."""
        before = self._hiding.known
        try:
            listed = await self._fetcher.get(_SILENCES)
            silences = await asyncio.to_thread(_silences, listed)
            hidden: tuple[Firing, ...] = ()
            if any(silence.state == "active" for silence, _ in silences):
                found = await self._listed(active="false", silenced="true", inhibited="false")
                hidden = await asyncio.to_thread(_firing, found)
        except SourceError as error:
            self._hiding.unread(str(error))
            return
        told = self._hiding.look(Seen(silences, hidden, await asyncio.to_thread(_firing, shown)), self._memory)
        if told or not before:
            await self._put(sink, told)

    async def _put(self, sink: Sink, pairs: Sequence[tuple[Alert, bytes]]) -> None:
        watchdog = self._watchdog.name if self._watchdog.seen else ""
        mark = Mark(self._memory.all(), watchdog, self._watchdog.told, self._hiding.known)
        position = msgspec.json.encode(mark).decode()
        await sink.put(Batch(self.name, [one for one, _ in pairs], position, [record for _, record in pairs]))

    def _count_malformed(self, record: bytes) -> None:
        self._malformed += 1
        self.aside.append(record[:4096])

    def _tell(self, sink: Sink, state: str, why: str, note: str = "") -> None:
        since = self._health.since if state == self._health.state else self._clock.now()
        self._health = SourceHealth(
            self.name, state, since, why, self._lag, malformed=self._malformed, dropped=self._dropped, note=note
        )
        sink.health(self._health)


def _moment(value: Any) -> float | None:
    try:
        return seconds(text(value))
    except OverflowError:
        return None


def _silences(body: bytes) -> tuple[tuple[Silence, bytes], ...]:
    """Those that have not expired, each with its record. Raises SourceError for what is no list."""
    try:
        records = _records.decode(body)
    except _FAULTS:
        raise SourceError("the answer is no list of silences") from None
    pairs = ((_value(record, silence_of), bytes(record)) for record in records)
    return tuple((one, raw) for one, raw in pairs if one is not None and one.state != "expired")[:MOST]


def _firing(records: Sequence[msgspec.Raw]) -> tuple[Firing, ...]:
    found = (_value(record, firing_of) for record in records[:MOST])
    return tuple(one for one in found if one is not None)


def _value(record: msgspec.Raw, read: Callable[[Any], _T | None]) -> _T | None:
    try:
        return read(msgspec.json.decode(record))
    except _FAULTS:
        return None
