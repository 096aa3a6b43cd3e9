"""No write leaves without an id somebody journalled; what counts as a dry-run is what the API server takes for one."""

from __future__ import annotations

import asyncio

import pytest

from console.cluster.http import Endpoint, HttpTransport
from console.cluster.live import LiveCluster
from console.errors import Refused, Unreachable
from console.ports.clock import ManualClock, SystemClock
from console.ports.cluster import Request
from tests.console.cluster.faults import FaultServer, FixedLogin, SkippingClock, refuse, transport_to

DRY = (("dryRun", "All"),)
POD = "/api/v1/namespaces/shop/pods/web"


@pytest.mark.parametrize(
    "request_",
    [
        Request("DELETE", POD),
        Request("PATCH", POD, (("dryRun", ""),), b"{}"),
        Request("POST", "/api/v1/namespaces/shop/serviceaccounts/web/token", body=b"{}"),
        # The API server reads a delete's options from the body alone when there is one: this would delete the pod.
        Request("DELETE", POD, DRY, b'{"kind":"DeleteOptions","preconditions":{"uid":"u"}}'),
        Request("DELETE", POD, DRY, b'{"kind":"DeleteOptions","dryRun":"All"}'),
        Request("DELETE", POD, DRY, b"not json"),
    ],
    ids=["delete", "empty-dry-run", "token", "delete-body-not-dry", "delete-body-odd", "delete-body-unreadable"],
)
async def test_a_write_without_an_id_is_not_sent(request_: Request, server: FaultServer, clock: SkippingClock) -> None:
    cluster = LiveCluster(transport_to(server, clock), ManualClock(), b"s" * 32)

    with pytest.raises(Refused, match="was not sent"):
        await cluster.send(request_)

    assert server.seen == []
    await cluster.close()


@pytest.mark.parametrize(
    "request_",
    [
        Request("DELETE", POD, DRY),
        Request("DELETE", POD, DRY, b'{"kind":"DeleteOptions","dryRun":["All"],"preconditions":{"uid":"u"}}'),
        Request("PATCH", POD, DRY, b"{}"),
        Request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=b"{}"),
    ],
    ids=["delete", "delete-body-dry", "patch", "review"],
)
async def test_what_writes_nothing_goes_out_under_a_read_id(
    request_: Request, server: FaultServer, clock: SkippingClock
) -> None:
    server.always = refuse(404)
    cluster = LiveCluster(transport_to(server, clock), ManualClock(), b"s" * 32)

    await cluster.send(request_)

    assert cluster.owns(server.seen[0].headers["Audit-ID"])
    await cluster.close()


@pytest.mark.parametrize(("method", "times"), [("DELETE", 1), ("PUT", 1), ("PATCH", 1), ("POST", 1), ("GET", 2)])
async def test_a_write_whose_connection_ends_without_an_answer_leaves_once(method: str, times: int) -> None:
    """The HTTP client would send a DELETE again by itself; whether the first one arrived is found out by reading."""
    arrived: list[str] = []

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            arrived.append(head.split()[0].decode())
            if b"/first" not in head.split()[1]:
                break
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer_once, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport = HttpTransport(Endpoint(f"http://127.0.0.1:{port}"), FixedLogin(), SystemClock())
    await transport.send(Request("GET", "/first"))  # the next one goes over a connection that is open already

    with pytest.raises(Unreachable, match="closed the connection"):
        await transport.send(Request(method, "/api/v1/namespaces/shop/pods/web", audit_id="an-id"))

    assert arrived[1:] == [method] * times
    await transport.close()
    server.close()
