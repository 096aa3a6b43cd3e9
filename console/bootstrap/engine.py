"""Put an engine together and serve it until it is told to stop."""

from __future__ import annotations

import asyncio
import grp
import logging
import secrets
import signal
from collections.abc import Callable
from pathlib import Path

from console.actions.catalogue import all_actions
from console.bootstrap.aliasing import Aliases, new_incident
from console.bootstrap.linking import write_link
from console.bootstrap.sourcing import sources
from console.cluster.connecting import connect
from console.cluster.http import HttpTransport
from console.cluster.live import LiveCluster
from console.cluster.options import connect_options
from console.config.options import Options, state_root
from console.config.settings import Settings, load
from console.errors import ClusterError, ConfigError
from console.hygiene.exporting import Exporter
from console.incident.engine import Engine, Parts
from console.incident.session import LocalSession
from console.journal.evidence import FileEvidence, Limits
from console.journal.findings import FindingStore
from console.journal.folder import IncidentFolder
from console.journal.sqlite import SqliteJournal
from console.ports.clock import Clock, SystemClock
from console.ports.cluster import Transport
from console.rules.offline import shipped_rules
from console.wire.server import Server

_MEBI = 1024 * 1024
_IDENTIFY = 3.0
"""Seconds to wait for a cluster's own id before it is known by its address."""


async def serve(options: Options, ready: Callable[[str], None]) -> None:
    """Run the engine of these options; `ready` is called with the socket path once seats can come.

    When another engine serves this incident already, its socket is told and nothing is started.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    settings, clock = load(options), SystemClock()
    group = _group(options)
    if options.drill:
        from console.bootstrap.drilling import assemble_drill, drill_folder, new_drill

        folder = drill_folder(options)
        write_link(options, folder.path.name)
        engine = assemble_drill(new_drill(options, clock), clock, folder, played=True)
        await run(engine, folder, group, ready)
        return
    transport = await connect(connect_options(options), clock)
    try:
        incident = await which_incident(transport, clock, state_root(options))
        folder = IncidentFolder(state_root(options), incident, group)
        write_link(options, incident)
        if folder.running:
            ready(str(folder.socket))
            return
        await run(assemble(options, settings, clock, transport, folder), folder, group, ready)
    finally:
        await transport.close()


async def which_incident(transport: Transport, clock: Clock, state: Path) -> str:
    """The incident folder of this cluster: the one it has, or a new one."""
    aliases = Aliases(state)
    # Reads with throw-away ids: they happen before the record begins, so nobody mistakes them for foreign ones.
    cluster = LiveCluster(transport, clock, secrets.token_bytes(32))
    address = cluster.info.id
    if known := aliases.incident(address):
        return known
    try:
        async with asyncio.timeout(_IDENTIFY):
            uid = (await cluster.identify()).id
    except (ClusterError, TimeoutError):
        uid = address
    incident = aliases.incident(uid) or new_incident(uid)
    for name in {address, uid}:
        aliases.remember(name, incident)
    return incident


def assemble(
    options: Options, settings: Settings, clock: Clock, transport: HttpTransport, folder: IncidentFolder
) -> Engine:
    """All parts of an engine over a transport, not started yet. Raises `JournalError` when the record is held."""
    secret = folder.secret()
    cluster = LiveCluster(transport, clock, secret, options.namespaces)
    keep = settings.evidence
    limits = Limits(keep.item_mib * _MEBI, keep.total_mib * _MEBI, keep.reserve_mib * _MEBI)
    parts = Parts(
        incident=folder.path.name,
        cluster=cluster,
        journal=SqliteJournal(folder.journal),
        evidence=FileEvidence(folder.evidence, limits),
        store=FindingStore(folder.findings),
        secret=secret,
        rules=shipped_rules(),
        registry=all_actions(),
        clock=clock,
        export=Exporter(secret),
        sources=sources(settings, clock, folder.path),
        banner="the API server's certificate is NOT verified" if transport.insecure else "",
    )
    cluster.start()
    return Engine(parts)


async def run(engine: Engine, folder: IncidentFolder, group: int | None, ready: Callable[[str], None]) -> None:
    """Start, listen, wait for the end, close in order."""
    server = Server(lambda uid: LocalSession(engine, uid), engine.export)
    await engine.start()
    await server.listen(folder.socket, group)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engine.stop, signal.Signals(number).name)
    ready(str(folder.socket))
    try:
        await engine.ended()
    finally:
        await server.close()
        await engine.close()


def _group(options: Options) -> int | None:
    if not options.group:
        return None
    if not options.state:
        raise ConfigError("--group needs a --state folder that the group can reach. Name one.")
    try:
        return grp.getgrnam(options.group).gr_gid
    except KeyError as error:
        raise ConfigError(f"There is no group {options.group!r} on this host.") from error
