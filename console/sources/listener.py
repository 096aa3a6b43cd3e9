"""The HTTP side of webhooks: an address, who may post to it, and how much.

In: an address and how callers prove themselves. Out: a server that gives each accepted body to a handler.
Beyond loopback it demands TLS, and a bearer token or a client certificate; a token in the URL is refused, because the
API server drops the query of a webhook's URL and proxies log it.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from aiohttp import web

from console.errors import ConfigError
from console.ports.clock import Clock, SystemClock
from console.ports.tasks import Tasks

BODY_LIMIT = 64 << 20
"""Bytes of one request, unpacked."""
BODIES = 4
"""Bodies read at once: at most these many times the limit are in memory."""
SLOWEST = 30.0
"""Seconds in which a new connection must have sent the head of a request, and any request its whole body."""
CONNECTIONS = 200
"""Connections at once; one more is closed unheard."""


class Answer(msgspec.Struct, frozen=True):
    """What the handler wants answered."""

    status: int = 200
    text: str = ""
    retry_after: int = 0


Handler = Callable[[bytes], Awaitable[Answer]]


class Access(msgspec.Struct, frozen=True):
    """Who may post. Paths of PEM files; "" for none."""

    token: str = ""
    certificate: str = ""
    key: str = ""
    client_ca: str = ""


class Listener:
    """One address. `start` and `stop` may be called once each.

    Raises:
        ConfigError: the address is none, or what guards it is not enough.
    """

    def __init__(
        self, address: str, access: Access, handler: Handler, limit: int = BODY_LIMIT, clock: Clock | None = None
    ) -> None:
        self.host, self.port = _parsed(address)
        _check(self.host, access)
        self._access = access
        self._handler = handler
        self._limit = limit
        self._clock = clock or SystemClock()
        self._runner: web.AppRunner | None = None
        self._bodies = asyncio.Semaphore(BODIES)
        self._tasks = Tasks()
        self.unknown = 0
        """Requests refused because they bore no token, or a wrong one."""
        self._heard: set[object] = set()
        """Connections on which an allowed request came: they may stay open between requests."""

    async def start(self) -> None:
        """Listen. Raises OSError when the address is taken, ConfigError when a certificate cannot be used."""
        context = _context(self._access)
        app = web.Application(client_max_size=self._limit)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0, lingering_time=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, ssl_context=context)
        await site.start()
        self._tasks.start("listener:sweep", self._sweep(self._runner))
        addresses = self._runner.addresses
        if self.port == 0 and addresses:
            self.port = int(addresses[0][1])

    async def stop(self) -> None:
        """Let running requests end, for two seconds."""
        await self._tasks.close()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _sweep(self, runner: web.AppRunner) -> None:
        """Close connections that send nothing whole: a head that trickles would hold them for ever."""
        since: dict[object, float] = {}
        while True:
            await self._clock.sleep(SLOWEST / 6)
            now, open_ = self._clock.monotonic(), runner.server.connections if runner.server else []
            since = {one: since.get(one, now) for one in open_}
            self._heard &= since.keys()
            for number, one in enumerate(open_):
                if number >= CONNECTIONS or (one not in self._heard and now - since[one] >= SLOWEST):
                    one.force_close()

    async def _handle(self, request: web.Request) -> web.Response:
        answer = await self._answer(request)
        if answer.status in (200, 429, 503):
            self._heard.add(request.protocol)
        else:
            answer.force_close()
        return answer

    async def _answer(self, request: web.Request) -> web.Response:
        if "token" in request.query or "access_token" in request.query:
            return _plain(Answer(400, "a token does not belong in the URL; send it as Authorization: Bearer"))
        if not self._is_allowed(request):
            self.unknown += 1
            return _plain(Answer(401, "give the token as Authorization: Bearer"))
        if request.method != "POST":
            return _plain(Answer(405, "only POST"))
        if request.content_length is not None and request.content_length > self._limit:
            return _plain(Answer(413, f"at most {self._limit} bytes; lower --audit-webhook-batch-max-size"))
        async with self._bodies:
            try:
                async with asyncio.timeout(SLOWEST):
                    body = await request.read()
            except TimeoutError:
                return _plain(Answer(408, f"the body did not come within {SLOWEST:.0f} s"))
            except web.HTTPRequestEntityTooLarge:
                return _plain(Answer(413, f"at most {self._limit} bytes; lower --audit-webhook-batch-max-size"))
            return _plain(await self._handler(body))

    def _is_allowed(self, request: web.Request) -> bool:
        if not self._access.token:
            return True
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._access.token.encode())
        return kind.lower() == "bearer" and same


def _plain(answer: Answer) -> web.Response:
    headers = {"Retry-After": str(answer.retry_after)} if answer.retry_after else {}
    return web.Response(status=answer.status, text=answer.text, headers=headers)


def _parsed(address: str) -> tuple[str, int]:
    if "://" in address or "/" in address or "?" in address:
        raise ConfigError(f"{address!r} is no address to listen on. Write HOST:PORT, like 127.0.0.1:8443.")
    host, _, port = address.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"{address!r} has no port. Write HOST:PORT, like 127.0.0.1:8443.")
    return host.strip("[]") or "127.0.0.1", int(port)


def _check(host: str, access: Access) -> None:
    if bool(access.certificate) != bool(access.key):
        raise ConfigError("A certificate needs its key and a key its certificate. Give both, or neither.")
    if access.client_ca and not access.certificate:
        raise ConfigError("Client certificates need TLS. Give a certificate and its key too.")
    if is_loopback(host):
        return
    if not access.certificate:
        raise ConfigError(f"Listening on {host} needs TLS. Give a certificate and its key, or listen on 127.0.0.1.")
    if not access.token and not access.client_ca:
        raise ConfigError(f"Listening on {host} needs to know its callers. Give a token file or an authority's file.")


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _context(access: Access) -> ssl.SSLContext | None:
    if not access.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(access.certificate, access.key)
        if access.client_ca:
            context.load_verify_locations(access.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{access.certificate} or its key cannot be used: {error}. Check the PEM files.") from error
    return context


def read_token(path: str) -> str:
    """The token in a file. Raises ConfigError when it is empty, unreadable or readable by others."""
    try:
        file = Path(path).expanduser()
        if file.stat().st_mode & 0o077:
            raise ConfigError(f"{path} may be read by others. Make it private: chmod 600 {path}")
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}. Give the path of a file with the token.") from error
    if not token:
        raise ConfigError(f"{path} is empty. Put the token in it.")
    return token
