"""One engine for an incident, whoever comes first: hold its record, or find the engine that holds it.

Two seats may start an engine at the same moment, an engine may be ending while the next one begins, and the record may
be another user's. Only the lock of the record decides; a socket alone proves nothing.
"""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from console.bootstrap.linking import answers
from console.bootstrap.surroundings import is_ours
from console.errors import JournalError, WireError
from console.journal.locking import locked

H = TypeVar("H")
PATIENCE = 30.0
"""Seconds in which another engine must listen, or let go."""
_LOOK = 0.1


async def claim(folder: Path, assemble: Callable[[], H]) -> H | Path:
    """What `assemble` makes of this incident, or the socket of the engine that serves it already.

    Raises:
        JournalError: the record is another user's and no engine of his answers, or it cannot be opened.
        WireError: an engine holds the record and does not answer.
    """
    socket, lock = folder / "engine.sock", folder / "journal.lock"
    if not is_ours(folder):
        return _of_another(folder)
    for _ in range(int(PATIENCE / _LOOK)):
        if not locked(lock):
            try:
                return assemble()
            except JournalError:
                if not locked(lock):
                    raise  # nobody was quicker: the record itself is the trouble
        elif answers(socket):
            return socket
        await asyncio.sleep(_LOOK)
    raise WireError(
        f"An engine holds the incident in {folder} and nobody answers at its socket. "
        f"Its process id is in {lock}: end that process, then start again."
    )


def _of_another(folder: Path) -> Path:
    socket = folder / "engine.sock"
    if answers(socket):
        return socket
    try:
        owner = pwd.getpwuid(folder.stat().st_uid).pw_name
    except (OSError, KeyError):
        owner = "another user"
    raise JournalError(
        f"The incident of this cluster is kept by {owner} in {folder}, and no engine there lets user id {os.geteuid()} "
        "in. Ask for `warroom --group GROUP`, or choose a folder of your own with --state."
    )
