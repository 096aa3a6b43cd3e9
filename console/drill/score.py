"""Score and debrief of a drill, from the journal alone. Pure: entries in, a `Score` out; every text is `Clean`.

The attacker's side is in the journal too, put there at the end (`console.drill.narrating`). Times are those of
workflow practice: first bad act, first sign, declared, first write, contained, proved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from console.drill.narrating import DEED, END, LEFT, SCENARIO
from console.hygiene.exporting import known_safe
from console.model.entry import Approved, Captured, Declared, Effect, Entry, Found, Intent, Recorded, Verified
from console.model.state import IncidentState
from console.model.text import Clean

_COSTS = {"reentry": 12, "returned": 8, "evidence": 15, "override": 5, "minute": 2}
_GRACE = 180.0
"""Seconds to containment that cost nothing."""


class Line(msgspec.Struct, frozen=True):
    """One line of the debrief's timeline. `side` is `attacker` or `responder`."""

    at: float
    side: Clean
    text: Clean


class Score(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a drill went."""

    scenario: Clean
    verdict: Clean
    """`won`, `lost` or `unfinished`."""
    reasons: tuple[Clean, ...]
    points: int
    """0 to 100; a lost drill has at most 30."""
    detect_s: float | None = None
    """Opening to first finding on record."""
    declare_s: float | None = None
    act_s: float | None = None
    """Opening to the first accepted write."""
    contain_s: float | None = None
    """Opening to the moment the attacker had nothing left."""
    verify_s: float | None = None
    """First accepted write to the last proof of effect."""
    captured: int = 0
    """Destroyed pods whose evidence was taken before."""
    destroyed: int = 0
    returned: int = 0
    """Times a controller brought back what was deleted."""
    reentries: int = 0
    """Times the attacker came back with rights that were left."""
    overrides: int = 0
    undo_debt: int = 0
    lessons: tuple[Clean, ...] = ()
    timeline: tuple[Line, ...] = ()


class _Tally:
    """What one walk over the entries finds."""

    def __init__(self) -> None:
        self.state = IncidentState()
        self.scenario = ""
        self.opened: float | None = None
        self.end = ""
        self.firsts: dict[str, float] = {}
        self.proved: float | None = None
        self.given_up: float | None = None
        self.captured: dict[str, float] = {}
        self.destroyed: dict[str, float] = {}
        self.counts: dict[str, int] = {}
        self.left: list[Clean] = []
        self.lines: list[Line] = []
        self.told: dict[str, str] = {}
        """Last stage told of each action: a proof is on record each time its wording changes."""

    def take(self, entry: Entry) -> None:
        self.state.apply(entry)
        record, at = entry.record, entry.at
        match record:
            case Recorded():
                self._recorded(record)
            case Found():
                self.firsts.setdefault("found", at)
            case Declared():
                self.firsts.setdefault("declared", at)
                self._line(at, f"declares {record.name}")
            case Captured() if not record.failed:
                self.captured.setdefault(record.uid, at)
            case Approved():
                self.counts["override"] = self.counts.get("override", 0) + bool(record.skip_evidence)
                self._line(at, self._action(record.digest, "approves"))
            case Intent():
                self._intended(record, at)
            case Effect() if 200 <= record.status < 300:
                self.firsts.setdefault("wrote", at)
            case Verified():
                self._verified(record, at)
            case _:
                pass

    def _recorded(self, record: Recorded) -> None:
        if record.topic == SCENARIO:
            self.scenario, self.opened = record.value, float(record.note.split()[0])
        elif record.topic == END:
            self.end = record.value
        elif record.topic == LEFT:
            self.left.append(record.value)
        elif record.topic == DEED:
            at, what = float(record.note.split()[0]), record.note.split()[1]
            self.counts[what] = self.counts.get(what, 0) + 1
            self.lines.append(Line(at, known_safe("attacker"), record.value))
            if what == "over":
                self.given_up = at

    def _intended(self, record: Intent, at: float) -> None:
        action = self.state.actions.get(record.digest)
        if action is not None and action.planned.action == "pod.delete":
            self.destroyed.setdefault(action.planned.uid, at)

    def _verified(self, record: Verified, at: float) -> None:
        if record.stage == "effective":
            self.proved = at
        if self.told.get(record.digest) == record.stage:
            return
        self.told[record.digest] = record.stage
        more = f" and {len(record.residual) - 1} more" if len(record.residual) > 1 else ""
        left = f", left: {record.residual[0]}{more}" if record.residual else ""
        self._line(at, self._action(record.digest, record.stage) + left)

    def _action(self, digest: str, verb: str) -> str:
        action: Any = self.state.actions.get(digest)
        return f"{verb}: {action.planned.action} {action.planned.target}" if action else verb

    def _line(self, at: float, text: str) -> None:
        self.lines.append(Line(at, known_safe("responder"), known_safe(text)))


def score(entries: Iterable[Entry], lessons: Mapping[str, str] | None = None) -> Score:
    """The score of the drill these entries are the journal of. `lessons` are the scenario's texts for its traps."""
    tally = _Tally()
    for entry in entries:
        tally.take(entry)
    captured = sum(tally.captured.get(uid, at + 1) <= at for uid, at in tally.destroyed.items())
    missed = len(tally.destroyed) - captured
    verdict, reasons = _verdict(tally, missed)
    return Score(
        scenario=known_safe(tally.scenario),
        verdict=known_safe(verdict),
        reasons=tuple(reasons),
        points=_points(tally, verdict, missed),
        detect_s=_since(tally.opened, tally.firsts.get("found")),
        declare_s=_since(tally.opened, tally.firsts.get("declared")),
        act_s=_since(tally.opened, tally.firsts.get("wrote")),
        contain_s=_since(tally.opened, tally.given_up) if tally.end == "gave up" else None,
        verify_s=_since(tally.firsts.get("wrote"), tally.proved),
        captured=captured,
        destroyed=len(tally.destroyed),
        returned=tally.counts.get("returned", 0),
        reentries=tally.counts.get("reentry", 0),
        overrides=tally.counts.get("override", 0),
        undo_debt=len(tally.state.open_undo()),
        lessons=_lessons(tally, missed, lessons or {}),
        timeline=tuple(sorted(tally.lines, key=lambda line: line.at)),
    )


def _verdict(tally: _Tally, missed: int) -> tuple[str, list[Clean]]:
    returned, reentries = tally.counts.get("returned", 0), tally.counts.get("reentry", 0)
    reasons = [f"{returned} times a deleted pod came back, because its owner was not stopped"] if returned else []
    if reentries:
        reasons.append(f"{reentries} times the attacker came back with rights that were left to him")
    if missed:
        reasons.append(f"{missed} pods were deleted before their evidence was taken")
    if tally.end == "gave up":
        return "won", [known_safe(text) for text in ("the attacker has nothing left and gave up", *reasons)]
    if not tally.end or tally.end == "abandoned":
        return "unfinished", [known_safe("the drill was left before its end"), *tally.left]
    why = "the attacker has what he wanted" if tally.end == "won" else "time is up and the attacker is still there"
    return "lost", [*(known_safe(text) for text in (why, *reasons)), *tally.left]


def _points(tally: _Tally, verdict: str, missed: int) -> int:
    counts = tally.counts
    lost = sum(_COSTS[what] * counts.get(what, 0) for what in ("reentry", "returned", "override"))
    lost += _COSTS["evidence"] * missed
    if tally.given_up is not None and tally.opened is not None:
        lost += int(max(0.0, tally.given_up - tally.opened - _GRACE) / 60 * _COSTS["minute"])
    points = max(0, 100 - lost)
    return points if verdict == "won" else min(30, points)


def _lessons(tally: _Tally, missed: int, texts: Mapping[str, str]) -> tuple[Clean, ...]:
    counts = tally.counts
    seen = {
        "reentry": counts.get("returned", 0),
        "unrevoked": counts.get("reentry", 0),
        "evidence": missed,
        "slow": counts.get("move", 0) > 6 and tally.end != "gave up",
    }
    return tuple(known_safe(texts[name]) for name, happened in seen.items() if happened and name in texts)


def _since(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else round(max(0.0, end - start), 1)
