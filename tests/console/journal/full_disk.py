"""A journal on a small disk that is filled up, in a mount namespace of its own. Prints what happened as JSON.

python -m tests.console.journal.full_disk FOLDER
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from console.errors import JournalError
from console.journal.evidence import FileEvidence
from console.journal.sqlite import SqliteJournal
from console.model.entry import Record
from tests.console.journal.entries import effect, intent, noted

MEBI = 1024 * 1024


def fill(path: Path) -> None:
    """Take every block that is left."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while True:
            os.write(fd, b"x" * 4096)
    os.close(fd)


def attempt(journal: SqliteJournal, record: Record) -> str:
    try:
        journal.append("engine", record, 1.0)
    except JournalError as error:
        return str(error)
    return ""


def main(folder: Path) -> dict[str, Any]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], check=True)
    journal = SqliteJournal(folder / "journal.db")
    evidence = FileEvidence(folder / "evidence")
    journal.append("engine", intent(1), 1.0)
    fill(folder / "filler")
    refused = ""
    number = 1
    while not refused and number < 5000:
        number += 1
        refused = attempt(journal, intent(number))
    note_refused = attempt(journal, noted(1, "x" * 3000))
    while not note_refused and number < 5000:
        number += 1
        note_refused = attempt(journal, noted(1, "x" * 3000))
    held = (folder / "journal.reserve").exists()
    finishing = [attempt(journal, effect(n)) for n in range(1, 200)]
    after_release = attempt(journal, intent(number))
    fill(folder / "filler2")
    try:
        evidence.put(b"log line\n" * 100)
        evidence_refused = ""
    except JournalError as error:
        evidence_refused = str(error)
    (folder / "filler").unlink()
    (folder / "filler2").unlink()
    again = attempt(journal, intent(number))
    report = journal.verify()
    return {
        "refused": refused,
        "note": note_refused,
        "held": held,
        "finishing": [text for text in finishing if text],
        "after_release": after_release,
        "evidence": evidence_refused,
        "again": again,
        "problem": report.problem,
        "entries": report.entries,
        "expected": number - 1 + 199 + 1,
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
