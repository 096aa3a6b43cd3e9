"""The transport against servers that are down, hostile, or somebody else."""

from __future__ import annotations

import asyncio
import gzip
import re
import ssl
from datetime import UTC, datetime

import pytest
import trustme
from aiohttp import web

from console.cluster import tls
from console.cluster.bounded import OverLimit
from console.cluster.http import Endpoint, HttpTransport
from console.errors import LoginNeeded, Unreachable
from console.ports.clock import ManualClock, SystemClock
from console.ports.cluster import Request
from tests.console.cluster.faults import (
    Fault,
    FaultServer,
    FixedLogin,
    SkippingClock,
    refuse,
    say,
    status,
    transport_to,
    until,
)
from tests.console.cluster.serving import TlsLogin, plain_server, server_context

PODS = Request("GET", "/api/v1/pods", audit_id="an-id")


async def test_a_request_looks_like_any_client_and_carries_its_id(server: FaultServer, clock: SkippingClock) -> None:
    transport = transport_to(server, clock)

    await transport.send(PODS)

    headers = server.seen[0].headers
    assert headers["Audit-ID"] == "an-id"
    assert headers["Authorization"] == "Bearer one"
    assert re.fullmatch(r"client/v0\.0\.0 \(\w+/\w+\) kubernetes/\$Format", headers["User-Agent"])
    assert not {"aiohttp", "python", "warroom"} & set(re.findall(r"[a-z]+", " ".join(headers.values()).lower()))
    await transport.close()


async def test_paths_and_queries_arrive_as_they_were_meant(server: FaultServer, clock: SkippingClock) -> None:
    transport = transport_to(server, clock)
    server.always = refuse(404)

    await transport.send(Request("GET", "/api/v1/namespaces/a%2Fb/pods/x%3Ay", (("labelSelector", "a in (b,c)&d=e"),)))

    assert server.seen[0].path == "/api/v1/namespaces/a%2Fb/pods/x:y" or server.seen[0].path.endswith("x:y")
    assert server.seen[0].query == {"labelSelector": "a in (b,c)&d=e"}
    await transport.close()


@pytest.mark.parametrize("code", [200, 201, 403, 404, 409, 410, 422, 429, 500, 503])
async def test_a_status_is_an_answer_and_no_error(server: FaultServer, clock: SkippingClock, code: int) -> None:
    transport = transport_to(server, clock)
    server.always = refuse(code, "Reason")

    reply = await transport.send(PODS)

    assert (reply.status, reply.json()["reason"]) == (code, "Reason")
    assert "content-type" in reply.headers
    await transport.close()


async def test_a_401_renews_the_login_once_and_tries_once_more(server: FaultServer, clock: SkippingClock) -> None:
    """F5."""
    login = FixedLogin("old", "new")
    transport = transport_to(server, clock, login)
    server.lists.append(refuse(401, "Unauthorized"))

    reply = await transport.send(PODS)

    assert reply.status == 200
    assert [seen.headers["Authorization"] for seen in server.seen] == ["Bearer old", "Bearer new"]
    assert login.renewals == 1
    await transport.close()


async def test_a_401_that_stays_needs_a_person(server: FaultServer, clock: SkippingClock) -> None:
    transport = transport_to(server, clock)
    server.always = refuse(401, "Unauthorized")

    with pytest.raises(LoginNeeded, match=r"does not accept the login .*Log in again"):
        await transport.send(PODS)

    assert len(server.seen) == 2
    await transport.close()


async def test_a_watch_renews_a_refused_login_too(server: FaultServer, clock: SkippingClock) -> None:
    login = FixedLogin("old", "new")
    transport = transport_to(server, clock, login)
    server.watches.extend([refuse(401, "Unauthorized"), say(b"{}\n")])
    request = Request("GET", "/api/v1/pods", (("watch", "true"), ("resourceVersion", "1")))

    async with transport.stream(request, 10) as (reply, chunks):
        text = b"".join([chunk async for chunk in chunks])

    assert (reply.status, text, login.renewals) == (200, b"{}\n", 1)
    await transport.close()


async def test_a_refused_stream_gives_the_error_body(server: FaultServer, clock: SkippingClock) -> None:
    transport = transport_to(server, clock)
    server.always = refuse(410, "Expired")

    async with transport.stream(PODS, 10) as (reply, chunks):
        assert [chunk async for chunk in chunks] == []

    assert (reply.status, reply.json()["reason"]) == (410, "Expired")
    await transport.close()


async def test_a_redirect_is_not_followed(server: FaultServer, clock: SkippingClock) -> None:
    """S4: the login would go to another server."""

    async def elsewhere(server: FaultServer, request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": f"{server.url}/evil?x=1"})

    transport = transport_to(server, clock)
    server.always = elsewhere

    with pytest.raises(Unreachable, match=r"redirect to 127\.0\.0\.1:\d+, which is not followed"):
        await transport.send(PODS)

    assert [seen.path for seen in server.seen] == ["/api/v1/pods"]
    await transport.close()


async def test_proxies_of_the_environment_are_not_used(
    server: FaultServer, clock: SkippingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    transport = transport_to(server, clock)

    assert (await transport.send(PODS)).status == 200
    await transport.close()


async def test_a_web_page_is_no_kubernetes_answer(server: FaultServer, clock: SkippingClock) -> None:
    async def portal(server: FaultServer, request: web.Request) -> web.StreamResponse:
        return web.Response(text="<h1>Welcome to the airport</h1>", content_type="text/html")

    transport = transport_to(server, clock)
    server.always = portal

    with pytest.raises(Unreachable, match="not a Kubernetes answer"):
        await transport.send(PODS)
    await transport.close()


def _raw(body: bytes, encoding: str) -> Fault:
    async def fault(server: FaultServer, request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, headers={"Content-Encoding": encoding, "Content-Type": "application/json"})

    return fault


async def test_a_compressed_answer_is_inflated(server: FaultServer, clock: SkippingClock) -> None:
    transport = HttpTransport(Endpoint(server.url), FixedLogin(), clock)
    server.always = _raw(gzip.compress(b'{"kind":"PodList"}'), "gzip")

    assert (await transport.send(PODS)).json() == {"kind": "PodList"}
    assert server.seen[0].headers["Accept-Encoding"] == "gzip"
    await transport.close()


async def test_a_bomb_is_refused_after_the_limit(server: FaultServer, clock: SkippingClock) -> None:
    """S5: a compressed gigabyte."""
    transport = transport_to(server, clock)
    server.always = _raw(gzip.compress(bytes(1 << 30), 1), "gzip")

    with pytest.raises(OverLimit, match="longer than 64 MiB"):
        await transport.send(PODS, 60)
    await transport.close()


@pytest.mark.parametrize(
    ("body", "encoding", "said"),
    [
        (b"this is not gzip", "gzip", "damaged"),
        (gzip.compress(b"x" * 1000)[:-9], "gzip", "ended in the middle"),
        (b"xx", "br", "not asked for"),
    ],
    ids=["no gzip", "cut short", "brotli"],
)
async def test_a_damaged_answer_says_so(
    server: FaultServer, clock: SkippingClock, body: bytes, encoding: str, said: str
) -> None:
    transport = transport_to(server, clock)
    server.always = _raw(body, encoding)

    with pytest.raises(Unreachable, match=said):
        await transport.send(PODS)
    await transport.close()


async def test_json_nested_without_end_is_no_crash(server: FaultServer, clock: SkippingClock) -> None:
    transport = transport_to(server, clock)
    server.always = _raw(b"[" * 200_000, "identity")

    reply = await transport.send(PODS)

    with pytest.raises(Unreachable, match="not JSON"):
        reply.json()
    await transport.close()


async def test_an_answer_that_trickles_has_one_deadline_in_all() -> None:
    """Slow-loris: each byte is in time, the whole is not."""

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        written.append(1)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.01)

    written: list[int] = []
    clock = ManualClock()
    async with plain_server(trickle) as url:
        transport = HttpTransport(Endpoint(url), FixedLogin(), clock)
        sending = asyncio.get_running_loop().create_task(transport.send(PODS, 10))
        await until(lambda: written)
        await clock.advance(9)
        assert not sending.done()
        await clock.advance(2)

        with pytest.raises(Unreachable, match="did not answer within 10 s"):
            await sending
        await transport.close()


async def test_a_server_that_is_down_says_that_it_refuses() -> None:
    transport = HttpTransport(Endpoint("http://127.0.0.1:1"), FixedLogin(), SystemClock())

    with pytest.raises(Unreachable, match="refuses the connection; is it running"):
        await transport.send(PODS)
    await transport.close()


async def test_a_name_that_does_not_resolve_says_so() -> None:
    transport = HttpTransport(Endpoint("https://api.invalid:6443"), FixedLogin(), SystemClock())

    with pytest.raises(Unreachable, match="name that cannot be resolved"):
        await transport.send(PODS)
    await transport.close()


async def test_a_connection_cut_in_the_middle_says_so(server: FaultServer, clock: SkippingClock) -> None:
    async def cut(server: FaultServer, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"{")
        if request.transport:
            request.transport.abort()
        return response

    transport = transport_to(server, clock)
    server.always = cut

    with pytest.raises(Unreachable, match="in the middle of an answer"):
        await transport.send(PODS)
    await transport.close()


# TLS: who is at the other end


async def _ok(request: web.Request) -> web.StreamResponse:
    return status(200, "", "")


async def _failure(login: TlsLogin, context: ssl.SSLContext | None) -> str:
    async with plain_server(_ok, context) as url:
        transport = HttpTransport(Endpoint(url.replace("http://", "https://")), login, SystemClock())
        with pytest.raises(Unreachable) as caught:
            await transport.send(PODS)
        await transport.close()
    return str(caught.value)


async def test_the_authority_of_the_kubeconfig_is_trusted() -> None:
    ours = trustme.CA()
    async with plain_server(_ok, server_context(ours, "127.0.0.1")) as url:
        transport = HttpTransport(Endpoint(url), TlsLogin(ours), SystemClock())
        assert (await transport.send(PODS)).status == 200
        await transport.close()


async def test_another_authority_is_refused_by_name() -> None:
    said = await _failure(TlsLogin(trustme.CA()), server_context(trustme.CA(), "127.0.0.1"))

    assert "signed by another authority" in said
    assert "certificate-authority" in said


async def test_an_expired_certificate_is_named() -> None:
    ours = trustme.CA()

    said = await _failure(TlsLogin(ours), server_context(ours, "127.0.0.1", expires=datetime(2020, 1, 1, tzinfo=UTC)))

    assert "certificate that has expired" in said


async def test_a_certificate_for_another_host_is_named() -> None:
    ours = trustme.CA()

    said = await _failure(TlsLogin(ours), server_context(ours, "10.0.0.1"))

    assert "for another address" in said


async def test_a_server_without_tls_is_named() -> None:
    said = await _failure(TlsLogin(trustme.CA()), None)

    assert "does not speak TLS" in said


async def test_a_rotated_authority_is_taken_up_without_restart() -> None:
    """F5."""
    old, new = trustme.CA(), trustme.CA()
    async with plain_server(_ok, server_context(new, "127.0.0.1")) as url:
        transport = HttpTransport(Endpoint(url), TlsLogin(old, new), SystemClock())
        assert (await transport.send(PODS)).status == 200
        await transport.close()


async def test_a_tls_server_name_is_asked_for_in_place_of_the_address() -> None:
    ours = trustme.CA()
    async with plain_server(_ok, server_context(ours, "api.shop.example")) as url:
        transport = HttpTransport(Endpoint(url, host_name="api.shop.example"), TlsLogin(ours), SystemClock())
        assert (await transport.send(PODS)).status == 200
        await transport.close()


def test_when_a_certificate_begins_and_ends_is_read() -> None:
    begin, end = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2051, 5, 6, 7, 8, 9, tzinfo=UTC)
    certificate = trustme.CA().issue_cert("x", not_before=begin, not_after=end)

    assert tls.validity(certificate.cert_chain_pems[0].bytes()) == (begin.timestamp(), end.timestamp())
    assert tls.validity(b"nonsense") is None
