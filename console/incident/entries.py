"""Journal entries in words: the lines of pane 4, of timelines and of the drill's debrief.

Pure; the texts of entries are `Clean` already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from console.hygiene.exporting import known_safe
from console.model import entry as e
from console.model.text import Clean
from console.ports.views import EntryRow

Words = tuple[str, str]
"""What happened, and its result in one word ("" for none)."""


def entry_row(entry: e.Entry) -> EntryRow:
    """The row of one entry."""
    text, result = words(entry.record)
    return EntryRow(
        known_safe(f"{entry.seq:08d}"), entry.seq, entry.at, entry.actor, known_safe(text), known_safe(result)
    )


def words(record: e.Record) -> Words:
    """One entry as a sentence and a result word."""
    describe = _DESCRIBE.get(type(record))
    return describe(record) if describe else (str(record.__struct_config__.tag), "")


def _opened(r: e.Opened) -> Words:
    return f"record opened on {r.context} {r.server}" + (" (drill)" if r.drill else ""), ""


def _declared(r: e.Declared) -> Words:
    severity = f", {r.severity}" if r.severity else ""
    return f"incident declared: {r.name}{severity}" + (f" ({r.reason})" if r.reason else ""), "declared"


def _armed(r: e.Armed) -> Words:
    return f"{r.seat} armed: {r.reason}", "armed"


def _planned(r: e.Planned) -> Words:
    what = "undo planned" if r.undoes else "planned"
    return f"plan {r.digest[:4]} {what}: {r.action} {r.target}", ""


def _approved(r: e.Approved) -> Words:
    extra = f"; break-glass: {r.break_glass}" if r.break_glass else ""
    extra += f"; evidence skipped: {r.skip_evidence}" if r.skip_evidence else ""
    return f"plan {r.digest[:4]} approved by {r.seat}: {r.reason}{extra}", "break-glass" if r.break_glass else ""


def _intent(r: e.Intent) -> Words:
    return f"plan {r.digest[:4]} step {r.step}: {r.method} {r.path}", "sent"


def _effect(r: e.Effect) -> Words:
    good = 200 <= r.status < 300
    said = f" {r.text}" if r.text else ""
    return f"plan {r.digest[:4]} step {r.step}: {r.status or 'no answer'}{said}", "accepted" if good else "failed"


def _resolved(r: e.Resolved) -> Words:
    word = {True: "done", False: "not done", None: "unknown"}[r.done]
    return f"plan {r.digest[:4]} step {r.step} resolved by reading: {r.why}", word


def _verified(r: e.Verified) -> Words:
    left = f" — left: {'; '.join(r.residual)}" if r.residual else ""
    left += f" — not checked: {'; '.join(r.unverifiable)}" if r.unverifiable else ""
    return f"plan {r.digest[:4]} {r.text}{left}", "residual" if r.residual else r.stage


def _captured(r: e.Captured) -> Words:
    if r.failed:
        return f"evidence {r.kind} of {r.target}: {r.note}", "missed"
    return f"evidence {r.kind} of {r.target}: {r.size} bytes, sha256 {r.blob[:12]}", "sealed"


def _found(r: e.Found) -> Words:
    return f"{r.title}: {r.target} by {r.who}", r.severity


def _acknowledged(r: e.Acknowledged) -> Words:
    return f"finding {r.finding} acknowledged by {r.seat}" + (f": {r.reason}" if r.reason else ""), ""


def _marked(r: e.ItemMarked) -> Words:
    return f"{r.item} {r.state} by {r.seat}" + (f": {r.reason}" if r.reason else ""), r.state


def _item_observed(r: e.ItemObserved) -> Words:
    return f"{r.item} {r.state}: {r.observed}", r.state


_DESCRIBE: dict[type, Callable[[Any], Words]] = {
    e.Opened: _opened,
    e.Declared: _declared,
    e.SeatJoined: lambda r: (f"{r.seat} took a seat (uid {r.uid})", ""),
    e.SeatLeft: lambda r: (f"{r.seat} left", ""),
    e.Armed: _armed,
    e.Disarmed: lambda r: (f"{r.seat} is read-only again", ""),
    e.Planned: _planned,
    e.Approved: _approved,
    e.RefusedPlan: lambda r: (f"plan {r.digest[:4]} refused: {r.why}", "refused"),
    e.Intent: _intent,
    e.Effect: _effect,
    e.Resolved: _resolved,
    e.Verified: _verified,
    e.Captured: _captured,
    e.Found: _found,
    e.Acknowledged: _acknowledged,
    e.Noted: lambda r: (f"note: {r.text}" + (f" ({r.about})" if r.about else ""), ""),
    e.Recorded: lambda r: (f"{r.topic}: {r.value}" + (f" ({r.note})" if r.note else ""), ""),
    e.ItemMarked: _marked,
    e.ItemObserved: _item_observed,
    e.Drifted: lambda r: (f"{r.target} changed by {r.manager or 'somebody'}: {r.text}", "drift"),
    e.OtherHand: lambda r: (f"other hands: {r.who} on {r.target}: {r.text}", "other"),
    e.Alarm: lambda r: (f"ALARM {r.text}", "alarm"),
    e.Positioned: lambda r: (f"{r.source} read up to {r.position}", ""),
    e.Stopped: lambda r: (f"engine stopped: {r.why}", ""),
}


def about(record: e.Record, digests: set[str], names: set[str]) -> bool:
    """Whether an entry belongs to the timeline of an object: by plan digest, or by the object's name in words."""
    if getattr(record, "digest", None) in digests:
        return True
    return getattr(record, "target", Clean("")) in names or getattr(record, "about", Clean("")) in names
