"""The record as the engine writes it: made durable first, folded second, told to listeners last.

In: records whose texts are `Clean`. Out: the incident's state, always equal to the fold of the journal.
"""

from __future__ import annotations

from collections.abc import Callable

from console.model.entry import Entry, Record
from console.model.state import IncidentState, fold
from console.ports.clock import Clock
from console.ports.journal import Journal

Heard = Callable[[Entry], None]


class Chronicle:
    """The one way to append. Reads the whole journal once, when it is made."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.journal = journal
        self.clock = clock
        self.state: IncidentState = fold(journal.read())
        self._listeners: list[Heard] = []

    def record(self, record: Record, actor: str = "engine") -> Entry:
        """Append, fold, tell. Raises `JournalError`; then nothing of the three has happened."""
        entry = self.journal.append(actor, record, self.clock.now())
        self.state.apply(entry)
        for heard in self._listeners:
            heard(entry)
        return entry

    def listen(self, heard: Heard) -> None:
        """Be told of every entry from now on; must not block or raise."""
        self._listeners.append(heard)
