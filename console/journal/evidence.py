"""Evidence: raw bytes in files named by their sha256, 0600, synced, never rewritten.

Captures, planned bodies and before-images live here and nowhere else. The size caps keep a hostile log from filling
the disk; small items (plans, bodies, before-images) may use a margin beyond the cap, so that captures can never
stop containment.
"""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import msgspec

from console.errors import JournalError

_MEBI = 1024 * 1024
_SMALL = 2 * _MEBI


class Limits(msgspec.Struct, frozen=True):
    """Sizes in bytes."""

    item: int = 64 * _MEBI
    total: int = 4096 * _MEBI
    free: int = 512 * _MEBI
    """Disk space that captures leave free."""
    margin: int = 256 * _MEBI
    """What small items may use beyond `total`, and leave of `free` at worst: nothing."""


class FileEvidence:
    """A folder of blobs. Safe to use from several threads."""

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self._folder = folder
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._total = sum(file.stat().st_size for file in folder.glob("??/*"))
        except OSError as error:
            raise JournalError(f"The evidence folder {folder} cannot be used: {error.strerror}.") from error

    @property
    def path(self) -> str:
        """Folder, for people."""
        return str(self._folder)

    @property
    def size(self) -> int:
        """Bytes stored."""
        return self._total

    def put(self, data: bytes) -> str:
        """Store, sync and return the sha256 in hex; the same bytes are stored once."""
        digest = hashlib.sha256(data).hexdigest()
        with self._lock:
            if self.has(digest):
                return digest
            self._room_for(len(data))
            try:
                self._write(digest, data)
            except OSError as error:
                raise JournalError(f"Evidence cannot be written to {self._folder}: {error.strerror}.") from error
            self._total += len(data)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes, their hash checked."""
        try:
            data = self._file(digest).read_bytes()
        except OSError as error:
            raise JournalError(f"Evidence {digest[:12]} is not in {self._folder}.") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise JournalError(f"Evidence {digest[:12]} in {self._folder} was altered: its hash no longer fits.")
        return data

    def has(self, digest: str) -> bool:
        """Whether the bytes are there and unaltered."""
        try:
            self.get(digest)
        except JournalError:
            return False
        return True

    def _file(self, digest: str) -> Path:
        if len(digest) != 64 or not all(char in "0123456789abcdef" for char in digest):
            raise JournalError(f"{digest[:80]!r} is no name of evidence.")
        return self._folder / digest[:2] / digest

    def _room_for(self, size: int) -> None:
        small = size <= _SMALL
        if size > self._limits.item:
            raise JournalError(
                f"This item of {size // _MEBI} MiB is larger than the cap of {self._limits.item // _MEBI} MiB an item."
            )
        if self._total + size > self._limits.total + (self._limits.margin if small else 0):
            raise JournalError(
                f"The evidence in {self._folder} has reached its cap of {self._limits.total // _MEBI} MiB. "
                "Move it to another disk or raise the cap."
            )
        disk = os.statvfs(self._folder)
        if disk.f_bavail * disk.f_frsize < size + (0 if small else self._limits.free):
            raise JournalError(
                f"Too little disk space is left for evidence in {self._folder}. Free some and try again."
            )

    def _write(self, digest: str, data: bytes) -> None:
        target = self._file(digest)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if target.exists():
            # Altered bytes under this name are a trace themselves: they are set aside, not overwritten.
            target.rename(target.with_name(f"{digest}.altered"))
        draft = target.with_name(f"{digest}.{os.getpid()}.draft")
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with open(fd, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(fd)
            draft.rename(target)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        _sync_folder(self._folder)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
