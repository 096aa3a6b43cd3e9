"""The cluster port's Transport over the simulated API server, in process.

In: requests of the product's own cluster code. Out: what a real server would answer, one loop turn later. Nobody can
exec, attach or mint a token through it: no action does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from console.drill.callers import Caller
from console.drill.server import SimServer
from console.drill.statuses import not_played
from console.errors import Unreachable
from console.ports.cluster import Reply, Request

SERVER = "https://drill.invalid:6443"
RESPONDER = "responder"
RESPONDER_GROUP = "ir-team"
_AGENT = "client/v0.0.0 (linux/amd64) kubernetes/$Format"
"""As plain as that of the real transport: the attacker reads the API too."""
_CLOSED = ("/exec", "/attach", "/portforward", "/token")


class SimTransport:
    """A responder's connection to the drill's cluster."""

    def __init__(self, sim: SimServer, caller: Caller | None = None) -> None:
        self.server = SERVER
        self.context = "drill"
        self.user = RESPONDER
        self.offline = ""
        """Non-empty: nothing is answered, for this reason. For practice and tests of an outage."""
        self._sim = sim
        groups = (RESPONDER_GROUP, "system:authenticated")
        self._caller = caller or Caller(RESPONDER, groups, ip="10.0.7.44", agent=_AGENT)

    async def send(self, request: Request, within: float = 10.0) -> Reply:
        """Answer one request."""
        await asyncio.sleep(0)
        self._check_open()
        if request.path.endswith(_CLOSED):
            return Reply(501, _status(request.path), {"content-type": "application/json"})
        return self._sim.send(self._caller, request)

    def stream(self, request: Request, idle: float) -> AbstractAsyncContextManager[tuple[Reply, AsyncIterator[bytes]]]:
        """A watch, or any other answer as one chunk."""
        return self._stream(request)

    async def close(self) -> None:
        """Nothing is kept open."""

    @asynccontextmanager
    async def _stream(self, request: Request) -> AsyncIterator[tuple[Reply, AsyncIterator[bytes]]]:
        if dict(request.query).get("watch") not in ("true", "1"):
            reply = await self.send(request)
            whole = Reply(reply.status, b"" if reply.status == 200 else reply.body, reply.headers)
            yield whole, _once(reply.body if reply.status == 200 else b"")
            return
        await asyncio.sleep(0)
        self._check_open()
        reply, watch, close = self._sim.watch(self._caller, request)
        try:
            yield reply, self._open(watch.lines()) if watch else _once(b"")
        finally:
            close()

    async def _open(self, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in lines:
            self._check_open()
            yield chunk

    def _check_open(self) -> None:
        if self.offline:
            raise Unreachable(f"No answer from {self.server}: {self.offline}.")


async def _once(data: bytes) -> AsyncIterator[bytes]:
    if data:
        yield data


def _status(path: str) -> bytes:
    import msgspec

    return msgspec.json.encode(not_played(path.rpartition("/")[2]).status())
