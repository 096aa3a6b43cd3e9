"""A peer that is gone without a word is noticed within 45 seconds: the kernel is told to ask it."""

from __future__ import annotations

import socket
import sys

import pytest

from console.cluster.http import HttpTransport
from console.cluster.sockets import Address, open_socket
from console.ports.cluster import Request
from tests.console.cluster.faults import FaultServer, SkippingClock, transport_to

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads options only Linux has")


def noticed_within(one: socket.socket) -> tuple[float, float]:
    """Seconds until a dead peer ends an idle connection, and one with bytes on the way."""
    idle, every, misses, unanswered = (
        one.getsockopt(socket.IPPROTO_TCP, option)
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
    )
    return idle + every * misses, unanswered / 1000


def test_a_socket_asks_its_peer() -> None:
    with open_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))) as one:
        assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert max(noticed_within(one)) <= 45


async def test_every_connection_to_the_api_server_is_such_a_socket(
    server: FaultServer, clock: SkippingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[socket.socket] = []

    def kept(address: Address) -> socket.socket:
        made.append(open_socket(address))
        return made[-1]

    monkeypatch.setattr("console.cluster.sockets.open_socket", kept)
    transport: HttpTransport = transport_to(server, clock)

    await transport.send(Request("GET", "/version", audit_id="3f1b"))
    assert made
    await transport.close()
