"""One drill: a furnished cluster with a past, an attacker, everyday life, and the time they share.

In: a scenario, a seed, a clock. Out: `transport` (a cluster port Transport), `source` (its audit log as a source), and
`run()`, which plays until the attacker gives up, has what he wanted, or time is up. Same seed, same drill.
"""

from __future__ import annotations

import asyncio

from console.drill.attacker import Attacker, Deed
from console.drill.controllers.rounds import ROUND, Rounds
from console.drill.everyday import Everyday
from console.drill.scenario import Scenario, base, span
from console.drill.seeding import chance
from console.drill.server import SimServer
from console.drill.source import SimAudit
from console.drill.transport import SimTransport
from console.drill.world import furnish, settle
from console.ports.clock import Clock

_HISTORY = 3600.0
"""Seconds of audit log before the drill opens."""
_PULSE = 5.0
"""Seconds between two looks of watches and source at the clock."""


class Drill:
    """A drill that is open from the moment it is made."""

    def __init__(self, scenario: Scenario, seed: int, clock: Clock) -> None:
        self.scenario = scenario
        self.seed = seed
        self.opened = clock.now()
        self._clock = clock
        self.server = SimServer(clock, seed, scenario.images)
        self._rounds = Rounds(self.server, scenario.works)
        furnish(self.server, self._rounds, base(), scenario, self.opened)
        self.attacker = Attacker(self.server, scenario.attacker, self.opened, chance(seed, "attacker"))
        self._everyday = Everyday(self.server, scenario, self.opened - _HISTORY, chance(seed, "everyday"))
        self._live_through_history()
        self.transport = SimTransport(self.server)
        self.source = SimAudit(self.server.audit, clock)
        self.end = ""
        """How it ended: `gave up`, `won` (the attacker), `time is up`, or "" while it goes on."""
        self._finished = asyncio.Event()

    @property
    def finished(self) -> bool:
        """Whether it is over."""
        return self._finished.is_set()

    def now(self) -> float:
        """Epoch seconds of the drill."""
        return self._clock.now()

    @property
    def story(self) -> tuple[Deed, ...]:
        """What the attacker did, as he tells it."""
        return tuple(self.attacker.deeds)

    async def run(self) -> None:
        """Play until the end, then keep the cluster alive until cancelled: people still look at it."""
        limit = self.opened + span(self.scenario.limit)
        after, over_at, pulsed = span(self.scenario.ends_after), 0.0, self._clock.monotonic()
        while True:
            await self._clock.sleep(ROUND)
            self._rounds.round()
            if not self.end:
                self._everyday.tick()
                self.attacker.tick()
                self.end = self.attacker.over or ("time is up" if self._clock.now() >= limit else "")
                over_at = self._clock.now()
            elif not self.finished and self._clock.now() - over_at >= after:
                self._finished.set()
            if self._clock.monotonic() - pulsed >= _PULSE:
                pulsed = self._clock.monotonic()
                self.server.pulse()
                self.source.wake()

    async def wait(self) -> None:
        """Until it is over and the last looks had time."""
        await self._finished.wait()

    def left(self) -> list[str]:
        """What the attacker still has, in words."""
        return self.attacker.left()

    def _live_through_history(self) -> None:
        """Play the hour before the drill: habits and the attacker's first moves, each at its own time."""
        server = self.server
        while True:
            dues = [due for due in (self._everyday.due(), self.attacker.due()) if due is not None and due < self.opened]
            if not dues:
                break
            moves = self.attacker.due() == min(dues)
            server.past = min(dues)
            self._everyday.tick()
            self.attacker.tick()
            if moves:
                settle(server, self._rounds, 12)
        server.past = None
