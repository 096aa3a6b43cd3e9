"""Alertmanager's silences with faults no real server can be asked to have: answers that are lost on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from console.errors import Unreachable
from console.model.silence import Firing, Matcher, Silence
from console.ports.cluster import Reply, Request
from console.ports.silences import Ours, Silences


class Lossy:
    """The port over another one; the answer to the next write is lost.

    Args:
        carried_out: whether the write arrives all the same.
        hanging: whether nothing at all comes back, not even an end of the connection.
    """

    def __init__(self, behind: Silences, carried_out: bool, hanging: bool = False) -> None:
        self._behind, self._carried_out, self._hanging = behind, carried_out, hanging
        self.where, self.url, self.watchdog = behind.where, behind.url, behind.watchdog
        self.ours: Ours = behind.ours
        self.losing = True
        self.sent: list[str] = []

    async def firing(self, matchers: Sequence[Matcher] = ()) -> tuple[Firing, ...]:
        return await self._behind.firing(matchers)

    async def alert(self, fingerprint: str) -> Firing | None:
        return await self._behind.alert(fingerprint)

    async def silence(self, id: str) -> Silence | None:  # noqa: A002 - the field's name
        return await self._behind.silence(id)

    async def find(self, marker: str) -> Silence | None:
        return await self._behind.find(marker)

    async def send(self, request: Request, within: float = 10.0) -> Reply:
        self.sent.append(f"{request.method} {request.path}")
        if not self.losing:
            return await self._behind.send(request, within)
        self.losing = False
        if self._carried_out:
            await self._behind.send(request, within)
        if self._hanging:
            await asyncio.Event().wait()
        raise Unreachable("no answer in time")

    async def close(self) -> None:
        await self._behind.close()
