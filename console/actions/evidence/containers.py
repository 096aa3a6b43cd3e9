"""The logs of a pod's containers, init and ephemeral ones too, current and previous, each with a size cap.

In: a pod as read. Out: which logs to read, and each read sealed or missed with why.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from console.actions.base import Desk
from console.actions.reading import CONTAINERS, Whole, meta
from console.errors import Refused, WarRoomError
from console.model.ref import BY_KIND, ResourceRef

CAP = 8 * 1024 * 1024
"""Bytes kept from the beginning of one log."""
TAIL_LINES = 5000
"""Newest lines kept besides, of a log that is longer."""
_STATUSES = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")


class Log(msgspec.Struct, frozen=True):
    """One log to read."""

    namespace: str
    pod: str
    container: str
    previous: bool = False

    @property
    def kind(self) -> str:
        return "pod.logs.previous" if self.previous else "pod.logs"

    def query(self, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        head = (("container", self.container), ("timestamps", "true"), ("limitBytes", str(CAP)))
        return (*head, *((("previous", "true"),) if self.previous else ()), *more)


def logs_of(pod: Whole) -> Iterator[Log]:
    """The current log of every container, and the previous one of those that were restarted."""
    namespace, name = meta(pod)["namespace"], meta(pod)["name"]
    restarted = _restarted(pod)
    for part in CONTAINERS:
        for container in (pod.get("spec") or {}).get(part) or ():
            yield Log(namespace, name, container["name"])
            if container["name"] in restarted:
                yield Log(namespace, name, container["name"], previous=True)


def _restarted(pod: Whole) -> set[str]:
    status = pod.get("status") or {}
    return {
        one.get("name", "")
        for part in _STATUSES
        for one in status.get(part) or ()
        if one.get("restartCount", 0) > 0 or (one.get("lastState") or {}).get("terminated")
    }


async def capture_log(desk: Desk, ref: ResourceRef, log: Log) -> None:
    """Seal one log; when it is cut at the cap, its newest lines are sealed as well."""
    data = await _read(desk, ref, log)
    if data is None:
        return
    cut = len(data) >= CAP
    size = f", cut: the oldest {CAP} bytes" if cut else ", it is empty" if not data else ""
    note = f"container {log.container}{size}"
    await seal(desk, log.kind, ref, data, note)
    if cut and (newest := await _read(desk, ref, log, ("tailLines", str(TAIL_LINES)))) is not None:
        await seal(desk, log.kind, ref, newest, f"container {log.container}, the newest {TAIL_LINES} lines")


async def _read(desk: Desk, ref: ResourceRef, log: Log, *more: tuple[str, str]) -> bytes | None:
    """The log; None when it cannot be had, which is then on record."""
    try:
        return await desk.text(BY_KIND["Pod"].path(log.namespace, log.pod, "log"), log.query(*more))
    except WarRoomError as error:
        await desk.miss(log.kind, ref, f"container {log.container}: {error}")
        return None


async def seal(desk: Desk, kind: str, ref: ResourceRef, data: bytes, note: str) -> None:
    """Capture; what the store refuses (cap, full disk) is on record already and does not end the other captures."""
    try:
        await desk.capture(kind, ref, data, note)
    except Refused:
        return
