"""Runs all rules over a stream of events and keeps the findings.

In: batches of events in the order they were logged, and the records behind them. Out: findings that are new or have
changed. Bounded memory over any number of events. Never raises for what an event holds; time is the events' own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec

from console.model.audit import AuditEvent
from console.model.finding import Finding
from console.rules.compiling import Compiled, RuleSet
from console.rules.describing import identity_of, target_of, time_of
from console.rules.folding import MOST, Folder
from console.rules.keeping import kept
from console.rules.rule import Threshold
from console.rules.view import View
from console.rules.windows import Hits, Kept, Window

_REMEMBERED = 50_000
_NOTE = 400
_KEPT = 2_000
"""Entries of windows, and marks, handed on to the next engine at most: those used last."""


class _Memory(msgspec.Struct, frozen=True, array_like=True):
    """What counts and sequences that are under way know, for the next engine."""

    windows: dict[str, list[Kept]] = {}
    marks: tuple[tuple[tuple[str, ...], float], ...] = ()


class Detector:
    """The rules at work, over one cluster's audit trail.

    Args:
        rules: what to run.
        source: name of the source, written into findings.
        most: findings kept.
    """

    def __init__(self, rules: RuleSet, source: str = "", most: int = MOST) -> None:
        self.rules = rules
        self.events = 0
        """Events seen, every stage counted."""
        self.failures = 0
        """Times a rule could not be judged; tests hold it at zero, because each would be a way to hide."""
        self._source = source
        self._folder = Folder(most)
        self._seen: set[int] = set()
        self._seen_before: set[int] = set()
        self._windows: dict[str, Window] = {}
        self._marks: dict[tuple[str, ...], float] = {}
        self._dumped = ""
        """The newest dump, "" when what it would hold has changed since."""
        self._awaited = frozenset(name for one in rules.compiled if one.rule.after for name in one.rule.after.rules)
        self._marks_by = {one.rule.after.rules: one.after_by for one in rules.compiled if one.rule.after}

    def feed(self, batch: Sequence[AuditEvent], raw: Sequence[bytes] = (), source: str = "") -> list[Finding]:
        """New and changed findings after these events. `raw` is the record of each, same order, or empty."""
        choose = self.rules.choose
        for position, event in enumerate(batch):
            if event.stage == "RequestReceived":
                continue
            cells, found = choose(event)
            if found and self._is_new(event):
                self._judge(View(event, cells), found, raw[position] if position < len(raw) else b"", source)
        self.events += len(batch)
        return self._folder.changed()

    def findings(self) -> list[Finding]:
        """All findings, worst first."""
        return self._folder.all()

    def restore(self, findings: Iterable[Finding]) -> None:
        """Take over the findings of an earlier run."""
        self._folder.restore(findings)

    def dump(self) -> str:
        """Counts and sequences under way, true for exactly the events fed so far. Bounded; cheap while none changes."""
        if not self._dumped:
            each = _KEPT // max(len(self._windows), 1)
            windows = {name: window.dump(each) for name, window in self._windows.items()}
            marks = tuple(islice(reversed(self._marks.items()), _KEPT))[::-1]
            self._dumped = msgspec.json.encode(_Memory(windows, marks)).decode()
        return self._dumped

    def remember(self, text: str) -> None:
        """Go on with counts and sequences that an earlier engine dumped; what cannot be read begins anew."""
        try:
            memory = msgspec.json.decode(text, type=_Memory) if text else _Memory()
        except msgspec.DecodeError:
            return
        for one in self.rules.compiled:
            if one.rule.threshold and (kept := memory.windows.get(one.rule.id)):
                self._window(one.rule.id, one.rule.threshold).restore(kept)
        self._marks.update(memory.marks)

    @property
    def dropped(self) -> int:
        """Findings given up because there were too many."""
        return self._folder.dropped

    def _is_new(self, event: AuditEvent) -> bool:
        """Whether this request was not judged before: its stages, and records read twice, count once.

        The id alone would not do: a caller may choose it, and one id for all requests would hide them.
        """
        key = hash((event.audit_id, event.request_received_timestamp, event.verb, event.request_uri))
        if key in self._seen or key in self._seen_before:
            return False
        self._seen.add(key)
        if len(self._seen) >= _REMEMBERED:
            self._seen_before, self._seen = self._seen, set()
        return True

    def _judge(self, view: View, candidates: tuple[Compiled, ...], record: bytes, source: str) -> None:
        for one in candidates:
            try:
                if one.test(view):
                    self._matched(one, view, record, source)
            except Exception:  # a boundary: whatever a hostile event does to one rule, the others still run
                self.failures += 1

    def _matched(self, one: Compiled, view: View, record: bytes, source: str) -> None:
        rule, at = one.rule, time_of(view)
        if rule.after is not None and not self._came_after(one, view, at):
            return
        if rule.id in self._awaited:
            self._mark(rule.id, view, at)
        if rule.marker:
            return
        hits = Hits(at, 1, (view.event.audit_id,)) if rule.threshold is None else self._counted(one, view, at)
        if hits is None:
            return
        self._folder.add(
            Finding(
                rule=rule.id,
                title=rule.title,
                severity=one.severity(view),
                who=identity_of(view),
                target=target_of(view, rule.target),
                first=hits.first,
                last=at,
                count=hits.count,
                catalogue=rule.catalogue,
                attack=rule.attack,
                source=source or self._source,
                events=hits.events,
                evidence=kept(record),
                note=_note(one, view),
            )
        )

    def _counted(self, one: Compiled, view: View, at: float) -> Hits | None:
        threshold = one.rule.threshold
        if threshold is None:
            return None
        window = self._window(one.rule.id, threshold)
        self._dumped = ""
        key = tuple(_first(getter(view)) for getter in one.by)
        if one.distinct is None:
            return window.add(key, at, view.event.audit_id)
        value = _first(one.distinct(view))
        return window.add(key, at, view.event.audit_id, value) if value else None

    def _window(self, rule: str, threshold: Threshold) -> Window:
        window = self._windows.get(rule)
        if window is None:
            window = self._windows[rule] = Window(threshold.count, threshold.within)
        return window

    def _mark(self, rule: str, view: View, at: float) -> None:
        for rules, by in self._marks_by.items():
            if rule in rules:
                self._marks[(rule, *(_first(getter(view)) for getter in by))] = at
                self._dumped = ""
        if len(self._marks) > _REMEMBERED:
            self._marks.clear()

    def _came_after(self, one: Compiled, view: View, at: float) -> bool:
        after = one.rule.after
        if after is None:
            return True
        values = tuple(_first(getter(view)) for getter in one.after_by)
        times = (self._marks.get((name, *values)) for name in after.rules)
        return any(time is not None and 0 <= at - time <= after.within for time in times)


def _first(values: Sequence[object]) -> str:
    return str(values[0])[:500] if values else ""


def _note(one: Compiled, view: View) -> str:
    """What matched, in words: the values of the fields the rule names."""
    parts: list[str] = []
    for name, getter in one.fields:
        found = getter(view)
        if found:
            parts.append(f"{name}: {', '.join(str(value)[:200] for value in found[:10])}")
    return "; ".join(parts)[:_NOTE]
