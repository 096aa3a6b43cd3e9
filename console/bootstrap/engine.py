"""Put an engine together and serve it until it is told to stop."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import Callable
from pathlib import Path

from console.actions.catalogue import all_actions
from console.bootstrap.agreeing import using
from console.bootstrap.aliasing import Aliases, new_incident
from console.bootstrap.claiming import claim
from console.bootstrap.linking import write_link
from console.bootstrap.logbook import start_logbook
from console.bootstrap.ruling import rules_of
from console.bootstrap.sharing import shared_with
from console.bootstrap.sourcing import silences, sources
from console.cluster.connecting import connect
from console.cluster.http import HttpTransport
from console.cluster.live import LiveCluster
from console.cluster.options import connect_options
from console.config.options import Options, config_path, state_root
from console.config.settings import Settings, load
from console.errors import ClusterError
from console.hygiene.exporting import Exporter
from console.incident.engine import Engine, Parts
from console.incident.session import LocalSession
from console.journal.evidence import FileEvidence, Limits
from console.journal.findings import FindingStore
from console.journal.folder import IncidentFolder
from console.journal.sqlite import SqliteJournal
from console.ports.clock import Clock, SystemClock
from console.ports.cluster import Transport
from console.wire.server import Server

_MEBI = 1024 * 1024
_LEARN = 5.0
Held = tuple[Engine, IncidentFolder]
"""An engine and the folder it keeps."""
_IDENTIFY = 3.0
"""Seconds to wait for a cluster's own id before it is known by its address."""


async def serve(options: Options, ready: Callable[[str], None], taken: Callable[[str], None]) -> None:
    """Run the engine of these options until it is told to end.

    Args:
        ready: called with the socket path once seats can come.
        taken: called with the socket path of another engine that serves this incident already; nothing is started.
    """
    start_logbook()
    settings, clock = load(options), SystemClock()
    group = shared_with(options)
    if options.drill:
        from console.bootstrap.drilling import assemble_drill, drill_folder, new_drill

        drill = new_drill(options, clock)  # first: what cannot be used must leave nothing half done
        folder = drill_folder(options, drill, group)
        write_link(options, folder.path.name)
        engine = assemble_drill(drill, clock, folder, played=True)
        await run(engine, folder, group, ready)
        return
    transport = await connect(connect_options(options), clock)
    try:
        root = state_root(options)
        incident = await which_incident(transport, clock, root)
        held = await claim(root / incident, lambda: assemble(options, settings, clock, transport, incident, group))
        if isinstance(held, Path):
            write_link(options, incident, transport.context)
            taken(str(held))
        else:
            write_link(options, incident, transport.context)
            await run(*held, group, ready)
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
    options: Options, settings: Settings, clock: Clock, transport: HttpTransport, incident: str, group: int | None
) -> Held:
    """All parts of an engine over a transport, not started yet. Raises `JournalError` when the record is held."""
    folder = IncidentFolder(state_root(options), incident, group)
    named = sources(settings, clock, folder.path)  # first: what cannot be used must leave nothing half done
    rules = rules_of(settings.rules, str(config_path(options)))
    secret = folder.secret()
    cluster = LiveCluster(transport, clock, secret, options.namespaces)
    keep = settings.evidence
    limits = Limits(keep.item_mib * _MEBI, keep.total_mib * _MEBI, keep.reserve_mib * _MEBI)
    parts = Parts(
        incident=incident,
        cluster=cluster,
        journal=SqliteJournal(folder.journal),
        evidence=FileEvidence(folder.evidence, limits),
        store=FindingStore(folder.findings),
        secret=secret,
        rules=rules,
        registry=all_actions(),
        clock=clock,
        export=Exporter(secret),
        sources=named,
        silences=silences(settings),
        banner="the API server's certificate is NOT verified" if transport.insecure else "",
        using=using(options, transport.context, settings),
        background=(_learn(cluster, clock, Aliases(state_root(options)), incident),),
    )
    cluster.start()
    return Engine(parts), folder


async def _learn(cluster: LiveCluster, clock: Clock, aliases: Aliases, incident: str) -> None:
    """A cluster that did not answer at the start is known by its address only: remember its own id once it says it."""
    provisional = cluster.info.id
    while cluster.info.id == provisional:
        await clock.sleep(_LEARN)
    if not aliases.incident(cluster.info.id):
        aliases.remember(cluster.info.id, incident)


async def run(engine: Engine, folder: IncidentFolder, group: int | None, ready: Callable[[str], None]) -> None:
    """Start, listen, wait for the end, close in order."""
    server = Server(lambda uid: LocalSession(engine, uid), engine.export)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engine.stop, signal.Signals(number).name)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # in the foreground: its terminal has gone
        loop.add_signal_handler(signal.SIGHUP, engine.stop, "SIGHUP")
    await engine.start()
    try:
        await server.listen(folder.socket, group)
        ready(str(folder.socket))
        await engine.ended()
    finally:
        await server.close()
        await engine.close()
