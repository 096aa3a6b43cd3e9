"""The alert that always fires. When it no longer does, nothing that hangs on Prometheus' rules would tell any more.

In: whether it fires, each time the server has answered. Out: that it is gone, once for each time, and words for the
health. Whether there is such an alert at all is only known once it was seen: kube-prometheus has it, others may not.
"""

from __future__ import annotations

from console.model.finding import Target
from console.model.instants import minute
from console.model.runtime import Alert
from console.model.severity import Severity
from console.ports.clock import Clock

GONE = "watchdog gone"
"""Name of the alert that tells of it, see `console/rules/sensors.yml`."""
GRACE = 120.0
"""Seconds for which it may be missing: an Alertmanager that starts anew has it from Prometheus within a minute."""


class Watchdog:
    """One such alert.

    Args:
        name: of the alert, "" for none.
        clock: for how long it is missing.
        where: the server, for people.
        seen: whether an earlier engine saw it.
        told: whether an earlier engine told that it is gone.
    """

    def __init__(self, name: str, clock: Clock, where: str, seen: bool = False, told: bool = False) -> None:
        self.name, self.seen, self.told = name, seen, told
        self.silenced = False
        self._clock, self._where = clock, where
        self._missing: float | None = None
        self._last = 0.0

    def look(self, fires: bool, silenced: bool = False) -> Alert | None:
        """The server has answered: the alert that it is gone, when it is by now and nobody was told."""
        self.silenced = silenced
        if fires:
            self.seen, self.told, self._missing, self._last = True, False, None, self._clock.now()
            return None
        if not self.seen:
            return None
        now = self._clock.monotonic()
        self._missing = now if self._missing is None else self._missing
        if self.told or now - self._missing < GRACE:
            return None
        self.told = True
        last = f" It fired last at {minute(self._last)}." if self._last else ""
        text = f"monitoring is blind: the alert {self.name}, which always fires, does not.{last}"
        on = Target(path=self._where)
        return Alert("alertmanager", GONE, Severity.HIGH, self._clock.now(), text=text, target=on)

    def lost_sight(self) -> None:
        """The server has not answered: nobody knows whether it fires."""
        self._missing = None

    def wrong(self) -> str:
        """What is wrong, in words; "" for nothing."""
        return f"monitoring is blind: the alert {self.name} does not fire" if self.name and self.told else ""

    def note(self) -> str:
        """What is worth knowing and wrong with nothing."""
        if not self.name or self.told:
            return ""
        if not self.seen:
            return f"no {self.name} alert is defined or it never fired"
        if self._missing is not None:
            return f"the alert {self.name} is missing just now"
        return f"the alert {self.name} fires, and is silenced" if self.silenced else ""
