"""Findings on record: each of medium or worse gets one journal entry, also when an engine died before it was saved.

In: findings as they come. Out: `Found` entries. A storm gets no more than a bounded number; the findings store and the
pane have them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from console.hygiene.exporting import Exporter, known_safe
from console.incident.board import target_words
from console.incident.naming import doer
from console.model import entry as e
from console.model.finding import Finding
from console.model.severity import Severity

MOST = 500
"""Findings that get an entry of their own."""


class FindingNotes:
    """Knows which findings are on record."""

    def __init__(self, note: Callable[[e.Record], None], export: Exporter) -> None:
        self._note, self._export = note, export
        self._known: set[str] = set()
        self._count = 0

    def recall(self, entries: Iterable[e.Entry], count: int) -> None:
        """What an earlier engine recorded.

        An entry is made a moment before its finding is saved: after a crash in between it is found once more.

        Args:
            count: of all `Found` entries, also of those that are too long ago to be among `entries`.
        """
        self._known = {str(entry.record.finding) for entry in entries if isinstance(entry.record, e.Found)}
        self._count = count

    def take(self, findings: Iterable[Finding]) -> None:
        """Record what is not on record yet; a finding that grew worse is recorded when it becomes medium."""
        for one in findings:
            if one.id in self._known or self._count >= MOST or not one.severity.at_least(Severity.MEDIUM):
                continue
            self._known.add(one.id)
            self._count += 1
            export = self._export
            title, who = export(one.title), export(doer(one.who))
            severity, target = known_safe(one.severity), export(target_words(one))
            self._note(e.Found(known_safe(one.id), export(one.rule), severity, title, who, target))
