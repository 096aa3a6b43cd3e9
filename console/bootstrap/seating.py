"""Take a seat: find the engine of these options or start one, connect, and open the session."""

from __future__ import annotations

import getpass
import os

from console import __version__
from console.bootstrap.linking import linked_socket
from console.bootstrap.starting import Starting, spawn
from console.config.options import Options
from console.errors import WireError
from console.ports.session import PROTOCOL, Hello, Welcome
from console.wire.client import SocketSession

ALLOWED = ("PATH", "HOME", "KUBECONFIG", "AWS_PROFILE", "AWS_REGION", "CLOUDSDK_CONFIG", "SSH_AUTH_SOCK", "DISPLAY")
"""Variables a seat hands to the engine for login plugins."""


def seat_name(options: Options) -> str:
    """Name of this seat: `--seat`, WARROOM_SEAT, else the login name."""
    return options.seat or os.environ.get("WARROOM_SEAT", "") or getpass.getuser()


def hello(options: Options, *, screen: bool = False) -> Hello:
    """The seat's first message."""
    return Hello(PROTOCOL, __version__, seat_name(options), environment_of(), screen)


def environment_of() -> dict[str, str]:
    """This seat's variables that the engine may need for a login plugin."""
    return {name: os.environ[name] for name in ALLOWED if name in os.environ}


async def join(options: Options) -> SocketSession:
    """Connect to a running engine. Raises `WireError` when there is none; never starts one."""
    path = linked_socket(options)
    if path is None:
        raise WireError("No engine is running for this cluster. `warroom` starts one.")
    return await SocketSession.connect(path)


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
        except WireError:
            starting = spawn(options)
    session = await SocketSession.connect(await starting.wait())
    return session, await session.open(hello(options, screen=screen))


def start_early(options: Options) -> Starting | None:
    """Start the engine before anything heavy is imported, unless its socket is there already."""
    path = linked_socket(options)
    if path is not None and _answers(str(path)):
        return None
    return spawn(options)


def _answers(path: str) -> bool:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        try:
            probe.connect(path)
        except OSError:
            return False
        return True
