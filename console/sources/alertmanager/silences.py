"""Alertmanager's silences over its API v2. Implements `console.ports.silences.Silences`.

In: a URL and the source's own credentials. Out: alerts and silences as values, and the raw answer to a write. What is
sent is decided by the action runner alone; a write is never sent twice from here. Large lists are read in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from console.errors import ApiStatus, SourceError, Unreachable
from console.model.envelopes.silences import firing_of, silence_of
from console.model.silence import Firing, Matcher, Silence
from console.ports.cluster import Reply, Request
from console.ports.silences import Ours
from console.sources.fetching import Access, Fetcher, Refusal

_T = TypeVar("_T")
_ALERTS, _SILENCES, _SILENCE = "/api/v2/alerts", "/api/v2/silences", "/api/v2/silence/"


class AlertmanagerSilences:
    """One server.

    Args:
        url: with a path prefix if it has one; its query, user and fragment are not used.
        access: how to prove ourselves and whom to trust.
        watchdog: name of the alert that always fires, "" for none.
    """

    def __init__(self, url: str, access: Access | None = None, watchdog: str = "") -> None:
        self._fetcher = Fetcher(url, access or Access())
        self.where, self.url, self.watchdog = f"Alertmanager {self._fetcher.host}", self._fetcher.address, watchdog
        self.ours: Ours = lambda comment: False

    async def firing(self, matchers: Sequence[Matcher] = ()) -> tuple[Firing, ...]:
        """See the port."""
        body = await self._get(_ALERTS, filter=[str(one) for one in matchers])
        return await asyncio.to_thread(_all, body, firing_of)

    async def alert(self, fingerprint: str) -> Firing | None:
        """See the port."""
        found = await self.firing()
        return next((one for one in found if one.fingerprint == fingerprint), None)

    async def silence(self, id: str) -> Silence | None:  # noqa: A002 - the field's name
        """See the port."""
        try:
            body = await self._get(_SILENCE + quote(id, safe=""))
        except ApiStatus as error:
            if error.code == 404:
                return None
            raise
        return silence_of(_decoded(body))

    async def find(self, marker: str) -> Silence | None:
        """See the port."""
        if not marker:
            return None
        found = await asyncio.to_thread(_all, await self._get(_SILENCES), silence_of)
        bearing = (one for one in found if marker in one.comment)
        known = min(bearing, key=lambda one: one.state != "active", default=None)  # a comment can be copied
        return await self.silence(known.id) if known else None

    async def send(self, request: Request, within: float = 10.0) -> Reply:
        """See the port."""
        try:
            status, headers, body = await self._fetcher.send(request.method, request.path, request.body, within)
        except SourceError as error:
            raise Unreachable(f"{self.where}: {error}.") from error
        return Reply(status, body, headers)

    async def close(self) -> None:
        """See the port."""
        await self._fetcher.close()

    async def _get(self, path: str, **asked: str | Sequence[str]) -> bytes:
        try:
            return await self._fetcher.get(path, **asked)
        except Refusal as error:
            raise ApiStatus(f"{self.where}: {error}.", error.status) from error
        except SourceError as error:
            raise Unreachable(f"{self.where}: {error}.") from error


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise Unreachable("Alertmanager's answer cannot be read; is this its address?") from error


def _all(body: bytes, read: Callable[[Any], _T | None]) -> tuple[_T, ...]:
    """What the list holds; a record that is none of these is passed over, as Alertmanager's own page does."""
    listed = _decoded(body)
    if not isinstance(listed, list):
        raise Unreachable("Alertmanager's answer is no list; is this its address?")
    return tuple(one for record in listed if (one := read(record)) is not None)
