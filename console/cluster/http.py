"""The HTTP transport: bytes to and from one real API server.

It follows no redirect, uses no proxy from the environment, trusts the kubeconfig's authority only, reads at most
64 MiB of an answer, waits for nothing without an end, and looks like any other client. It knows no kinds.
"""

from __future__ import annotations

import asyncio
import platform
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import urlencode, urlsplit

import aiohttp
import msgspec
from multidict import CIMultiDict
from yarl import URL

from console.cluster.bounded import MAX_BODY, read_body
from console.cluster.dating import certificate_note, server_time
from console.cluster.deadline import Deadline
from console.cluster.failures import BadCertificate, explain, login_refused
from console.cluster.impersonating import PREFIX
from console.cluster.login import Access, Login
from console.cluster.sockets import Sockets
from console.errors import Unreachable
from console.ports.clock import Clock
from console.ports.cluster import Reply, Request
from console.ports.tasks import Tasks

_MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
USER_AGENT = f"client/v0.0.0 ({platform.system().lower()}/{_MACHINE}) kubernetes/$Format"
"""As a Go client without a name of its own sends it: the attacker may read the audit log too."""

_OPENING = 15.0
"""Seconds until the head of a long answer must be there."""
_SIMULTANEOUS = 16
"""Short requests at once; watches are not counted."""


class Endpoint(msgspec.Struct, frozen=True):
    """Where the API server is and how it is called in the kubeconfig."""

    server: str
    """`https://host:port`, with a path prefix if it has one."""
    context: str = ""
    user: str = ""
    namespace: str = ""
    """The context's namespace, or `--namespace`; "" if none is set."""
    authority: str = ""
    """sha256 of the trusted authority, hex; "" when the system's store is used."""
    host_name: str = ""
    """`tls-server-name`: the name the certificate must be for, when not the server's."""
    proxy: str = ""
    compress: bool = True
    insecure: bool = False
    """Whether the certificate is not verified (approved by a person, and to be shown all the time)."""
    impersonates: bool = False
    """Whether the login acts as somebody else than whose credentials it has."""


class HttpTransport:
    """A `Transport` over aiohttp. Made inside a running loop; `close` it."""

    def __init__(self, endpoint: Endpoint, login: Login, clock: Clock, max_body: int = MAX_BODY) -> None:
        self.server = endpoint.server.rstrip("/")
        self.context = endpoint.context
        self.user = endpoint.user
        self.namespace = endpoint.namespace
        self.authority = endpoint.authority
        self.insecure = endpoint.insecure
        self.impersonates = endpoint.impersonates
        self._endpoint = endpoint
        self._login = login
        self._clock = clock
        self._max_body = max_body
        self._tasks = Tasks()
        self._gate = asyncio.Semaphore(_SIMULTANEOUS)
        self._session: aiohttp.ClientSession | None = None
        self._sockets = Sockets()

    async def send(self, request: Request, within: float = 10.0) -> Reply:
        async with self._gate:
            access = await self._login.access()
            try:
                reply = await self._exchange(request, access, within)
            except BadCertificate:
                reply = None
            if reply is None or reply.status == 401:
                await self._login.renew(access)
                access = await self._login.access()
                reply = await self._exchange(request, access, within)
        return self._accepted(reply, access)

    def stream(self, request: Request, idle: float) -> AbstractAsyncContextManager[tuple[Reply, AsyncIterator[bytes]]]:
        return self._stream(request, idle)

    @asynccontextmanager
    async def _stream(self, request: Request, idle: float) -> AsyncIterator[tuple[Reply, AsyncIterator[bytes]]]:
        response = await self._open_stream(request)
        try:
            head = _head(response)
            if response.status == 200:
                yield head, self._chunks(response, idle)
            else:
                body = await self._body(response, _OPENING)
                yield self._accepted(msgspec.structs.replace(head, body=body)), _nothing()
        finally:
            _abort(response)

    async def log_in(self) -> None:
        """Read the credentials again now, whatever failed before. Raises `LoginNeeded`."""
        await self._login.again()

    async def close(self) -> None:
        await self._tasks.close()
        if self._session:
            await self._session.close()
        await self._sockets.end()

    async def _open_stream(self, request: Request) -> aiohttp.ClientResponse:
        access = await self._login.access()
        try:
            response = await self._open_within(request, access)
            if response.status != 401:
                return response
            response.close()
        except BadCertificate:
            pass  # the authority may have changed in the kubeconfig meanwhile
        await self._login.renew(access)
        return await self._open_within(request, await self._login.access())

    async def _open_within(self, request: Request, access: Access) -> aiohttp.ClientResponse:
        async with Deadline(self._clock, _OPENING, self._late(_OPENING)):
            return await self._open(request, access)

    async def _exchange(self, request: Request, access: Access, within: float) -> Reply:
        async with Deadline(self._clock, within, self._late(within)):
            response = await self._open(request, access)
            try:
                body = await self._read(response)
            except BaseException:
                response.close()
                raise
            response.release()
            return msgspec.structs.replace(_head(response), body=body)

    async def _open(self, request: Request, access: Access) -> aiohttp.ClientResponse:
        url = self.server + request.path
        if request.query:
            url += "?" + urlencode(request.query)
        try:
            return await self._client().request(
                request.method,
                URL(url, encoded=True),
                data=request.body or None,
                headers=self._headers(request, access),
                allow_redirects=False,
                ssl=access.tls if access.tls is not None else True,
                server_hostname=self._endpoint.host_name or None,
                proxy=self._endpoint.proxy or None,
            )
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise explain(error, self.server) from error

    async def _body(self, response: aiohttp.ClientResponse, within: float) -> bytes:
        async with Deadline(self._clock, within, self._late(within)):
            return await self._read(response)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        try:
            encoding = response.headers.get("Content-Encoding", "").lower()
            return await read_body(response.content.iter_any(), encoding, self._max_body)
        except (aiohttp.ClientError, OSError) as error:
            raise explain(error, self.server) from error

    async def _chunks(self, response: aiohttp.ClientResponse, idle: float) -> AsyncIterator[bytes]:
        """Chunks as they come; a watchdog on the clock ends a stream in which nothing comes."""
        heard = [self._clock.monotonic()]
        watchdog = self._tasks.start("stream watchdog", self._watch_idle(response, idle, heard))
        try:
            async for chunk in response.content.iter_any():
                heard[0] = self._clock.monotonic()
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            raise explain(error, self.server) from error
        finally:
            watchdog.cancel()

    async def _watch_idle(self, response: aiohttp.ClientResponse, idle: float, heard: list[float]) -> None:
        while (left := heard[0] + idle - self._clock.monotonic()) > 0:
            await self._clock.sleep(left)
        sentence = f"The API server {self.server} has sent nothing for {idle:.0f} s; the connection is given up."
        response.content.set_exception(Unreachable(sentence))

    def _headers(self, request: Request, access: Access) -> CIMultiDict[str]:
        ours = [one for one in access.headers if not (request.plain and one[0].startswith(PREFIX))]
        headers = CIMultiDict([("User-Agent", USER_AGENT), ("Accept", request.accept), *ours])
        headers["Accept-Encoding"] = "gzip" if self._endpoint.compress else "identity"
        if request.body:
            headers["Content-Type"] = request.content_type
        if request.audit_id:
            headers["Audit-ID"] = request.audit_id
        return headers

    def _accepted(self, reply: Reply, access: Access | None = None) -> Reply:
        """Lets every Kubernetes answer through, whatever its status.

        Raises:
            LoginNeeded: 401 also with renewed credentials.
            Unreachable: a redirect or a web page: something else answers at this address.
        """
        if reply.status == 401:
            note = certificate_note(access.valid if access else None, self._clock.now(), server_time(reply))
            raise login_refused(self.server, self.user, note)
        if 300 <= reply.status < 400:
            place = urlsplit(reply.headers.get("location", "")).netloc or "another path"
            raise Unreachable(
                f"The API server {self.server} answers with a redirect to {place}, which is not followed; "
                "check server in the kubeconfig, or log in to the network."
            )
        if reply.headers.get("content-type", "").startswith("text/html"):
            raise Unreachable(
                f"{self.server} answers with a web page ({reply.status}): not a Kubernetes answer. "
                "Check server in the kubeconfig, or log in to the network."
            )
        return reply

    def _late(self, within: float) -> str:
        return f"The API server {self.server} did not answer within {within:.0f} s; check network, VPN and address."

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, socket_factory=self._sockets.open, ttl_dns_cache=30),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_OPENING),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                read_bufsize=1 << 18,
                middlewares=(_once,),
            )
        return self._session


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """One write leaves once. aiohttp would send PUT and DELETE again when a connection ends without an answer; what
    became of such a write is found out by reading."""
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise  # nothing was sent
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if request.method in ("GET", "HEAD"):
            raise
        raise aiohttp.ClientPayloadError(f"the connection ended without an answer: {error}") from error


def _abort(response: aiohttp.ClientResponse) -> None:
    """End a stream without the TLS good-bye: nobody awaits it, so it would outlive the session and the loop."""
    if response.connection is not None and response.connection.transport is not None:
        response.connection.transport.abort()
    response.close()


def _head(response: aiohttp.ClientResponse) -> Reply:
    return Reply(response.status, b"", {name.lower(): value for name, value in response.headers.items()})


async def _nothing() -> AsyncIterator[bytes]:
    none: tuple[bytes, ...] = ()
    for chunk in none:
        yield chunk
