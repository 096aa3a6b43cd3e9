"""Sockets that notice a dead peer: within 45 seconds, where the system's own default is two hours."""

from __future__ import annotations

import socket
from typing import Any

_IDLE, _EVERY, _MISSES, _UNACKNOWLEDGED_MS = 15, 10, 3, 40_000


def open_socket(address: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
    """A TCP socket for an address as `getaddrinfo` gives it, with keepalive."""
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
