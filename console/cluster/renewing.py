"""A login that reads its credentials again: when they expire, when their file may have changed, after a 401.

Many watches share it and fail at the same moment: they cause one renewal, and a failed one is not repeated at once.
Waits are on monotonic time; a wall clock that is an hour wrong costs a renewal at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from console.cluster import tls
from console.cluster.credentials import Credentials
from console.cluster.login import Access
from console.errors import LoginNeeded, WarRoomError
from console.ports.clock import Clock

_REREAD = 60.0
"""Seconds after which a token file is read again."""
_PAUSE = 10.0
"""Seconds between two renewals, also of a login that failed."""
_LEEWAY = 15.0
_SHORTEST = 60.0
"""A credential that seems to expire sooner, or has, is used that long all the same: our clock may be wrong."""

Material = tuple[Credentials, bytes]
"""Credentials and the trusted authority (PEM; b"" for the system's store)."""


class RenewingLogin:
    """A `Login`.

    Args:
        read: gives credentials and authority as they are now.
        first: the material that `connect` has read already.
        insecure: do not verify the server.
        extra: headers of each request (impersonation).
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Material]],
        first: Material,
        clock: Clock,
        insecure: bool = False,
        extra: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self._read = read
        self._clock = clock
        self._insecure = insecure
        self._extra = extra
        self._lock = asyncio.Lock()
        self._failure: WarRoomError | None = None
        self._tried = float("-inf")
        self._until = float("inf")
        self._access = self._made(first)

    async def access(self) -> Access:
        if self._clock.monotonic() >= self._until:
            await self.renew(self._access)
        return self._access

    async def renew(self, refused: Access) -> None:
        async with self._lock:
            if self._access is not refused:
                return
            if self._clock.monotonic() - self._tried < _PAUSE:
                if self._failure:
                    raise self._failure
                return
            self._tried = self._clock.monotonic()
            try:
                material = await self._read()
                self._access = self._made(material)
                self._failure = None
            except WarRoomError as error:
                self._failure = error if isinstance(error, LoginNeeded) else LoginNeeded(str(error))
                raise self._failure from error

    async def again(self) -> None:
        async with self._lock:
            self._tried, self._failure = float("-inf"), None
        await self.renew(self._access)

    def _made(self, material: Material) -> Access:
        credentials, authority = material
        self._until = self._clock.monotonic() + self._lifetime(credentials)
        context = tls.context(authority, credentials.certificate, credentials.key, self._insecure)
        valid = tls.validity(credentials.certificate) if credentials.certificate else None
        return Access((*credentials.headers, *self._extra), context, valid)

    def _lifetime(self, credentials: Credentials) -> float:
        if credentials.from_file:
            return _REREAD
        if credentials.expires is None:
            return float("inf")
        return max(_SHORTEST, credentials.expires - self._clock.now() - _LEEWAY)
