"""One writer for an incident: a lock that ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from console.errors import JournalError


class WriterLock:
    """Held from construction to `close`. The file stays; only the kernel's lock on it says anything."""

    def __init__(self, path: Path) -> None:
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise JournalError(
                f"The journal's folder {path.parent} cannot be written: {error.strerror}. "
                "Choose another one with --state."
            ) from error
        try:
            _take(self._fd)
        except OSError as error:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise JournalError(
                f"Another engine (process {holder}) has the incident in {path.parent} open. "
                "Join it with `warroom attach`, or end it with `warroom stop`."
            ) from error
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Let another writer in."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _take(fd: int, tries: int = 5) -> None:
    """Take the lock. Somebody who merely looks (`locked`) holds it for an instant: that is waited out."""
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            tries -= 1
            if not tries:
                raise
            time.sleep(0.02)


def locked(path: Path) -> bool:
    """Whether some process holds the lock in `path`. Looks only; makes no file."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False
