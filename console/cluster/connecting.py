"""From options to a transport: choose the context, ask the gate, log in. Sends nothing to the API server."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
from urllib.parse import urlsplit

import msgspec

from console.cluster.asking_plugin import ask_program, ask_provider
from console.cluster.credentials import content, plain
from console.cluster.gate import Judgement, judge, refusal
from console.cluster.http import Endpoint, HttpTransport
from console.cluster.identifying import provisional_id
from console.cluster.impersonating import impersonation
from console.cluster.incluster import in_cluster, in_pod
from console.cluster.kubeconfig import Chosen, choose
from console.cluster.options import ConnectOptions
from console.cluster.renewing import Material, RenewingLogin
from console.cluster.trust import Trust
from console.errors import ConfigError, LoginNeeded
from console.ports.clock import Clock


async def connect(options: ConnectOptions, clock: Clock) -> HttpTransport:
    """The transport to the cluster that the options mean. Reads files, and may run an approved login plugin.

    Raises:
        ConfigError: the kubeconfig is missing or unusable.
        Untrusted: it wants something that nobody approved.
        LoginNeeded: the credentials need a person.
    """
    if in_pod(options):
        endpoint, read = in_cluster(options)
        extra = impersonation(options)
        endpoint = msgspec.structs.replace(endpoint, impersonates=bool(extra))
        login = RenewingLogin(read, await read(), clock, extra=extra)
        return HttpTransport(endpoint, login, clock)
    chosen, judgement = await asyncio.to_thread(allowed, options, options.context)
    extra = impersonation(options, chosen)
    first = await _read(chosen, judgement, options, clock)
    endpoint = msgspec.structs.replace(_endpoint(chosen, options, first[1]), impersonates=bool(extra))

    async def again() -> Material:
        now, ruled = await asyncio.to_thread(allowed, options, endpoint.context)
        if now.server != chosen.server:
            raise LoginNeeded(
                f"{now.cluster.file} names the server {now.server} for the context {endpoint.context!r} now; "
                f"this incident is about {chosen.server}. Restore the context, or start anew."
            )
        return await _read(now, ruled, options, clock)

    login = RenewingLogin(again, first, clock, endpoint.insecure, extra)
    return HttpTransport(endpoint, login, clock)


def judgement_of(options: ConnectOptions) -> tuple[str, Judgement]:
    """The context that the options mean and what the gate says of it, approved or not. Raises `ConfigError`."""
    chosen = choose(options.paths, options.context)
    return chosen.context, judge(chosen, options.environment, options.folder)


def cluster_of(options: ConnectOptions) -> str:
    """Id that the cluster of these options has by its address and authority. Reads files, sends nothing.

    Raises:
        ConfigError: the kubeconfig is missing or unusable.
        Untrusted: it wants something that nobody approved.
    """
    if in_pod(options):
        endpoint, _ = in_cluster(options)
    else:
        chosen, _ = allowed(options, options.context)
        endpoint = _endpoint(chosen, options, content(chosen.cluster, "certificate-authority"))
    return provisional_id(endpoint.server, endpoint.authority)


def approve(options: ConnectOptions, short_hash: str) -> None:
    """Approve what the gate holds back, if it still is what the person saw.

    Raises:
        ConfigError: nothing needs approval, or the hash is another one.
    """
    context, judgement = judgement_of(options)
    if not judgement.wants:
        raise ConfigError(f"The context {context!r} needs no approval.")
    if short_hash.strip().lower() != judgement.short_hash:
        raise ConfigError(f"{short_hash!r} is not the hash of the context {context!r}: type {judgement.short_hash}.")
    Trust(options.state).add(judgement.digest)


def allowed(options: ConnectOptions, context: str) -> tuple[Chosen, Judgement]:
    """The context and what the gate found harmless or a person approved. Raises `ConfigError` and `Untrusted`."""
    chosen = choose(options.paths, context)
    judgement = judge(chosen, options.environment, options.folder)
    if judgement.wants and not Trust(options.state).has(judgement.digest):
        raise refusal(chosen, judgement)
    return chosen, judgement


async def _read(chosen: Chosen, judgement: Judgement, options: ConnectOptions, clock: Clock) -> Material:
    authority = await asyncio.to_thread(content, chosen.cluster, "certificate-authority")
    if judgement.program:
        return await ask_program(judgement.program, chosen, options.environment, clock), authority
    if chosen.user.value.get("auth-provider"):
        return await ask_provider(chosen, options.environment, clock), authority
    return await asyncio.to_thread(plain, chosen), authority


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
