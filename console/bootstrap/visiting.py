"""A connection to the cluster for one command that only reads, without an engine.

Its requests carry ids of the cluster's incident where it has one: an engine beside it must not take them for a foreign
use of our identity.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from console.bootstrap.aliasing import Aliases
from console.cluster.connecting import connect
from console.cluster.live import LiveCluster
from console.cluster.options import connect_options
from console.config.options import Options, state_root
from console.ports.clock import SystemClock


@asynccontextmanager
async def visit(options: Options) -> AsyncIterator[LiveCluster]:
    """The cluster of these options. Raises `WarRoomError` when the kubeconfig cannot be used."""
    clock = SystemClock()
    transport = await connect(connect_options(options), clock)
    root = state_root(options)
    address = LiveCluster(transport, clock, secrets.token_bytes(32)).info.id
    live = LiveCluster(transport, clock, _secret(root / Aliases(root).incident(address)))
    try:
        yield live
    finally:
        await live.close()


def _secret(incident: Path) -> bytes:
    """That of the cluster's incident; a throw-away one where there is none, or it is not ours to read."""
    with contextlib.suppress(OSError):
        if len(found := (incident / "secret").read_bytes()) == 32:
            return found
    return secrets.token_bytes(32)
