"""Take a seat: find the engine of these options or start one, connect, and open the session."""

from __future__ import annotations

import asyncio
import getpass
import os
from pathlib import Path

from console import __version__
from console.bootstrap.agreeing import agreeing
from console.bootstrap.greeting import Greeted, greet
from console.bootstrap.linking import linked_socket
from console.bootstrap.starting import Starting, spawn
from console.config.options import Options
from console.errors import VersionSkew, WireError
from console.journal.locking import locked
from console.ports.session import LOGIN_VARIABLES, PROTOCOL, Hello, Welcome
from console.wire.client import SocketSession


def seat_name(options: Options) -> str:
    """Name of this seat: `--seat`, WARROOM_SEAT, else the login name."""
    return options.seat or os.environ.get("WARROOM_SEAT", "") or getpass.getuser()


def hello(options: Options, *, screen: bool = False) -> Hello:
    """The seat's first message."""
    return Hello(PROTOCOL, __version__, seat_name(options), environment_of(), screen)


def environment_of() -> dict[str, str]:
    """This seat's variables that a running engine may need for a login plugin."""
    return {name: os.environ[name] for name in LOGIN_VARIABLES if name in os.environ}


async def join(options: Options, *, agreed: bool = True) -> SocketSession:
    """Connect to a running engine. Raises `WireError` when there is none; never starts one.

    Args:
        agreed: refuse a seat that asks for another context, identity or namespaces than the engine has, on opening.
    """
    path = linked_socket(options)
    if path is None:
        raise WireError("No engine is running for this cluster. `warroom` starts one.")
    return await (connect(options, path) if agreed else SocketSession.connect(path))


async def connect(options: Options, path: Path) -> SocketSession:
    """Connect a seat of these options to the engine at a socket. Raises `WireError` when nobody listens there."""
    return await SocketSession.connect(path, agreeing(options))


async def ended(options: Options, within: float = 20.0) -> bool:
    """Wait until the engine of these options has let go of its record. False when it has not in that time."""
    path = linked_socket(options)
    if path is None:
        return True
    for _ in range(int(within / 0.1)):
        if not locked(path.parent / "journal.lock"):
            return True
        await asyncio.sleep(0.1)
    return False


async def enter(
    options: Options, starting: Starting | None = None, *, screen: bool = False
) -> tuple[SocketSession, Welcome]:
    """A session opened at the engine of these options, which is started when none runs.

    Args:
        starting: an engine that was started already (before the screen was imported).
        screen: whether a person sits at it, for the record.
    """
    if starting is None:
        try:
            session = await join(options)
            return session, await session.open(hello(options, screen=screen))
        except WireError as error:
            if options.incident or isinstance(error, VersionSkew):
                raise  # nothing is started for an incident that was named; another version's engine stays where it is
            starting = spawn(options)
    session = await connect(options, await starting.wait())
    return session, await session.open(hello(options, screen=screen))


def start_early(options: Options) -> Starting | Greeted:
    """Greet the engine, or start it, before anything heavy is imported."""
    path = linked_socket(options)
    greeted = None if path is None else greet(path, hello(options, screen=True))
    return greeted or spawn(options)
