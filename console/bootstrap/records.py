"""Open an incident's record for reading, with or without an engine beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from console.bootstrap.linking import linked_socket
from console.config.options import Options, state_root
from console.errors import BadInput
from console.journal.exporting import lines
from console.journal.sqlite import SqliteJournal
from console.ports.journal import Journal


def incident_path(options: Options) -> Path:
    """Folder of the incident that these options lead to. Raises `BadInput` when there is no record."""
    socket = linked_socket(options)
    if socket is None or not (socket.parent / "journal.db").is_file():
        raise BadInput(f"There is no incident in {state_root(options)}. `warroom` opens one.")
    return socket.parent


@contextlib.contextmanager
def reading(options: Options) -> Iterator[tuple[Journal, Path]]:
    """The journal, opened for reading only, and where it is. Nothing is made or changed beside a running engine."""
    path = incident_path(options)
    journal = SqliteJournal(path / "journal.db", reading=True)
    try:
        yield journal, path
    finally:
        journal.close()


def export_lines(journal: Journal) -> Iterator[bytes]:
    """The whole record as JSON lines with the chain in it: whoever has them can verify them alone."""
    return lines(journal.read())
