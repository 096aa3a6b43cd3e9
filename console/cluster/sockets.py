"""Sockets that notice a dead peer: within 45 seconds, where the system's own default is two hours.

A request that was given up in the middle leaves a TLS good-bye behind that no one awaits, and aiohttp loses sight of
it: what the sockets have in common is that they were opened here, so here they end.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Any
from weakref import WeakSet

_IDLE, _EVERY, _MISSES, _UNACKNOWLEDGED_MS = 15, 10, 3, 40_000
_TURNS = 4
"""Turns of the loop from the end of a socket to its release: reading the end, TLS, the transport below, one spare."""

Address = tuple[int, int, int, str, tuple[Any, ...]]
"""As `getaddrinfo` gives it."""


class Sockets:
    """A socket factory for aiohttp that can end all it made."""

    def __init__(self) -> None:
        self._made: WeakSet[socket.socket] = WeakSet()

    def open(self, address: Address) -> socket.socket:
        made = open_socket(address)
        self._made.add(made)
        return made

    async def end(self) -> None:
        """End what is still open and let the loop release it. Nothing is waited for: the peer may be gone."""
        for one in self._made:
            if one.fileno() != -1:
                with suppress(OSError):  # not connected any more
                    one.shutdown(socket.SHUT_RDWR)
        for _ in range(_TURNS):
            await asyncio.sleep(0)


def open_socket(address: Address) -> socket.socket:
    """A TCP socket with keepalive."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in (
        ("TCP_KEEPIDLE", _IDLE),
        ("TCP_KEEPINTVL", _EVERY),
        ("TCP_KEEPCNT", _MISSES),
        ("TCP_USER_TIMEOUT", _UNACKNOWLEDGED_MS),
    ):
        if option := getattr(socket, name, None):  # macOS lacks some
            made.setsockopt(socket.IPPROTO_TCP, option, value)
    return made
