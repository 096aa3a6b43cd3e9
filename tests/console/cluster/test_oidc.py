"""An OIDC login of a kubeconfig goes through `kubernetes`, and verifies the provider."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web

from console.cluster.connecting import approve, connect, judgement_of
from console.cluster.http import HttpTransport
from console.errors import LoginNeeded
from console.ports.clock import SystemClock
from tests.console.cluster.kubeconfigs import kubeconfig, options
from tests.console.cluster.serving import served, server_context


def id_token(expires_in: float) -> str:
    parts: tuple[dict[str, object], ...] = ({"alg": "none"}, {"exp": int(time.time() + expires_in)}, {})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


@asynccontextmanager
async def provider(authority: trustme.CA, fresh: str) -> AsyncIterator[str]:
    """An OIDC provider on loopback that knows one refresh token."""

    async def discover(request: web.Request) -> web.Response:
        return web.json_response({"token_endpoint": f"https://{request.host}/token"})

    async def refresh(request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("refresh_token") != "refresh-1":
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(
            {"access_token": "a", "token_type": "Bearer", "id_token": fresh, "refresh_token": "refresh-2"}
        )

    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", discover)
    app.router.add_post("/token", refresh)
    async with served(app, server_context(authority, "127.0.0.1")) as url:
        yield url


async def connected(tmp_path: Path, issuer: str, token: str, authority: trustme.CA | None) -> HttpTransport:
    config: dict[str, Any] = {
        "client-id": "warroom",
        "client-secret": "s",
        "id-token": token,
        "refresh-token": "refresh-1",
        "idp-issuer-url": issuer,
    }
    if authority:
        pem = base64.b64encode(authority.cert_pem.bytes()).decode()
        config["idp-certificate-authority-data"] = pem
    kubeconfig(tmp_path / "config", {"auth-provider": {"name": "oidc", "config": config}})
    given = options(tmp_path)
    approve(given, judgement_of(given)[1].short_hash)
    return await connect(given, SystemClock())


async def test_a_token_that_is_still_good_is_used(tmp_path: Path) -> None:
    token = id_token(3600)

    transport = await connected(tmp_path, "https://127.0.0.1:1", token, None)

    assert (await transport._login.access()).headers == (("Authorization", f"Bearer {token}"),)


async def test_an_expired_token_is_renewed_at_the_provider(tmp_path: Path) -> None:
    authority, fresh = trustme.CA(), id_token(3600)
    async with provider(authority, fresh) as issuer:
        transport = await connected(tmp_path, issuer, id_token(-60), authority)

    assert (await transport._login.access()).headers == (("Authorization", f"Bearer {fresh}"),)


async def test_a_provider_that_cannot_be_verified_gets_nothing(tmp_path: Path) -> None:
    async with provider(trustme.CA(), id_token(3600)) as issuer:
        with pytest.raises(LoginNeeded, match="The login provider failed"):
            await connected(tmp_path, issuer, id_token(-60), None)
