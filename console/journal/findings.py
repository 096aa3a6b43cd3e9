"""Findings and how far each source was read, in one transaction: after a crash the two always fit together.

Raw values, 0600. Synced less often than the journal: what a power cut takes is read again from the sources.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from console.errors import JournalError
from console.model.finding import Finding

FORMAT = 1
_decode = msgspec.msgpack.Decoder(Finding).decode


class FindingStore:
    """One file. Safe to call from a worker thread; calls wait for each other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            self._base = _open(path)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"The findings {path} cannot be opened: {error}.") from error

    def save(self, findings: Sequence[Finding], positions: Mapping[str, str]) -> None:
        """Insert or replace findings and positions: all of them or none."""
        rows = [(finding.id, _encode(finding)) for finding in findings]
        with self._lock:
            base = self._base
            try:
                base.execute("BEGIN IMMEDIATE")
                base.executemany("INSERT OR REPLACE INTO findings (id, body) VALUES (?, ?)", rows)
                base.executemany(
                    "INSERT OR REPLACE INTO positions (source, position) VALUES (?, ?)", list(positions.items())
                )
                base.execute("COMMIT")
            except sqlite3.Error as error:
                if base.in_transaction:
                    base.execute("ROLLBACK")
                raise JournalError(f"Findings cannot be written to {self.path}: {error}.") from error

    def load(self) -> tuple[list[Finding], dict[str, str]]:
        """Everything saved."""
        with self._lock:
            try:
                rows = self._base.execute("SELECT body FROM findings ORDER BY rowid").fetchall()
                positions = dict(self._base.execute("SELECT source, position FROM positions").fetchall())
                return [_decode(body) for (body,) in rows], positions
            except (sqlite3.Error, msgspec.DecodeError) as error:
                raise JournalError(
                    f"The findings {self.path} cannot be read: {error}. Move the file away: sources are read again."
                ) from error

    def close(self) -> None:
        """Fold the write-ahead log into the file."""
        with self._lock:
            self._base.close()


def _open(path: Path) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    base = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    try:
        found = base.execute("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise JournalError(
                f"The findings {path} were written by a newer warroom (format {found}, this one reads {FORMAT}). "
                "Open them with that version."
            )
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=NORMAL")
        base.execute("CREATE TABLE IF NOT EXISTS findings (id TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT")
        base.execute("CREATE TABLE IF NOT EXISTS positions (source TEXT PRIMARY KEY, position TEXT NOT NULL) STRICT")
        base.execute(f"PRAGMA user_version={FORMAT}")
    except BaseException:
        base.close()
        raise
    return base


def _encode(finding: Finding) -> bytes:
    try:
        return msgspec.msgpack.encode(finding)
    except UnicodeEncodeError:
        # A lone surrogate an attacker sent: it cannot be stored as text, and no record may be lost for it.
        return msgspec.msgpack.encode(_storable(msgspec.to_builtins(finding, builtin_types=(bytes,))))


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(inner) for inner in value]
    return value
