"""A followed file gives every line once, in order, whatever happens to it and to the reader."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.sources.follower.tail import LINE_LIMIT, Tail, lines_of, parse_position


class Writer:
    """A log being written, rotated and packed, as API servers and logrotate do."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "audit.log"
        self.path.touch()
        self.written: list[bytes] = []
        self._parts = 0

    def write(self, count: int, size: int = 700) -> None:
        for _ in range(count):
            line = b'{"number": %d, "pad": "%s"}' % (len(self.written), b"x" * size)
            self.written.append(line)
            self.append(line + b"\n")

    def append(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)

    def rename(self) -> Path:
        rotated = self._next()
        self.path.rename(rotated)
        self.path.touch()
        return rotated

    def copy_and_truncate(self) -> Path:
        rotated = self._next()
        shutil.copy2(self.path, rotated)
        os.truncate(self.path, 0)
        return rotated

    def pack(self, rotated: Path) -> Path:
        packed = rotated.with_name(f"{rotated.name}.gz")
        packed.write_bytes(gzip.compress(rotated.read_bytes()))
        status = rotated.stat()
        os.utime(packed, ns=(status.st_atime_ns, status.st_mtime_ns))
        rotated.unlink()
        return packed

    def _next(self) -> Path:
        self._parts += 1
        rotated = self.path.with_name(f"audit-2026-11-23T07-{self._parts:02}-00.000.log")
        # Rotations in a test follow within less than the clock of the file system can tell.
        at = 1_780_000_000_000_000_000 + self._parts * 1_000_000_000
        os.utime(self.path, ns=(at, at))
        return rotated


@pytest.fixture
def log(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


@contextmanager
def tailing(path: Path, position: str = "", since: float | None = None) -> Iterator[Tail]:
    tail = Tail(path, position, since)
    try:
        yield tail
    finally:
        tail.close()


def drain(tail: Tail, into: list[bytes], looks: int = 4) -> str:
    """All there is; a live file that was replaced is left only at the second look."""
    position = ""
    for _ in range(looks):
        while (chunk := tail.read()) is not None:
            into += chunk.lines
            position = chunk.position
    return position


def test_it_reads_what_is_there_and_what_comes(log: Writer) -> None:
    log.write(3)
    got: list[bytes] = []
    with tailing(log.path) as tail:
        drain(tail, got)
        log.write(2)
        drain(tail, got)
    assert got == log.written


def test_a_torn_last_line_waits_for_its_end(log: Writer) -> None:
    log.write(1)
    log.append(b'{"torn": ')
    with tailing(log.path) as tail:
        got: list[bytes] = []
        drain(tail, got)
        assert got == log.written
        log.append(b"true}\n")
        drain(tail, got)
    assert got[-1] == b'{"torn": true}'


def test_a_position_in_front_of_a_torn_line_reads_it_whole(log: Writer) -> None:
    log.write(1)
    log.append(b'{"torn": ')
    with tailing(log.path) as tail:
        position = drain(tail, [])
    log.append(b"true}\n")
    got: list[bytes] = []
    with tailing(log.path, position) as tail:
        drain(tail, got)
    assert got == [b'{"torn": true}']


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("how", ["rename", "copy_and_truncate"])
def test_rotation_while_reading_loses_nothing(log: Writer, how: str, packed: bool) -> None:
    got: list[bytes] = []
    with tailing(log.path) as tail:
        log.write(5)
        drain(tail, got)
        log.write(5)
        rotated = getattr(log, how)()
        if packed:
            log.pack(rotated)
        log.write(5)
        drain(tail, got)
    assert got == log.written


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("how", ["rename", "copy_and_truncate"])
def test_several_rotations_while_nobody_reads_lose_nothing(log: Writer, how: str, packed: bool) -> None:
    log.write(5)
    got: list[bytes] = []
    with tailing(log.path) as tail:
        position = drain(tail, got)
    for _ in range(3):
        log.write(4)
        rotated = getattr(log, how)()
        if packed:
            log.pack(rotated)
    log.write(2)
    with tailing(log.path, position) as tail:
        drain(tail, got)
    assert got == log.written


def test_a_part_that_is_packed_beside_its_original_is_read_once(log: Writer) -> None:
    got: list[bytes] = []
    log.write(5)
    with tailing(log.path) as tail:
        position = drain(tail, got)
    log.write(5)
    rotated = log.rename()
    keep = rotated.read_bytes()
    log.pack(rotated)
    rotated.write_bytes(keep)
    log.write(1)
    with tailing(log.path, position) as tail:
        drain(tail, got)
    assert got == log.written


def test_since_begins_with_the_parts_written_after_it(log: Writer) -> None:
    log.write(3)
    old = log.rename()
    log.write(3)
    log.pack(log.rename())
    log.write(3)
    got: list[bytes] = []
    with tailing(log.path, since=old.stat().st_mtime + 0.5) as tail:
        drain(tail, got)
    assert got == log.written[3:]


def test_an_overlong_line_is_skipped_and_counted(log: Writer) -> None:
    log.write(1)
    log.append(b"x" * (LINE_LIMIT + 10) + b"\n")
    log.write(1)
    got: list[bytes] = []
    overlong = 0
    with tailing(log.path) as tail:
        while (chunk := tail.read()) is not None:
            got += chunk.lines
            overlong += chunk.overlong
    assert got == log.written
    assert overlong == 1


def test_a_line_of_ten_megabytes_is_read(log: Writer) -> None:
    log.write(1, size=10 << 20)
    got: list[bytes] = []
    with tailing(log.path) as tail:
        drain(tail, got)
    assert got == log.written


def test_a_file_that_was_emptied_without_a_copy_is_a_gap(log: Writer) -> None:
    log.write(5)
    with tailing(log.path) as tail:
        drain(tail, [])
        os.truncate(log.path, 0)
        log.append(b'{"new": 1}\n')
        chunk = tail.read()
    assert chunk is not None
    assert chunk.lines == (b'{"new": 1}',)
    assert "no copy" in chunk.gap


def test_a_file_that_is_gone_after_a_restart_is_a_gap(log: Writer) -> None:
    log.write(5)
    with tailing(log.path) as tail:
        position = drain(tail, [])
    log.path.unlink()
    log.append(b'{"new": 1}\n')
    with tailing(log.path, position) as tail:
        chunk = tail.read()
    assert chunk is not None
    assert "restart" in chunk.gap


def test_a_damaged_archive_is_given_up_with_a_gap(log: Writer) -> None:
    log.write(400)
    packed = log.pack(log.rename())
    packed.write_bytes(packed.read_bytes()[:-30])
    log.write(1)
    got: list[bytes] = []
    gaps = []
    with tailing(log.path, since=0.0) as tail:
        for _ in range(20):
            while (chunk := tail.read()) is not None:
                got += chunk.lines
                gaps.append(chunk.gap)
    assert got[-1] == log.written[-1]
    assert any("damaged" in gap or "middle of a line" in gap for gap in gaps)


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with tailing(tmp_path / "none.log") as tail, pytest.raises(FileNotFoundError):
        tail.read()


@pytest.mark.parametrize("text", ["", "null", "{", '{"offset": "x"}', "[1]"])
def test_what_is_no_position_starts_anew(text: str) -> None:
    assert parse_position(text) is None


def test_lines_of_a_packed_file(log: Writer) -> None:
    log.write(3)
    assert list(lines_of(log.pack(log.rename()))) == log.written


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 6)),
        st.tuples(st.just("torn"), st.integers(1, 60)),
        st.tuples(st.sampled_from(["rename", "copy", "pack", "read", "restart"]), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=150)
@given(steps=STEPS)
def test_every_line_comes_once_over_any_course_of_events(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        got, want = _play(Writer(Path(folder)), steps)
    assert got == want


def _play(log: Writer, steps: list[tuple[str, int]]) -> tuple[list[bytes], list[bytes]]:
    """Rotations come only after the reader has seen the file at least once: it looks four times a second."""
    got: list[bytes] = []
    log.write(2)
    tail = Tail(log.path)
    position = drain(tail, got)
    for step, number in steps:
        if step == "write":
            log.write(number)
        elif step == "torn":
            whole = b'{"number": %d, "pad": "torn %s"}\n' % (len(log.written), b"y" * 60)
            log.append(whole[:number])
            position = drain(tail, got) or position
            log.append(whole[number:])
            log.written.append(whole[:-1])
        elif step in ("rename", "copy", "pack"):
            position = drain(tail, got) or position
            log.write(3)
            position = drain(tail, got, 1) or position
            log.write(1)
            rotated = log.copy_and_truncate() if step == "copy" else log.rename()
            if step == "pack":
                log.pack(rotated)
            log.write(2)
            position = drain(tail, got) or position
        elif step == "read":
            position = drain(tail, got) or position
        else:
            tail.close()
            tail = Tail(log.path, position)
    drain(tail, got)
    tail.close()
    return got, log.written
