"""An exported journal can be verified by whoever has only the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.journal.exporting import lines, verify_lines
from console.journal.sqlite import SqliteJournal
from tests.console.journal.entries import effect, intent, noted


@pytest.fixture
def exported(tmp_path: Path) -> list[bytes]:
    journal = SqliteJournal(tmp_path / "journal.db", reserve=2**20)
    for record in (noted(1), intent(), effect(), noted(2, "last")):
        journal.append("ana", record, 1.5)
    found = list(lines(journal.read()))
    assert verify_lines(found).head == journal.head[1]
    journal.close()
    return found


def test_a_whole_export_verifies(exported: list[bytes]) -> None:
    report = verify_lines(exported)

    assert (report.entries, report.problem) == (4, "")


def test_a_changed_word_is_named(exported: list[bytes]) -> None:
    exported[2] = exported[2].replace(b'"status":200', b'"status":409')

    assert verify_lines(exported).problem == "entry 3 was altered"


def test_a_missing_line_is_named(exported: list[bytes]) -> None:
    del exported[1]

    assert verify_lines(exported).problem == "entry 2 is missing"


def test_a_line_that_is_no_entry_is_named(exported: list[bytes]) -> None:
    exported[1] = b"{\n"

    assert verify_lines(exported).problem.startswith("line 2 cannot be read")
