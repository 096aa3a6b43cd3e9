"""Small HTTPS servers with an authority of their own, and a login that trusts one."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import trustme
from aiohttp import web

from console.cluster import tls
from console.cluster.login import Access


@asynccontextmanager
async def plain_server(handler: object, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """One handler for every path; gives its URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)  # type: ignore[arg-type]
    async with served(app, context) as url:
        yield url


@asynccontextmanager
async def served(app: web.Application, context: ssl.SSLContext | None) -> AsyncIterator[str]:
    """An application on loopback; gives its URL."""
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class TlsLogin:
    """Trusts one authority; another one after renewal."""

    def __init__(self, *authorities: trustme.CA) -> None:
        self.authorities = list(authorities)
        self._access = self._made()

    def _made(self) -> Access:
        return Access((), tls.context(self.authorities[0].cert_pem.bytes(), b"", b""))

    async def access(self) -> Access:
        return self._access

    async def renew(self, refused: Access) -> None:
        if len(self.authorities) > 1:
            self.authorities.pop(0)
            self._access = self._made()

    async def again(self) -> None:
        await self.renew(self._access)


def server_context(authority: trustme.CA, *names: str, expires: datetime | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, not_after=expires).configure_cert(context)
    return context
