"""Findings and positions: saved together or not at all, whatever an attacker wrote into them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from console.errors import JournalError
from console.journal.findings import FindingStore
from console.model.finding import Finding, Target
from console.model.identity import Identity
from console.model.severity import Severity


def finding(rule: str = "exec", user: str = "eve", count: int = 1) -> Finding:
    target = Target(kind="Pod", namespace="shop", name="web", subresource="exec")
    return Finding(
        rule,
        "Exec into a pod",
        Severity.HIGH,
        Identity(user, groups=("system:authenticated",)),
        target,
        1.0,
        2.0,
        count,
        events=("id-1",),
        evidence=b'{"raw":"\xff"}',
    )


def test_what_was_saved_is_loaded_by_the_next_engine(tmp_path: Path) -> None:
    store = FindingStore(tmp_path / "findings.db")
    store.save([finding("a"), finding("b")], {"audit": "17:4096"})
    store.close()

    again = FindingStore(tmp_path / "findings.db")

    assert again.load() == ([finding("a"), finding("b")], {"audit": "17:4096"})
    assert (tmp_path / "findings.db").stat().st_mode & 0o777 == 0o600
    again.close()


def test_a_finding_that_grew_replaces_itself(tmp_path: Path) -> None:
    store = FindingStore(tmp_path / "findings.db")
    store.save([finding(count=1)], {"audit": "1"})
    store.save([finding(count=7)], {"audit": "2", "webhook": "x"})

    assert store.load() == ([finding(count=7)], {"audit": "2", "webhook": "x"})
    store.close()


def test_findings_and_positions_are_one_transaction(tmp_path: Path) -> None:
    """A position that cannot be stored takes its findings with it: they are read again, never skipped."""
    store = FindingStore(tmp_path / "findings.db")
    store.save([finding("before")], {"audit": "1"})
    with sqlite3.connect(tmp_path / "findings.db") as other:
        other.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON positions WHEN NEW.position = '2' "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    other.close()

    with pytest.raises(JournalError, match="cannot be written"):
        store.save([finding("after")], {"audit": "2"})

    assert store.load() == ([finding("before")], {"audit": "1"})
    store.close()


def test_a_lone_surrogate_loses_no_finding(tmp_path: Path) -> None:
    store = FindingStore(tmp_path / "findings.db")

    store.save([finding(user="ev\ud800e")], {})

    (kept,), _ = store.load()
    assert kept == msgspec.structs.replace(finding(), who=Identity("ev?e", groups=("system:authenticated",)))
    store.close()


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    FindingStore(tmp_path / "findings.db").close()
    base = sqlite3.connect(tmp_path / "findings.db")
    base.execute("PRAGMA user_version=99")
    base.close()

    with pytest.raises(JournalError, match=r"newer warroom \(format 99"):
        FindingStore(tmp_path / "findings.db")


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "findings.db").write_bytes(b"garbage " * 1000)

    with pytest.raises(JournalError, match="cannot be opened"):
        FindingStore(tmp_path / "findings.db")
