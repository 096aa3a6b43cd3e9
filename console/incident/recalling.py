"""Facts out of the incident's own record: declarations, statements, captures, debts. Pure reads of folded state."""

from __future__ import annotations

from collections.abc import Callable

from console.incident.sealing import Seals
from console.model.entry import Captured
from console.model.facts import Fact, Known, Unknown
from console.model.state import IncidentState
from console.ports.clock import Clock


class Record:
    """Answers from the folded journal. `answers` maps the name of a fact to the function that answers it."""

    def __init__(self, state: Callable[[], IncidentState], clock: Clock, seals: Seals) -> None:
        self._state, self._clock, self._seals = state, clock, seals
        self._inherited = {one.blob for one in state().captured}
        """What an earlier engine sealed: nobody of this process has seen its bytes."""
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
        blobs = [one.blob for one in self._of(kind, uid) if not one.failed]
        held = [self._seals.holds(blob, own=blob not in self._inherited) for blob in blobs]
        there = tuple(blob for blob, holds in zip(blobs, held, strict=True) if holds)
        if not there and None in held:
            return Unknown("the sealed bytes are being hashed")
        return self._known(there, "evidence")

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
