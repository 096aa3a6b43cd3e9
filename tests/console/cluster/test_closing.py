"""A transport that is closed leaves nothing open, whatever it was in the middle of."""

from __future__ import annotations

import asyncio
import socket

import pytest
import trustme
from aiohttp import web

from console.cluster.http import Endpoint, HttpTransport
from console.cluster.sockets import Address, open_socket
from console.ports.clock import SystemClock
from console.ports.cluster import Request
from tests.console.cluster.serving import TlsLogin, plain_server, server_context

PODS = Request("GET", "/api/v1/pods", audit_id="an-id")


@pytest.mark.parametrize("said", [b"", b"half of it"], ids=["before the head", "in the body"])
async def test_requests_given_up_in_the_middle_leave_no_connection_behind(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even one that is still saying good-bye: the loop may end in the next moment."""
    made: list[socket.socket] = []
    heard = asyncio.Event()

    async def unending(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        if said:
            await answer.prepare(request)
            await answer.write(said)
        heard.set()
        await asyncio.Event().wait()
        return answer

    def kept(address: Address) -> socket.socket:
        made.append(open_socket(address))
        return made[-1]

    monkeypatch.setattr("console.cluster.sockets.open_socket", kept)
    ours = trustme.CA()
    async with plain_server(unending, server_context(ours, "127.0.0.1")) as url:
        transport = HttpTransport(Endpoint(url), TlsLogin(ours), SystemClock())
        asked = [asyncio.create_task(transport.send(PODS)) for _ in range(3)]
        await heard.wait()
        for one in asked:
            one.cancel()
        await asyncio.wait(asked)
        await transport.close()
        left = [one for one in made if one.fileno() != -1]
    assert made
    assert not left
