"""Where an incident lives on disk: `<state>/<incident>/`, 0700, on a disk of this host.

In: the state folder and an incident's id. Out: paths, the incident's secret, and which incidents there are.
A network file system is refused: locks and synced writes mean nothing there.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from console.errors import BadInput, JournalError
from console.journal.filesystem import network_type
from console.journal.locking import locked

MAX_SOCKET = 100
"""Bytes a socket's path may have (the kernel's own limit is 107)."""
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")


class IncidentFolder:
    """One incident's folder, made if it is not there.

    Args:
        state: the state folder.
        incident: lower-case letters, digits, dots and dashes; it becomes the folder's name.
        group: numeric id of a group that may reach the socket, None for nobody else.

    Raises:
        BadInput: the id or the resulting path is unusable.
        JournalError: the folder cannot be made, is somebody else's, or is on a network file system.
    """

    def __init__(self, state: Path, incident: str, group: int | None = None) -> None:
        if not _ID.fullmatch(incident):
            raise BadInput(f"{incident!r} cannot name an incident: use lower-case letters, digits, dots and dashes.")
        self.state = state.absolute()
        self.path = self.state / incident
        if len(os.fsencode(self.socket)) > MAX_SOCKET:
            raise BadInput(
                f"The path {self.socket} is too long for a socket ({MAX_SOCKET} bytes). "
                "Choose a shorter folder with --state."
            )
        self._make(group)

    def _make(self, group: int | None) -> None:
        mode = 0o700 if group is None else 0o2750
        try:
            self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
            if kind := network_type(self.state):
                raise JournalError(
                    f"The state folder {self.state} is on a network file system ({kind}), where locks and synced "
                    "writes cannot be relied on. Choose a local folder with --state."
                )
            _refuse_shared(self.state)
            self.path.mkdir(mode=0o700, exist_ok=True)
            if self.path.stat().st_uid != os.geteuid():
                raise JournalError(f"The folder {self.path} belongs to somebody else. Choose another with --state.")
            if group is not None:
                os.chown(self.path, -1, group)
            self.path.chmod(mode)
        except OSError as error:
            raise JournalError(
                f"The incident's folder {self.path} cannot be made: {error.strerror}. Choose another with --state."
            ) from error

    @property
    def journal(self) -> Path:
        return self.path / "journal.db"

    @property
    def findings(self) -> Path:
        return self.path / "findings.db"

    @property
    def evidence(self) -> Path:
        return self.path / "evidence"

    @property
    def socket(self) -> Path:
        return self.path / "engine.sock"

    @property
    def running(self) -> bool:
        """Whether an engine has this incident open."""
        return locked(self.path / "journal.lock")

    def secret(self) -> bytes:
        """The incident's 32 secret bytes, made at the first call, 0600.

        Raises:
            JournalError: the file is unreadable, too short, or others may read it.
        """
        path = self.path / "secret"
        try:
            if not path.exists():
                _create(path, secrets.token_bytes(32))
            if path.stat().st_mode & 0o077:
                raise JournalError(f"Others may read {path}. Make it private again: chmod 600 {path}")
            found = path.read_bytes()
        except OSError as error:
            raise JournalError(f"The incident's secret {path} cannot be read: {error.strerror}.") from error
        if len(found) != 32:
            raise JournalError(f"The incident's secret {path} is damaged: restore it, or start another incident.")
        return found


def incidents(state: Path) -> tuple[str, ...]:
    """Ids of the incidents in a state folder that have a journal, newest first."""
    try:
        found = [path for path in state.iterdir() if (path / "journal.db").is_file() and _ID.fullmatch(path.name)]
        return tuple(path.name for path in sorted(found, key=lambda path: -path.stat().st_mtime))
    except OSError:
        return ()


def _refuse_shared(state: Path) -> None:
    """Who can make entries in the state folder can put a link or a socket of his own in an incident's place."""
    found = state.stat()
    if found.st_uid not in (os.geteuid(), 0):
        raise JournalError(f"The state folder {state} belongs to somebody else. Choose another with --state.")
    if found.st_mode & 0o002:
        raise JournalError(
            f"Everybody may write to the state folder {state}. Close it (chmod 700 {state}), or choose another with "
            "--state."
        )


def _create(path: Path, data: bytes) -> None:
    """Whole or not at all, also when two processes do it at once."""
    draft = path.with_suffix(f".{os.getpid()}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(fd)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # the other process was first: its secret counts
    finally:
        draft.unlink()
