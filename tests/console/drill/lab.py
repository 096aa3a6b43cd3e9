"""A simulated cluster on a clock that tests move: small worlds, requests, time."""

from __future__ import annotations

import json
from typing import Any

from console.drill.callers import Caller
from console.drill.controllers.rounds import ROUND, Rounds
from console.drill.scenario import base, load
from console.drill.server import SimServer
from console.drill.transport import SimTransport
from console.drill.world import furnish
from console.ports.clock import ManualClock
from console.ports.cluster import Reply, Request

ADMIN = Caller("admin", ("system:masters", "system:authenticated"), agent="kubectl/v1.36.1")
MERGE = "application/merge-patch+json"


class Lab:
    """The shop, as it is before the attack, and time to pass."""

    def __init__(self, seed: int = 0) -> None:
        self.clock = ManualClock()
        scenario = load("shop")
        self.server = SimServer(self.clock, seed, scenario.images)
        self._rounds = Rounds(self.server, scenario.works)
        furnish(self.server, self._rounds, base(), scenario, self.clock.now())
        self.server.past = None
        self.transport = SimTransport(self.server)

    async def wait(self, seconds: float) -> None:
        """Let time pass, a round of controllers each half second."""
        for _ in range(int(seconds / ROUND)):
            await self.clock.advance(ROUND)
            self._rounds.round()
            self.server.pulse()

    def send(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json", caller: Caller = ADMIN
    ) -> Reply:
        """One request, as the administrator unless said otherwise."""
        path, _, query = path.partition("?")
        pairs = tuple((key, value) for key, _, value in (part.partition("=") for part in query.split("&") if part))
        data = b"" if body is None else json.dumps(body).encode()
        return self.server.send(caller, Request(method, path, pairs, data, content_type))

    def patch(self, path: str, body: Any) -> dict[str, Any]:
        """A merge patch that must be taken."""
        reply = self.send("PATCH", path, body, MERGE)
        assert reply.status == 200, reply.body
        found: dict[str, Any] = reply.json()
        return found

    def pods(self, namespace: str, start: str) -> list[dict[str, Any]]:
        """Pods whose names begin so."""
        return [pod for pod in self.server.store.all("Pod", namespace) if pod["metadata"]["name"].startswith(start)]

    def events(self) -> list[dict[str, Any]]:
        """The audit log."""
        return [json.loads(line) for line in self.server.audit.lines]
