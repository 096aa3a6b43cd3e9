"""The journal in SQLite: WAL, every append synced, one writer, a hash chain over canonical JSON.

An entry that `append` returned is on disk. When the disk is full the reserve is given up, but only for records that
finish something already begun; every other one is refused, and with it whatever would lead to a new write.
Nothing here changes or removes an entry.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from console.errors import JournalError
from console.hygiene.exporting import known_safe
from console.journal import canon
from console.journal.locking import WriterLock
from console.journal.reserve import Reserve
from console.model.entry import (
    Alarm,
    Approved,
    Disarmed,
    Drifted,
    Effect,
    Entry,
    Intent,
    Planned,
    Record,
    RefusedPlan,
    Resolved,
    SeatLeft,
    Stopped,
    Verified,
)
from console.ports.journal import ChainReport

FORMAT = 1
"""Version of the file's schema; a file with a higher one is refused."""

_BEGINS = (Planned, Approved, Intent)
"""Records that lead to a new write: refused as soon as there is no reserve to finish with."""
_FINISHES = (Effect, Resolved, RefusedPlan, Verified, Drifted, Alarm, Disarmed, SeatLeft, Stopped)
"""Records of what was begun or seen already: what the reserve is for."""
_PAGE = 1000


class SqliteJournal:
    """The record of one incident. Use from one thread; `verify` and `read` may be called from another one.

    Args:
        path: the database file; lock and reserve stand beside it.
        reading: open for reading only, beside an engine that writes, and from a disk that cannot be written.

    Raises:
        JournalError: another engine holds it, it is of a newer version, it is damaged, or the disk forbids it.
    """

    def __init__(self, path: Path, *, reading: bool = False, reserve: int | None = None) -> None:
        self.path = path
        self._lock = None if reading else WriterLock(path.with_suffix(".lock"))
        self._reserve = Reserve(path.with_suffix(".reserve"), *(() if reserve is None else (reserve,)))
        try:
            self._base = _open_reading(path) if reading else _open_writing(path)
            self._seq, self._head = _head(self._base)
        except sqlite3.Error as error:
            self._unlock()
            raise JournalError(f"The journal {path} cannot be opened: {_why(error)}") from error
        except JournalError:
            self._unlock()
            raise
        if self._lock is not None:
            self._reserve.take()

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash of the newest entry."""
        return self._seq, self._head

    def append(self, actor: str, record: Record, at: float) -> Entry:
        """Make durable and return. Raises `JournalError` when it cannot be kept."""
        if self._lock is None:
            raise JournalError(f"The journal {self.path} was opened for reading only.")
        if isinstance(record, _BEGINS) and not self._reserve.take():
            raise JournalError(
                f"The disk of {self.path.parent} is full: nothing new may be done to the cluster, because it could "
                "not be recorded. Free at least 32 MiB there and try again."
            )
        body = canon.encode(canon.Body(self._seq + 1, at, known_safe(actor), record))
        hash_ = canon.link(self._head, body)
        try:
            self._commit(body, hash_)
        except sqlite3.Error as error:
            if not isinstance(record, _FINISHES) or not self._reserve.release():
                raise JournalError(f"The journal {self.path} cannot be written: {_why(error)}") from error
            self._commit_from_reserve(body, hash_)
        entry = Entry(self._seq + 1, at, known_safe(actor), record, self._head, hash_)
        self._seq, self._head = entry.seq, hash_
        return entry

    def _commit(self, body: bytes, hash_: str) -> None:
        base = self._base
        base.execute("BEGIN IMMEDIATE")
        try:
            base.execute("INSERT INTO entries (seq, hash, body) VALUES (?, ?, ?)", (self._seq + 1, hash_, body))
            base.execute("COMMIT")
        except BaseException:
            if base.in_transaction:
                base.execute("ROLLBACK")
            raise

    def _commit_from_reserve(self, body: bytes, hash_: str) -> None:
        try:
            self._commit(body, hash_)
        except sqlite3.Error as error:
            raise JournalError(f"The journal {self.path} cannot be written: {_why(error)}") from error

    def read(self, after: int = 0) -> Iterator[Entry]:
        """Entries above `after`, in order. Raises `JournalError` naming an entry that cannot be read."""
        prev = canon.FIRST if after <= 0 else self._hash_of(after)
        while True:
            query = "SELECT seq, hash, body FROM entries WHERE seq > ? ORDER BY seq LIMIT ?"
            try:
                rows = self._base.execute(query, (after, _PAGE)).fetchall()
            except sqlite3.Error as error:
                raise JournalError(f"The journal {self.path} cannot be read: {_why(error)}") from error
            for after, hash_, body in rows:
                try:
                    yield canon.entry_of(body, prev, hash_)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise JournalError(f"Entry {after} of {self.path} cannot be read: {error}.") from error
                prev = hash_
            if len(rows) < _PAGE:
                return

    def _hash_of(self, seq: int) -> str:
        row = self._base.execute("SELECT hash FROM entries WHERE seq = ?", (seq,)).fetchone()
        return row[0] if row else canon.FIRST

    def verify(self) -> ChainReport:
        """Walk the whole chain over a connection of its own."""
        try:
            base = _open_reading(self.path)
        except sqlite3.Error as error:
            return ChainReport(0, "", f"the file cannot be opened: {_why(error)}")
        try:
            return _walk(base)
        except sqlite3.Error as error:
            return ChainReport(0, "", f"the file is damaged: {_why(error)}")
        finally:
            base.close()

    def close(self) -> None:
        """Fold the write-ahead log into the file and let another engine in."""
        self._base.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()


def _open_writing(path: Path) -> sqlite3.Connection:
    if not path.exists():
        # SQLite would make it with the process's umask; its side files take over the mode of this one.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    base = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    try:
        _check_format(base, path)
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=FULL")
        base.execute("BEGIN IMMEDIATE")
        # AUTOINCREMENT: the highest number ever given is kept apart, so that a tail that was cut off is noticed.
        base.execute(
            "CREATE TABLE IF NOT EXISTS entries "
            "(seq INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL, body BLOB NOT NULL) STRICT"
        )
        base.execute(f"PRAGMA user_version={FORMAT}")
        base.execute("COMMIT")
    except BaseException:
        base.close()
        raise
    return base


def _open_reading(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise JournalError(f"There is no journal at {path}.")
    quoted = path.absolute().as_uri()
    base = sqlite3.connect(f"{quoted}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    try:
        try:
            _check_format(base, path)
        except sqlite3.OperationalError:
            # On a read-only disk the side files of the write-ahead log cannot be made; nobody writes there either.
            base.close()
            base = sqlite3.connect(f"{quoted}?immutable=1", uri=True, isolation_level=None, check_same_thread=False)
            _check_format(base, path)
    except BaseException:
        base.close()
        raise
    return base


def _check_format(base: sqlite3.Connection, path: Path) -> None:
    found = base.execute("PRAGMA user_version").fetchone()[0]
    if found > FORMAT:
        raise JournalError(
            f"The journal {path} was written by a newer warroom (format {found}, this one reads {FORMAT}). "
            "Open it with that version."
        )


def _head(base: sqlite3.Connection) -> tuple[int, str]:
    row = base.execute("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, canon.FIRST)


def _walk(base: sqlite3.Connection) -> ChainReport:
    prev, expected = canon.FIRST, 0
    for seq, hash_, body in base.execute("SELECT seq, hash, body FROM entries ORDER BY seq"):
        expected += 1
        if seq != expected:
            return ChainReport(expected - 1, prev, f"entry {expected} is missing")
        try:
            said = canon.place(body).seq
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = -1
        if canon.link(prev, body) != hash_ or said != seq:
            return ChainReport(expected - 1, prev, f"entry {seq} was altered")
        prev = hash_
    highest = base.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
    if highest and highest[0] > expected:
        return ChainReport(expected, prev, f"entry {expected + 1} and what followed were removed")
    return ChainReport(expected, prev)


def _why(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    words = {
        "SQLITE_FULL": "the disk is full; free some space",
        "SQLITE_READONLY": "the disk or the file is read-only; choose another folder with --state",
        "SQLITE_CANTOPEN": "the folder cannot be written; choose another one with --state",
        "SQLITE_NOTADB": "the file is no journal or is damaged; move it away or restore it",
        "SQLITE_CORRUPT": "the file is damaged; restore it from a copy",
    }
    said = next((text for prefix, text in words.items() if name.startswith(prefix)), "")
    return f"{said} ({error})." if said else f"{error}."
