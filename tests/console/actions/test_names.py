"""A mark is known as ours by the record, also after a restart, and by nothing that only looks like one."""

from __future__ import annotations

from pathlib import Path

from console.actions.chronicle import Chronicle
from console.actions.names import Names
from console.hygiene.exporting import Exporter
from console.journal.sqlite import SqliteJournal
from console.ports.clock import SystemClock

SECRET = b"incident secret of the test ....."


def names(journal: SqliteJournal, secret: bytes = SECRET) -> Names:
    return Names(secret, Chronicle(journal, SystemClock()), Exporter(secret))


def test_only_a_name_on_record_is_a_mark_of_ours(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db")
    mark = names(journal).of("silence of alert a")
    other = names(SqliteJournal(tmp_path / "other.db"), b"another secret").of("silence of alert a")

    known = names(journal)

    assert known.marked(f"warroom: we are on it [{mark}]")
    assert not known.marked(f"warroom: we are on it {mark}")
    assert not known.marked(f"warroom: we are on it [{other}]")
    assert not known.marked("warroom: we are on it")
    assert not known.marked(f"[{mark}]" + "x" * 1000), "a mark stands at the end"
    journal.close()
