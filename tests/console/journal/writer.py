"""A process that appends for ever, telling each entry once it is durable; its parent kills it at any moment.

python -m tests.console.journal.writer JOURNAL
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from console.journal.sqlite import SqliteJournal
from tests.console.journal.entries import noted

if __name__ == "__main__":
    journal = SqliteJournal(Path(sys.argv[1]), reserve=65536)
    while True:
        entry = journal.append("engine", noted(journal.head[0]), 1.0)
        os.write(1, f"{entry.seq} {entry.hash}\n".encode())
