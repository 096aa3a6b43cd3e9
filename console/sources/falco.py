"""Falco: its alerts out of a file of JSON lines, or posted by Falco itself or by Falcosidekick.

In: lines of `json_output` (file_output), or POSTs of `http_output` and of Falcosidekick's webhook output, one alert
each. Out: batches of `Alert`, and health. What an alert means is decided elsewhere. Falcosidekick does not send again
what we could not take: it logs that, and this receiver's 503 says why.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from console.ports.clock import Clock
from console.sources.follower import Followed
from console.sources.listener import Access
from console.sources.receiver import Kind, Receiver, one_line

_FAULTS = (msgspec.MsgspecError, RecursionError, ValueError)


class FalcoFile(Followed):
    """One file of alerts. Implements `console.ports.source.Source`."""

    def __init__(self, name: str, path: Path, clock: Clock, since: float | None = None) -> None:
        super().__init__(name, path, clock, since, "falco", "does Falco write there (json_output, file_output)?")


class FalcoWebhook(Receiver):
    """One receiver of alerts. Implements `console.ports.source.Source`. Raises `ConfigError` as `Receiver`."""

    def __init__(self, name: str, address: str, access: Access, folder: Path, clock: Clock) -> None:
        super().__init__(name, address, access, folder, clock, Kind(split_alerts, "no alert of Falco", "", "falco"))


def split_alerts(body: bytes) -> list[bytes] | None:
    """Each alert of the body as one line; None when it is neither an alert nor a list of them."""
    try:
        record = msgspec.json.decode(body)
        found = msgspec.json.decode(body, type=list[msgspec.Raw]) if isinstance(record, list) else [msgspec.Raw(body)]
    except _FAULTS:
        return None
    if not all(isinstance(one, dict) and "rule" in one for one in (record if isinstance(record, list) else [record])):
        return None
    return [one_line(bytes(one)) for one in found]
