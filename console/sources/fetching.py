"""Asks an HTTP server of somebody else's for JSON, without trusting it: bounded in time and size, never led elsewhere.

In: an address, and how to prove ourselves. Out: the bytes of an answer, or `SourceError` in words for people.
Redirects are refused (the token would travel), proxies, cookies and `.netrc` of the environment are not used, and no
error holds a header or the address's own user.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Sequence

import aiohttp
import msgspec
from yarl import URL

from console.errors import SourceError

CONNECT = 3.05
DEADLINE = 20.0
"""Seconds for a whole answer."""
SIZE = 16 << 20
"""Bytes of an answer."""


Answer = tuple[int, dict[str, str], bytes]
"""Status, headers in lower case, body."""


class Access(msgspec.Struct, frozen=True):
    """How to reach the server. `ca` is the path of a PEM file, "" for the system's authorities."""

    token: str = ""
    ca: str = ""
    user: str = ""
    password: str = ""
    api_key: str = ""
    """As Elasticsearch gives them, encoded."""


class Refusal(SourceError):
    """The server answered, with a failure.

    Attributes:
        status: of HTTP.
    """

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class TooLarge(SourceError):
    """The answer is larger than we take."""


class Fetcher:
    """One server.

    Args:
        url: with a path prefix if it has one; its query, user and fragment are not used.
        access: how to prove ourselves and whom to trust.
        size: bytes of an answer at most; 0 for the usual.
    """

    def __init__(self, url: str, access: Access, *, deadline: float = DEADLINE, size: int = 0) -> None:
        self._base = URL(url).with_user(None).with_query(None).with_fragment(None)
        self.host = self._base.authority
        """With its port, for people."""
        self._access = access
        self._deadline, self._size = deadline, size or SIZE
        self._session: aiohttp.ClientSession | None = None

    @property
    def address(self) -> str:
        """For people, without user and query."""
        return str(self._base).rstrip("/")

    async def get(self, path: str, **asked: str | Sequence[str]) -> bytes:
        """The body of an answer. Raises SourceError, `Refusal` when the server says no."""
        return await self.ask("GET", path, **asked)

    async def ask(self, method: str, path: str, body: object = None, **asked: str | Sequence[str]) -> bytes:
        """The body of an answer to a request that sends JSON, if anything. Raises as `get`."""
        data = msgspec.json.encode(body) if body is not None else b""
        status, headers, said = await self._asked(method, self._url(path).with_query(asked), data, self._deadline)
        if 300 <= status < 400:
            raise Refusal(f"it redirects to {headers.get('location')}; give that address", 302)
        if status >= 400:
            raise Refusal(_refusal(status, said), status)
        return said

    async def send(self, method: str, path: str, body: bytes = b"", within: float = DEADLINE) -> Answer:
        """One write, sent once: the answer whatever its status. Raises SourceError: then nobody knows."""
        return await self._asked(method, self._url(path), body, within)

    def _url(self, path: str) -> URL:
        return self._base.with_path(self._base.path.rstrip("/") + path)

    async def _asked(self, method: str, url: URL, body: bytes, within: float) -> Answer:
        head = {"Content-Type": "application/json"} if body else {}
        try:
            async with asyncio.timeout(within):
                session = self._session = self._session or await self._opened()
                async with session.request(
                    method, url, allow_redirects=False, data=body or None, headers=head
                ) as answer:
                    said = {name.lower(): value for name, value in answer.headers.items()}
                    return answer.status, said, await _bounded(answer, self._size)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            raise SourceError(_words(error)) from error

    async def close(self) -> None:
        """Give up the connections."""
        if self._session:
            await self._session.close()

    async def _opened(self) -> aiohttp.ClientSession:
        access, headers = self._access, {"Accept": "application/json", "Accept-Encoding": "identity"}
        if access.token:
            headers["Authorization"] = f"Bearer {access.token}"
        elif access.api_key:
            headers["Authorization"] = f"ApiKey {access.api_key}"
        elif access.user:
            pair = b64encode(f"{access.user}:{access.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        trusted: ssl.SSLContext | bool = await asyncio.to_thread(_trusting, access.ca) if access.ca else True
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trusted, limit=2),
            timeout=aiohttp.ClientTimeout(total=self._deadline, sock_connect=CONNECT),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # nobody asked for it: a small answer must not become a large one
        )


def _trusting(ca: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise SourceError(f"the authority's file {ca} cannot be used: {error.strerror or error}") from error


async def _bounded(answer: aiohttp.ClientResponse, size: int) -> bytes:
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > size:
            raise TooLarge(f"its answer is larger than {size} bytes")
    return bytes(body)


def _refusal(status: int, body: bytes) -> str:
    """The server's own words where there are any."""
    if status in (401, 403):
        return f"the server refuses us ({status}); give a token or a password it accepts"
    said = body[:300].decode("utf-8", "replace").strip().strip('"')
    return f"the server refuses ({status}): {said}" if said else f"the server answers {status}"


def _words(error: Exception) -> str:
    """The kind of failure; never the address, which may hold a secret, nor a header."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError)):
        return "its certificate is not trusted"
    if isinstance(error, (aiohttp.ClientConnectionError, OSError)):
        return "no connection"
    return f"its answer cannot be read ({type(error).__name__})"
