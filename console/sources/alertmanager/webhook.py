"""Alertmanager's webhook, version 4: what its `webhook_configs` post, each firing alert once.

In: POSTs of a group of alerts. Out: batches of `Alert`, and health. Alerts that the sender left out (`max_alerts`) are
counted as dropped. How nothing acknowledged is lost: `receiver`.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import msgspec

from console.model.envelopes.alertmanager import fires
from console.model.envelopes.plain import mapping, number, text
from console.model.signal import SourceHealth
from console.ports.clock import Clock
from console.sources.listener import Access
from console.sources.receiver import Kind, Receiver, one_line

GROUPS = 1000
"""Groups whose left out alerts are known."""
_FAULTS = (msgspec.MsgspecError, RecursionError, ValueError)


class _Group(msgspec.Struct):
    """What is posted; the alerts as they came."""

    version: str
    alerts: list[msgspec.Raw]
    group: Any = msgspec.field(default="", name="groupKey")
    truncated: Any = msgspec.field(default=0, name="truncatedAlerts")


_groups = msgspec.json.Decoder(_Group)


class AlertmanagerWebhook(Receiver):
    """One receiver of alerts. Implements `console.ports.source.Source`. Raises `ConfigError` as `Receiver`.

    Args:
        watchdog: name of the alert that always fires, which tells nothing; "" for none.
    """

    def __init__(self, name: str, address: str, access: Access, folder: Path, clock: Clock, watchdog: str = "") -> None:
        self._watchdog = watchdog
        self._left_out: OrderedDict[str, int] = OrderedDict()
        """By group, the most that was left out at once: a group that is posted again leaves out the same ones."""
        kind = Kind(self._split, "no group of Alertmanager's webhook, version 4", "", "alertmanager")
        super().__init__(name, address, access, folder, clock, kind)

    def told(self, health: SourceHealth) -> SourceHealth:
        """As of every receiver, with what the sender left out."""
        health = super().told(health)
        if not (left := sum(self._left_out.values())):
            return health
        why = f"the sender left out {left} alerts: raise max_alerts of its webhook_configs"
        return msgspec.structs.replace(
            health, dropped=health.dropped + left, why="; ".join(filter(None, (health.why, why)))
        )

    def _split(self, body: bytes) -> list[bytes] | None:
        try:
            group = _groups.decode(body)
        except _FAULTS:
            return None
        if group.version != "4":
            return None
        if left := number(group.truncated):
            key = text(group.group)
            self._left_out[key] = max(left, self._left_out.get(key, 0))
            if len(self._left_out) > GROUPS:
                self._left_out.popitem(last=False)
        return [one_line(bytes(alert)) for alert in group.alerts if self._tells(bytes(alert))]

    def _tells(self, alert: bytes) -> bool:
        """Whether it is worth keeping; one that cannot be read is, so that it is counted."""
        try:
            value = mapping(msgspec.json.decode(alert))
        except _FAULTS:
            return True
        named = text(mapping(value.get("labels")).get("alertname"))
        return fires(value) and not (self._watchdog and named == self._watchdog)
