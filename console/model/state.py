"""The incident as the journal tells it: a pure fold. The same entries always give the same state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from console.model import entry as e
from console.model.ref import ResourceRef


class ActionState(msgspec.Struct):
    """One plan's way through its life."""

    planned: e.Planned
    at: float = 0.0
    approvals: list[e.Approved] = msgspec.field(default_factory=list)
    intents: dict[int, e.Intent] = msgspec.field(default_factory=dict)
    effects: dict[int, e.Effect] = msgspec.field(default_factory=dict)
    resolved: dict[int, e.Resolved] = msgspec.field(default_factory=dict)
    verified: e.Verified | None = None
    refused: str = ""
    undone_by: str = ""
    """Digest of the undo plan that became effective."""
    wrote_at: float = 0.0
    """Epoch seconds of the last accepted write, 0.0 before the first."""
    carried_out: float = 0.0
    """Epoch seconds of the last accepted write or, where nothing had to be written, of the last approval."""
    server_at: float = 0.0
    """Of the last accepted write, by the API server's clock as far as it said so; compare what it dates with this."""
    drifts: list[e.Drifted] = msgspec.field(default_factory=list)

    @property
    def target(self) -> ResourceRef:
        """The object it is about, for people: its name may be redacted. The runner knows the exact one."""
        p = self.planned
        return ResourceRef("", "", p.kind, p.namespace, p.name, p.uid)

    @property
    def unknown_steps(self) -> list[int]:
        """Steps whose request may or may not have arrived: intent without effect or resolution."""
        return [n for n in self.intents if n not in self.effects and n not in self.resolved]

    @property
    def wrote(self) -> bool:
        """Whether any write was accepted."""
        accepted = any(200 <= effect.status < 300 for effect in self.effects.values())
        return accepted or any(r.done for r in self.resolved.values())


class ItemMark(msgspec.Struct):
    """A person's newest word on an item (or on one member of its set)."""

    state: str
    seat: str
    reason: str
    at: float


class IncidentState(msgspec.Struct):
    """Everything a restart needs to know."""

    seq: int = 0
    opened: e.Opened | None = None
    opened_at: float = 0.0
    declared: e.Declared | None = None
    declared_at: float = 0.0
    seats: dict[str, int] = msgspec.field(default_factory=dict)
    armed: dict[str, e.Armed] = msgspec.field(default_factory=dict)
    actions: dict[str, ActionState] = msgspec.field(default_factory=dict)
    """By plan digest, in order of planning."""
    captured: list[e.Captured] = msgspec.field(default_factory=list)
    acknowledged: dict[str, e.Acknowledged] = msgspec.field(default_factory=dict)
    recorded: dict[str, list[tuple[float, e.Recorded]]] = msgspec.field(default_factory=dict)
    marks: dict[tuple[str, str], ItemMark] = msgspec.field(default_factory=dict)
    """By item id and member ("" for the item itself)."""
    observed: dict[str, e.ItemObserved] = msgspec.field(default_factory=dict)
    ever_proved: set[str] = msgspec.field(default_factory=set)
    positions: dict[str, str] = msgspec.field(default_factory=dict)
    alarms: list[str] = msgspec.field(default_factory=list)
    types: dict[str, int] = msgspec.field(default_factory=dict)
    """How many entries of each type there are."""
    audit_ids: dict[str, str] = msgspec.field(default_factory=dict)
    """`Intent.line` of all our own writes, by Audit-ID."""

    def apply(self, entry: e.Entry) -> None:
        """Take one more entry into account."""
        self.seq = entry.seq
        record = entry.record
        tag = record.__struct_config__.tag
        self.types[str(tag)] = self.types.get(str(tag), 0) + 1
        _APPLY.get(type(record), _ignore)(self, entry, record)

    def open_undo(self) -> list[ActionState]:
        """Actions that wrote something, can be undone and are not yet: the undo register."""
        return [a for a in self.actions.values() if a.wrote and a.planned.undo and not a.undone_by]


def fold(entries: Iterable[e.Entry]) -> IncidentState:
    """The state after all these entries."""
    state = IncidentState()
    for entry in entries:
        state.apply(entry)
    return state


def _ignore(state: IncidentState, entry: e.Entry, record: Any) -> None:
    """Entries that are only history."""


def _opened(state: IncidentState, entry: e.Entry, record: e.Opened) -> None:
    state.opened, state.opened_at = record, entry.at


def _declared(state: IncidentState, entry: e.Entry, record: e.Declared) -> None:
    state.declared_at = state.declared_at or entry.at
    state.declared = record


def _joined(state: IncidentState, entry: e.Entry, record: e.SeatJoined) -> None:
    state.seats[record.seat] = record.uid


def _left(state: IncidentState, entry: e.Entry, record: e.SeatLeft) -> None:
    state.seats.pop(record.seat, None)
    state.armed.pop(record.seat, None)


def _armed(state: IncidentState, entry: e.Entry, record: e.Armed) -> None:
    state.armed[record.seat] = record


def _disarmed(state: IncidentState, entry: e.Entry, record: e.Disarmed) -> None:
    state.armed.pop(record.seat, None)


def _planned(state: IncidentState, entry: e.Entry, record: e.Planned) -> None:
    state.actions[record.digest] = ActionState(record, at=entry.at)


def _action(state: IncidentState, digest: str) -> ActionState | None:
    return state.actions.get(digest)


def _approved(state: IncidentState, entry: e.Entry, record: e.Approved) -> None:
    if action := _action(state, record.digest):
        action.approvals.append(record)
        action.carried_out = entry.at


def _refused(state: IncidentState, entry: e.Entry, record: e.RefusedPlan) -> None:
    if action := _action(state, record.digest):
        action.refused = record.why


def _intent(state: IncidentState, entry: e.Entry, record: e.Intent) -> None:
    if action := _action(state, record.digest):
        action.intents[record.step] = record
        # A step that met a conflict is sent again under a new id: only the newest attempt counts.
        action.effects.pop(record.step, None)
        action.resolved.pop(record.step, None)
    state.audit_ids[record.audit_id] = record.line


def _effect(state: IncidentState, entry: e.Entry, record: e.Effect) -> None:
    if action := _action(state, record.digest):
        action.effects[record.step] = record
        if 200 <= record.status < 300:
            action.wrote_at = action.carried_out = entry.at
            action.server_at = record.server or action.server_at


def _resolved(state: IncidentState, entry: e.Entry, record: e.Resolved) -> None:
    if action := _action(state, record.digest):
        action.resolved[record.step] = record
        if record.done:
            action.wrote_at = action.carried_out = entry.at


def _verified(state: IncidentState, entry: e.Entry, record: e.Verified) -> None:
    action = _action(state, record.digest)
    if action is None:
        return
    action.verified = record
    undone = _action(state, action.planned.undoes) if action.planned.undoes else None
    if undone is not None and record.stage == "effective":
        undone.undone_by = record.digest


def _captured(state: IncidentState, entry: e.Entry, record: e.Captured) -> None:
    state.captured.append(record)


def _acknowledged(state: IncidentState, entry: e.Entry, record: e.Acknowledged) -> None:
    state.acknowledged[record.finding] = record


def _recorded(state: IncidentState, entry: e.Entry, record: e.Recorded) -> None:
    state.recorded.setdefault(record.topic, []).append((entry.at, record))


def _marked(state: IncidentState, entry: e.Entry, record: e.ItemMarked) -> None:
    key = (record.item, record.member)
    if record.state == "open":
        state.marks.pop(key, None)
    else:
        state.marks[key] = ItemMark(record.state, record.seat, record.reason, entry.at)


def _observed(state: IncidentState, entry: e.Entry, record: e.ItemObserved) -> None:
    state.observed[record.item] = record
    if record.state in ("proved", "verified"):
        state.ever_proved.add(record.item)


def _drifted(state: IncidentState, entry: e.Entry, record: e.Drifted) -> None:
    if action := _action(state, record.digest):
        action.drifts.append(record)


def _alarm(state: IncidentState, entry: e.Entry, record: e.Alarm) -> None:
    state.alarms.append(record.text)


def _positioned(state: IncidentState, entry: e.Entry, record: e.Positioned) -> None:
    state.positions[record.source] = record.position


_APPLY: dict[type, Any] = {
    e.Opened: _opened,
    e.Declared: _declared,
    e.SeatJoined: _joined,
    e.SeatLeft: _left,
    e.Armed: _armed,
    e.Disarmed: _disarmed,
    e.Planned: _planned,
    e.Approved: _approved,
    e.RefusedPlan: _refused,
    e.Intent: _intent,
    e.Effect: _effect,
    e.Resolved: _resolved,
    e.Verified: _verified,
    e.Captured: _captured,
    e.Acknowledged: _acknowledged,
    e.Recorded: _recorded,
    e.ItemMarked: _marked,
    e.ItemObserved: _observed,
    e.Drifted: _drifted,
    e.Alarm: _alarm,
    e.Positioned: _positioned,
}
