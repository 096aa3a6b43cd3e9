"""What is asked of somebody else's server says who it trusts, ends in time, and fails in words without secrets."""

from __future__ import annotations

import asyncio
import base64
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from console.errors import SourceError
from console.sources import fetching
from console.sources.fetching import Access, Fetcher, Refusal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


@asynccontextmanager
async def asking(url: str, access: Access | None = None) -> AsyncIterator[Fetcher]:
    fetcher = Fetcher(url, access or Access())
    try:
        yield fetcher
    finally:
        await fetcher.close()


async def whole(request: web.Request) -> web.Response:
    return web.json_response({"path": request.path_qs, "head": dict(request.headers)})


async def said(url: str, access: Access | None = None) -> str:
    async with asking(url, access) as fetcher:
        with pytest.raises(SourceError) as caught:
            await fetcher.get("/a")
    return str(caught.value)


async def test_the_path_is_added_to_the_prefix_and_what_is_asked_is_quoted() -> None:
    async with serving(whole) as port, asking(f"http://u:p@127.0.0.1:{port}/am/?token=x#y") as fetcher:
        body = (await fetcher.get("/api/v2/alerts", filter='alertname="a&b"')).decode()
    assert '"path": "/am/api/v2/alerts?filter=alertname%3D%22a%26b%22"' in body
    assert "Authorization" not in body, "a user in the address would be shown wherever the address is"


async def test_a_token_or_else_a_password_proves_who_asks() -> None:
    async with serving(whole) as port:
        async with asking(f"http://127.0.0.1:{port}", Access(token="t0ken", user="u", password="p")) as fetcher:
            assert b'"Authorization": "Bearer t0ken"' in await fetcher.get("/")
        async with asking(f"http://127.0.0.1:{port}", Access(user="u", password="pä")) as fetcher:
            assert base64.b64encode("u:pä".encode()) in await fetcher.get("/")


async def test_only_an_authority_that_is_named_is_trusted(tmp_path: Path) -> None:
    authority, other = trustme.CA(), trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    for name, one in (("ours", authority), ("other", other)):
        one.cert_pem.write_to_path(str(tmp_path / f"{name}.pem"))
    (tmp_path / "broken.pem").write_text("no certificate")
    async with serving(whole, context) as port:
        url = f"https://127.0.0.1:{port}"
        async with asking(url, Access(ca=str(tmp_path / "ours.pem"))) as fetcher:
            assert await fetcher.get("/")
        assert await said(url) == "its certificate is not trusted"
        assert await said(url, Access(ca=str(tmp_path / "other.pem"))) == "its certificate is not trusted"
        for name in ("broken.pem", "absent.pem"):
            assert f"{name} cannot be used" in await said(url, Access(ca=str(tmp_path / name)))


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, "no", "the server refuses us (401); give a token or a password it accepts"),
        (403, "no", "the server refuses us (403); give a token or a password it accepts"),
        (400, '"failed to parse filter"', "the server refuses (400): failed to parse filter"),
        (503, "", "the server answers 503"),
    ],
)
async def test_a_refusal_is_told_in_the_server_s_words(status: int, body: str, words: str) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    async with serving(refuse) as port, asking(f"http://127.0.0.1:{port}") as fetcher:
        with pytest.raises(Refusal) as caught:
            await fetcher.get("/")
    assert (str(caught.value), caught.value.status) == (words, status)


async def test_an_answer_that_trickles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "DEADLINE", 0.2)

    async def trickle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b" ")
            await asyncio.sleep(0.01)

    async with serving(trickle) as port:
        assert await said(f"http://127.0.0.1:{port}") == "no answer in time"


async def test_a_packed_answer_stays_packed() -> None:
    """Nobody asked for it, and a thousand bytes could become a million."""
    packed = gzip.compress(b" " * 1_000_000)

    async def pack(request: web.Request) -> web.Response:
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    async with serving(pack) as port, asking(f"http://127.0.0.1:{port}") as fetcher:
        assert await fetcher.get("/") == packed


async def test_an_answer_cut_in_the_middle_is_no_answer() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,")
        writer.close()

    server = await asyncio.start_server(cut, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await said(f"http://127.0.0.1:{port}") == "its answer cannot be read (ClientPayloadError)"
