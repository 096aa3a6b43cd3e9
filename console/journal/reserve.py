"""A file that holds disk space back, so that what was begun can still be recorded when the disk is full."""

from __future__ import annotations

import os
from pathlib import Path

SIZE = 16 * 1024 * 1024


class Reserve:
    """`held` is False from the moment the space was given back until it could be taken again."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self._path = path
        self._size = size
        self.held = False

    def take(self) -> bool:
        """Take the space if it can be had; returns `held`. Never raises: a full disk is an answer here."""
        if self.held:
            return True
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        try:
            os.posix_fallocate(fd, 0, self._size)
            os.fsync(fd)
            self.held = True
        except OSError:
            # Half a reserve would only take the space the journal needs now.
            os.ftruncate(fd, 0)
        finally:
            os.close(fd)
        return self.held

    def release(self) -> bool:
        """Give the space back; returns whether there was any to give."""
        self.held = False
        try:
            given = self._path.stat().st_size > 0
            self._path.unlink()
        except OSError:
            return False
        return given
