"""From a kubeconfig to a transport: choose, ask the gate, log in."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
from urllib.parse import urlsplit

from console.cluster.credentials import content, plain
from console.cluster.http import Endpoint, HttpTransport
from console.cluster.kubeconfig import Chosen, choose
from console.cluster.options import ConnectOptions
from console.cluster.renewing import Material, RenewingLogin
from console.errors import ConfigError, LoginNeeded
from console.ports.clock import Clock


async def connect(options: ConnectOptions, clock: Clock) -> HttpTransport:
    """The transport to the cluster that the options mean. Reads files, may run an approved login plugin; sends nothing.

    Raises:
        ConfigError: the kubeconfig is missing or unusable.
        Untrusted: it wants something that nobody approved.
        LoginNeeded: the credentials need a person.
    """
    chosen = await asyncio.to_thread(choose, options.paths, options.context)
    first = await _read(chosen)
    endpoint = _endpoint(chosen, options, first[1])

    async def again() -> Material:
        now = await asyncio.to_thread(choose, options.paths, endpoint.context)
        if now.server != chosen.server:
            raise LoginNeeded(
                f"{now.cluster.file} names the server {now.server} for the context {endpoint.context!r} now; "
                f"this incident is about {chosen.server}. Restore the context, or start anew."
            )
        return await _read(now)

    login = RenewingLogin(again, first, clock, endpoint.insecure, _impersonation(options, chosen))
    return HttpTransport(endpoint, login, clock)


async def _read(chosen: Chosen) -> Material:
    return await asyncio.to_thread(lambda: (plain(chosen), content(chosen.cluster, "certificate-authority")))


def _endpoint(chosen: Chosen, options: ConnectOptions, authority: bytes) -> Endpoint:
    cluster = chosen.cluster
    return Endpoint(
        server=chosen.server,
        context=chosen.context,
        user=chosen.user.name,
        namespace=options.namespace or chosen.namespace,
        authority=hashlib.sha256(authority).hexdigest() if authority else "",
        host_name=cluster.text("tls-server-name"),
        proxy=cluster.text("proxy-url"),
        compress=not (cluster.flag("disable-compression") or _is_local(chosen.server)),
        insecure=cluster.flag("insecure-skip-tls-verify"),
    )


def _is_local(server: str) -> bool:
    """Whether bytes to the server are free, so that compressing them only costs time."""
    host = urlsplit(server).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _impersonation(options: ConnectOptions, chosen: Chosen) -> tuple[tuple[str, str], ...]:
    user = options.as_user or chosen.user.text("as")
    groups = options.as_groups or tuple(str(group) for group in chosen.user.value.get("as-groups") or ())
    if groups and not user:
        raise ConfigError("--as-group needs --as: groups are impersonated together with a user.")
    if not user:
        return ()
    return (("Impersonate-User", user), *(("Impersonate-Group", group) for group in groups))
