"""The journal: durable, chained, one writer, honest when the disk is not."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.errors import JournalError
from console.hygiene.cleaning import clean
from console.journal import canon
from console.journal.sqlite import FORMAT, SqliteJournal
from tests.console.journal.entries import effect, intent, noted


def filled(path: Path, count: int = 5) -> Path:
    journal = SqliteJournal(path, reserve=4096)
    for number in range(count):
        journal.append("ana", noted(number), float(number))
    journal.close()
    return path


def test_entries_come_back_in_order_and_chained(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal.db")

    journal = SqliteJournal(path, reserve=4096)
    entries = list(journal.read())

    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.record for entry in entries] == [noted(number) for number in range(5)]
    assert entries[0].prev == canon.FIRST
    assert all(later.prev == earlier.hash for earlier, later in itertools.pairwise(entries))
    assert [entry.seq for entry in journal.read(after=3)] == [4, 5]
    assert next(iter(journal.read(after=3))).prev == entries[2].hash
    report = journal.verify()
    assert (report.entries, report.head, report.problem) == (5, entries[-1].hash, "")
    journal.close()


def test_a_restarted_journal_goes_on_with_the_chain(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal.db")

    journal = SqliteJournal(path, reserve=4096)
    entry = journal.append("engine", noted(9), 9.0)

    assert entry.seq == 6
    assert journal.verify().problem == ""
    journal.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(max_size=40), min_size=2, max_size=8),
    which=st.integers(min_value=0),
    byte=st.integers(min_value=0),
    bit=st.integers(min_value=0, max_value=7),
)
def test_any_flipped_bit_of_any_entry_is_found_and_named(
    tmp_path: Path, texts: list[str], which: int, byte: int, bit: int
) -> None:
    folder = tmp_path / os.urandom(6).hex()
    folder.mkdir()
    journal = SqliteJournal(folder / "journal.db", reserve=4096)
    for text in texts:
        journal.append("ana", noted(text=clean(text) or "-"), 1.0)
    seq = which % len(texts) + 1
    body = bytearray(journal._base.execute("SELECT body FROM entries WHERE seq = ?", (seq,)).fetchone()[0])
    body[byte % len(body)] ^= 1 << bit
    journal._base.execute("UPDATE entries SET body = ? WHERE seq = ?", (bytes(body), seq))

    report = journal.verify()

    assert (report.entries, report.problem) == (seq - 1, f"entry {seq} was altered")
    journal.close()
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("DELETE FROM entries WHERE seq = 3", "entry 3 is missing"),
        ("DELETE FROM entries WHERE seq > 3", "entry 4 and what followed were removed"),
        ("UPDATE entries SET hash = (SELECT hash FROM entries WHERE seq = 1) WHERE seq = 4", "entry 4 was altered"),
        (
            "UPDATE entries SET body = (SELECT body FROM entries WHERE seq = 2), "
            "hash = (SELECT hash FROM entries WHERE seq = 2) WHERE seq = 3",
            "entry 3 was altered",
        ),
    ],
)
def test_tampering_is_named_by_its_entry(tmp_path: Path, sql: str, problem: str) -> None:
    path = filled(tmp_path / "journal.db")
    base = sqlite3.connect(path)
    base.execute(sql)
    base.commit()
    base.close()

    journal = SqliteJournal(path, reading=True)

    assert journal.verify().problem == problem
    journal.close()


def test_an_entry_of_an_unknown_type_is_named(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal.db", 2)
    base = sqlite3.connect(path)
    base.execute("UPDATE entries SET body = ? WHERE seq = 2", (b'{"actor":"a","at":1,"record":{"type":"x"},"seq":2}',))
    base.commit()
    base.close()
    journal = SqliteJournal(path, reading=True)

    with pytest.raises(JournalError, match="Entry 2 of"):
        list(journal.read())
    journal.close()


def test_a_second_engine_is_told_who_has_it(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", reserve=4096)

    with pytest.raises(JournalError, match=rf"process {os.getpid()}.*warroom attach"):
        SqliteJournal(tmp_path / "journal.db", reserve=4096)

    journal.close()
    SqliteJournal(tmp_path / "journal.db", reserve=4096).close()


def test_a_reader_sees_what_a_running_engine_writes(tmp_path: Path) -> None:
    writer = SqliteJournal(tmp_path / "journal.db", reserve=4096)
    writer.append("ana", noted(1), 1.0)
    reader = SqliteJournal(tmp_path / "journal.db", reading=True)
    writer.append("ana", noted(2), 2.0)

    assert [entry.record for entry in reader.read()] == [noted(1), noted(2)]
    assert reader.verify().entries == 2
    with pytest.raises(JournalError, match="reading only"):
        reader.append("ana", noted(3), 3.0)
    reader.close()
    writer.close()


def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal.db", 1)
    base = sqlite3.connect(path)
    base.execute(f"PRAGMA user_version={FORMAT + 1}")
    base.close()
    before = path.read_bytes()

    for reading in (False, True):
        with pytest.raises(JournalError, match=rf"newer warroom \(format {FORMAT + 1}, this one reads {FORMAT}\)"):
            SqliteJournal(path, reading=reading)

    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be read as one" * 40, b"SQLite f"])
def test_a_file_that_is_no_journal_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(content)

    with pytest.raises(JournalError, match="cannot be opened"):
        SqliteJournal(path)

    assert path.read_bytes() == content


def test_a_missing_journal_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no journal at"):
        SqliteJournal(tmp_path / "journal.db", reading=True)


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", reserve=4096)
    journal.append("ana", noted(), 1.0)

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    assert set(modes.values()) == {0o600}
    assert {"journal.db", "journal.db-wal", "journal.lock", "journal.reserve"} <= set(modes)
    journal.close()


def test_kill_at_any_moment_loses_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    acknowledged: dict[int, str] = {}
    for _ in range(6):
        command = [sys.executable, "-m", "tests.console.journal.writer", str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(random.randrange(5, 200)):
                seq, hash_ = process.stdout.readline().split()
                acknowledged[int(seq)] = hash_
            process.kill()
            for line in process.stdout:
                seq, _, hash_ = line.strip().partition(" ")
                acknowledged[int(seq)] = hash_

    journal = SqliteJournal(path, reserve=4096)
    kept = {entry.seq: entry.hash for entry in journal.read()}

    assert acknowledged
    assert {seq: kept.get(seq) for seq in acknowledged} == acknowledged
    assert journal.verify().problem == ""
    journal.close()


@pytest.fixture
def own_mounts() -> list[str]:
    """The command that gives a process mounts of its own."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *user, "--mount", "--"]
    if not shutil.which("unshare") or subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("this host lets nobody mount a small disk for the test (unshare --mount is forbidden)")
    return command


def test_on_a_full_disk_what_was_begun_is_recorded_and_nothing_new_begins(
    own_mounts: list[str], tmp_path: Path
) -> None:
    command = [*own_mounts, sys.executable, "-m", "tests.console.journal.full_disk", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)

    assert "the disk is full" in seen["refused"]
    assert ("the disk is full" in seen["note"], seen["held"]) == (True, True)
    assert seen["finishing"] == []
    assert "nothing new may be done to the cluster" in seen["after_release"]
    assert "Evidence" in seen["evidence"] or "evidence" in seen["evidence"]
    assert seen["again"] == ""
    assert (seen["problem"], seen["entries"]) == ("", seen["expected"])


LIMITED = """
import resource, sys, pathlib
from console.journal.sqlite import SqliteJournal
from console.errors import JournalError
from tests.console.journal.entries import intent, noted
path = pathlib.Path(sys.argv[1])
journal = SqliteJournal(path, reserve=4096)
journal.append("engine", noted(), 1.0)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
count = 1
try:
    while count < 5000:
        journal.append("engine", intent(count), 1.0)
        count += 1
except JournalError as error:
    print(count, error)
"""


def test_a_write_that_fails_leaves_the_chain_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    done = subprocess.run([sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, timeout=60)
    count, _, words = done.stdout.partition(" ")

    assert "cannot be written" in words, done.stderr
    journal = SqliteJournal(path, reserve=4096)
    report = journal.verify()
    assert (report.entries, report.problem) == (int(count), "")
    journal.close()


def test_a_read_only_disk_is_readable_and_says_why_it_is_not_written(own_mounts: list[str], tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    path = filled(tmp_path / "disk" / "journal.db")
    script = (
        "import sys; from pathlib import Path; from console.journal.sqlite import SqliteJournal as J\n"
        "from console.errors import JournalError\n"
        "p = Path(sys.argv[1]); print(len(list(J(p, reading=True).read())), J(p, reading=True).verify().problem)\n"
        "try: J(p)\nexcept JournalError as error: print(error)\n"
    )
    mount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$2" -c "$3" "$4"'
    command = [*own_mounts, "sh", "-c", mount, "sh", str(path.parent), sys.executable, script, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    lines = done.stdout.splitlines()

    assert done.returncode == 0, done.stderr
    assert lines[0].strip() == "5"
    assert "cannot be written: Read-only file system. Choose another one with --state." in lines[1]


def test_intents_are_refused_but_effects_kept_when_there_is_no_reserve(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", reserve=2**60)

    with pytest.raises(JournalError, match="nothing new may be done to the cluster"):
        journal.append("engine", intent(), 1.0)
    journal.append("engine", effect(), 1.0)

    assert [type(entry.record).__name__ for entry in journal.read()] == ["Effect"]
    journal.close()
