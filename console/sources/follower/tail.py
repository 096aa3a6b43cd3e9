"""Follows a growing file of lines through rotation, exactly: every line once, over restarts too.

In: a path, and the position after the last line that was taken over. Out: chunks of whole lines, each with the
position after it. Rotation by rename, by copy and truncation, and parts that are gzip'd by the time they are read are
followed; a hole that cannot be closed is reported, never passed over in silence.

A position names the file by inode and by the hash of its head, because a rotated file changes its name and a packed
one its inode. `Tail` is synchronous (run it in a thread); nothing here knows what a line means.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import stat
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import msgspec

BLOCK = 1 << 18
LINE_LIMIT = 16 << 20
"""A longer line is skipped and counted."""
_HEAD = 1024
_GZIP = b"\x1f\x8b"
_TORN = (EOFError, zlib.error, gzip.BadGzipFile)


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a file was read up to."""

    inode: int = 0
    offset: int = 0
    """Bytes, of the unpacked content."""
    head: str = ""
    """Hash of the first `length` bytes."""
    length: int = 0

    def text(self) -> str:
        return msgspec.json.encode(self).decode()


def parse_position(text: str) -> Position | None:
    """None for "" and for what is no position of ours."""
    try:
        return msgspec.json.decode(text, type=Position)
    except msgspec.MsgspecError:
        return None


class Chunk(msgspec.Struct, frozen=True):
    """Whole lines that follow each other."""

    lines: tuple[bytes, ...]
    position: str
    behind: int = 0
    """Bytes of this file not read yet."""
    overlong: int = 0
    gap: str = ""
    """Why lines are missing before this chunk, "" if none are."""


class _Part:
    """One file of the chain: the live one or a rotated part of it."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.stream, self.packed = _opened(path)
        self.inode = os.fstat(self.stream.fileno()).st_ino
        self.offset = offset
        self.rest = b""
        self.skipping = False
        self.torn = 0
        """Packed size at which the archive ended too early: it may still be written."""
        self.head, self.length = "", 0
        self.start = b""
        try:
            self.start = self.stream.read(_HEAD) if self.packed else b""
            self.stream.seek(offset)
        except _TORN:
            self.torn = path.stat().st_size

    def close(self) -> None:
        self.stream.close()

    def size(self) -> int:
        return 0 if self.packed else os.fstat(self.stream.fileno()).st_size

    def position(self) -> Position:
        self.remember()
        return Position(self.inode, self.offset, self.head, self.length)

    def remember(self) -> None:
        """Take the fingerprint as soon as there is something, so that emptying the file is noticed."""
        if self.length < _HEAD:
            self.head, self.length = _fingerprint(self.beginning())

    def beginning(self) -> bytes:
        """The first bytes: with the id of the first event in them no two parts share them."""
        return self.start if self.packed else os.pread(self.stream.fileno(), _HEAD, 0)

    def is_at(self, path: Path) -> bool:
        """Whether the file of this name is the one we hold."""
        try:
            return path.stat().st_ino == self.inode
        except FileNotFoundError:
            return False

    def is_same(self) -> bool:
        """Whether the file still begins as it did, and is not shorter than what was read."""
        if self.packed:
            return True
        if self.size() < self.offset + len(self.rest):
            return False
        return _fingerprint(os.pread(self.stream.fileno(), self.length, 0))[0] == self.head if self.length else True


class Tail:
    """One followed file.

    Args:
        path: the live file.
        position: as `Chunk.position` said; "" to start at the beginning of the live file.
        since: without a position, start with the rotated parts that were written after this time (epoch seconds).
    """

    def __init__(self, path: Path, position: str = "", since: float | None = None) -> None:
        self.path = path
        self._since = since
        self._wanted = parse_position(position) if position else None
        self._part: _Part | None = None
        self._opened = False
        self._gap = ""
        self._quiet = 0
        self._done: deque[bytes] = deque(maxlen=64)
        """Beginnings of parts that were read: one is found again while it is being packed."""

    def close(self) -> None:
        """Give up the open file."""
        if self._part:
            self._part.close()
            self._part = None

    def read(self) -> Chunk | None:
        """The next lines, or None when there are none now. Raises OSError when the file cannot be read."""
        if self._part is None:
            self._part = _Part(self.path) if self._opened else self._open()
        for _ in range(64):  # parts without a whole line are passed over
            part = self._part
            if not part.is_same():
                self._truncated(part)
                continue
            part.remember()
            chunk = self._lines(part)
            if chunk is not None:
                self._quiet = 0
                return chunk
            if not self._advance(part):
                return None
        return None

    def _open(self) -> _Part:
        if self._wanted is not None:
            part = self._resumed(self._wanted)
        elif self._since is not None:
            parts = [path for path in self._parts() if path.stat().st_mtime >= self._since]
            part = self._first_of(parts) or _Part(self.path)
        else:
            part = _Part(self.path)
        self._wanted, self._opened = None, True
        return part

    def _resumed(self, wanted: Position) -> _Part:
        found = next((path for path in (self.path, *self._parts()) if _matches(path, wanted)), None)
        if found is None:
            self._gap = "the file read before the restart is gone or was overwritten"
            return _Part(self.path)
        part = _Part(found, wanted.offset)
        part.head, part.length = wanted.head, wanted.length
        return part

    def _lines(self, part: _Part) -> Chunk | None:
        """Whole lines of the next block."""
        lines: list[bytes] = []
        overlong = 0
        while not lines and not overlong:
            block = _read(part)
            if not block:
                return None
            *whole, rest = (part.rest + block).split(b"\n")
            read = len(part.rest) + len(block) - len(rest)
            if whole and part.skipping:
                whole, part.skipping = whole[1:], False
            if whole and len(whole[0]) > LINE_LIMIT:  # only the first can have grown over several blocks
                whole, overlong = whole[1:], 1
            if part.skipping:
                rest, read = b"", read + len(rest)
            elif len(rest) > LINE_LIMIT:
                part.skipping, overlong = True, overlong + 1
                rest, read = b"", read + len(rest)
            part.rest = rest
            part.offset += read
            lines = whole
        gap, self._gap = self._gap, ""
        behind = max(0, part.size() - part.offset)
        return Chunk(tuple(lines), part.position().text(), behind, overlong, gap)

    def _advance(self, part: _Part) -> bool:
        """At the end of a part: on to the next one, if there is one. A live file is left only when another took its
        name and nothing came for a second look: its writer may still hold it."""
        if part.torn and self._is_still_packed(part):
            return False
        if part.path == self.path and not self._was_replaced(part):
            return False
        if part.rest and not part.skipping:
            self._gap = f"{part.path.name} ended in the middle of a line"
        self._done.append(part.beginning())
        self._part = self._after(part)
        part.close()
        return self._part is not None

    def _after(self, part: _Part) -> _Part | None:
        """The part that follows. Opening the live file counts only if no rotation came between looking and opening."""
        for _ in range(8):
            following = self._newer(part)
            found = self._first_of(following)
            if found is None or found.path != self.path or (following == self._newer(part) and found.is_at(self.path)):
                return found
            found.close()
        return None

    def _was_replaced(self, part: _Part) -> bool:
        if part.is_at(self.path) or not self.path.exists():
            return False
        self._quiet += 1
        return self._quiet >= 2

    def _is_still_packed(self, part: _Part) -> bool:
        """An archive that ends too early is opened again while it grows, and given up after eight looks."""
        size = part.path.stat().st_size if part.path.exists() else 0
        self._quiet += 1
        if size == part.torn and self._quiet >= 8:
            self._gap, part.torn = f"{part.path.name} is a damaged archive", 0
            return False
        if size != part.torn:
            self._quiet = 0
            part.close()
            self._part = _Part(part.path, part.offset)
        return True

    def _truncated(self, part: _Part) -> None:
        """The live file was copied away and emptied: the rest of it stands in the copy."""
        wanted = Position(0, part.offset, part.head, part.length)
        part.close()
        copy = next((path for path in self._parts() if path != self.path and _matches(path, wanted, copied=True)), None)
        if copy is None:
            self._gap = "the file was emptied before all of it was read, and no copy of it was found"
            self._part = _Part(self.path)
            return
        self._part = _Part(copy, wanted.offset)
        self._part.head, self._part.length = wanted.head, wanted.length

    def _first_of(self, paths: list[Path]) -> _Part | None:
        """The first of these that was not read yet."""
        for path in paths:
            try:
                part = _Part(path)
            except FileNotFoundError:  # packed, removed, or not made anew yet
                continue
            beginning = part.beginning()
            if path == self.path or len(beginning) < _HEAD or beginning not in self._done:
                return part
            part.close()
        return None

    def _parts(self) -> list[Path]:
        """Rotated parts, oldest first, and the live file."""
        found: list[tuple[tuple[int, int, str], Path]] = []
        for path in self.path.parent.iterdir():
            if path != self.path and (age := _age(path.name, self.path)) is not None and path.is_file():
                found.append((age, path))
        return [path for _, path in sorted(found)] + [self.path]

    def _newer(self, part: _Part) -> list[Path]:
        """What comes after this part, oldest first; the live file is the last."""
        parts = self._parts()
        at = next((index for index, path in enumerate(parts[:-1]) if part.is_at(path)), None)
        if at is None and part.length:  # it may be packed already: its head tells
            wanted = part.position()
            at = next((index for index, path in enumerate(parts[:-1]) if _matches(path, wanted)), None)
        return parts[-1:] if at is None else parts[at + 1 :]


def _age(name: str, live: Path) -> tuple[int, int, str] | None:
    """What rotated parts are sorted by: numbers count backwards in time, dates in a name forwards."""
    name = name.removesuffix(".gz")
    number = name.removeprefix(f"{live.name}.")
    if number != name and number.isdecimal():
        return 0, -int(number), ""
    dated = name.startswith((f"{live.name}-", f"{live.name}.", f"{live.stem}-"))
    return (1, 0, name) if dated and not name.endswith((".tmp", ".swp", ".lock")) else None


def _opened(path: Path) -> tuple[IO[bytes], bool]:
    """The unpacked content, and whether it is packed. Raises `OSError` also for what would never end to be opened."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.ESPIPE, "no file that can be read again; write it into one, or use --audit-webhook")
    stream = path.open("rb")
    if stream.read(2) != _GZIP:
        return stream, False
    stream.close()
    return cast("IO[bytes]", gzip.open(path, "rb")), True


def _read(part: _Part) -> bytes:
    if part.torn:
        return b""
    try:
        if part.packed:  # read() would lose what it had when the archive ends too early
            return cast("gzip.GzipFile", part.stream).read1(BLOCK)
        return part.stream.read(BLOCK)
    except _TORN:
        part.torn = part.path.stat().st_size if part.path.exists() else 1
        return b""


def _matches(path: Path, wanted: Position, copied: bool = False) -> bool:
    """Whether this file is the one the position speaks of, packed or renamed as it may be."""
    try:
        stream, packed = _opened(path)
        with stream:
            status = os.fstat(stream.fileno())
            stream.seek(0)
            start = stream.read(_HEAD)
    except (OSError, EOFError, zlib.error):
        return False
    if not packed and status.st_size < wanted.offset:
        return False
    same = len(start) >= wanted.length and _fingerprint(start[: wanted.length])[0] == wanted.head
    return same and (wanted.length > 0 or status.st_ino == wanted.inode or copied)


def _fingerprint(head: bytes) -> tuple[str, int]:
    return hashlib.sha256(head).hexdigest()[:24], len(head)


def lines_of(path: Path) -> Iterator[bytes]:
    """All lines of a file that no longer grows, packed or not."""
    tail = Tail(path)
    try:
        while (chunk := tail.read()) is not None:
            yield from chunk.lines
    finally:
        tail.close()
