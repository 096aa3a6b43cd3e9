"""What people approved: hashes of kubeconfig contents, in a file of the state folder that only its owner can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from console.errors import ConfigError

_FILE = "trusted"


class Trust:
    """The approvals of one state folder."""

    def __init__(self, state: Path) -> None:
        self._path = state / _FILE

    def has(self, digest: str) -> bool:
        """Whether this exact content was approved. Raises `ConfigError` if others may write the file."""
        return digest in self._read()

    def add(self, digest: str) -> None:
        """Approve it, for good."""
        known = self._read()
        if digest in known:
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            number = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(number, "w") as file:
                file.write(digest + "\n")
        except OSError as error:
            raise ConfigError(f"The approval cannot be kept in {self._path}: {error.strerror}.") from error

    def _read(self) -> frozenset[str]:
        try:
            found = self._path.stat()
            if stat.S_IMODE(found.st_mode) & 0o077 or found.st_uid != os.getuid():
                raise ConfigError(
                    f"{self._path} holds approvals and must be yours alone (mode 0600). Check what changed it, then "
                    "remove it and approve again."
                )
            return frozenset(self._path.read_text().split())
        except FileNotFoundError:
            return frozenset()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self._path} cannot be read: {error}. Remove it and approve again.") from error
