"""Facts out of the incident's own record: declarations, statements, captures, debts. Pure reads of folded state."""

from __future__ import annotations

from collections.abc import Callable

from console.model.entry import Captured
from console.model.facts import Fact, Known
from console.model.state import IncidentState
from console.ports.clock import Clock

INTACT_FOR = 300.0
"""Seconds a blob that was hashed counts as unaltered."""


class Record:
    """Answers from the folded journal. `answers` maps the name of a fact to the function that answers it."""

    def __init__(self, state: Callable[[], IncidentState], clock: Clock, intact: Callable[[str], bool]) -> None:
        self._state, self._clock, self._intact = state, clock, intact
        self._checked: dict[str, tuple[float, bool]] = {}
        self._read_of: list[Captured] = []
        self._read = 0
        self._captures: dict[tuple[str, str], list[Captured]] = {}
        self.answers: dict[str, Callable[..., Fact]] = {
            "evidence": self._evidence,
            "missed": self._missed,
            "recorded": self._recorded,
            "journal": self._journal,
            "declared": self._declared,
            "undo_debt": self._undo_debt,
        }

    def _known(self, value: object, source: str = "journal") -> Known:
        return Known(value, self._clock.now(), source)

    def _of(self, kind: str, uid: str) -> list[Captured]:
        """Captures of a kind and uid; the index follows the growing list instead of scanning it for each question."""
        captured = self._state().captured
        if captured is not self._read_of or len(captured) < self._read:
            self._read_of, self._read, self._captures = captured, 0, {}
        for one in captured[self._read :]:
            self._captures.setdefault((one.kind, one.uid), []).append(one)
        self._read = len(captured)
        return self._captures.get((kind, uid), [])

    def _evidence(self, kind: str, uid: str) -> Fact:
        blobs = (one.blob for one in self._of(kind, uid) if not one.failed)
        return self._known(tuple(blob for blob in blobs if self._is_there(blob)), "evidence")

    def _is_there(self, blob: str) -> bool:
        """Whether the sealed bytes are still there and unaltered; hashed again after a while, not at each question."""
        now = self._clock.monotonic()
        at, there = self._checked.get(blob, (-INTACT_FOR, False))
        if now - at >= INTACT_FOR:
            there = self._intact(blob)
            self._checked[blob] = (now, there)
        return there

    def _missed(self, kind: str, uid: str) -> Fact:
        return self._known(tuple(one.note for one in self._of(kind, uid) if one.failed), "evidence")

    def _recorded(self, topic: str) -> Fact:
        said = self._state().recorded.get(topic, [])
        return self._known(tuple((record.value, record.seat, at) for at, record in said))

    def _journal(self, tag: str) -> Fact:
        return self._known(self._state().types.get(tag, 0))

    def _declared(self) -> Fact:
        state = self._state()
        said = state.declared
        return self._known((said.name, said.severity, state.declared_at) if said else None)

    def _undo_debt(self) -> Fact:
        return self._known(len(self._state().open_undo()))
