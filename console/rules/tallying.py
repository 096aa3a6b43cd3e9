"""Counts and sequences under way: whether a match is enough for a finding, or only one step towards it.

In: matches, with the events' own time. Out: what a match adds to a finding, None while it adds nothing yet. Bounded;
what is under way can be handed on to the next engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import msgspec

from console.rules.compiling import Compiled
from console.rules.rule import Threshold
from console.rules.windows import Hits, Kept, Window

_REMEMBERED = 50_000
_KEPT = 2_000
"""Entries of windows, and marks, handed on to the next engine at most: those used last."""


class _Memory(msgspec.Struct, frozen=True, array_like=True):
    """What counts and sequences that are under way know, for the next engine."""

    windows: dict[str, list[Kept]] = {}
    marks: tuple[tuple[tuple[str, ...], float], ...] = ()


class Tally:
    """Keeps the counts of thresholds and the first steps of sequences.

    Args:
        rules: all there are, whatever they read: one may come after another.
    """

    def __init__(self, rules: Iterable[Compiled]) -> None:
        self._rules = tuple(rules)
        self._windows: dict[str, Window] = {}
        self._marks: dict[tuple[str, ...], float] = {}
        self._dumped = ""
        """The newest dump, "" when what it would hold has changed since."""
        self._marks_by = {one.rule.after.rules: one.after_by for one in self._rules if one.rule.after is not None}
        self._awaited = frozenset(name for names in self._marks_by for name in names)

    def enough(self, one: Compiled, view: Any, at: float, event: str) -> Hits | None:
        """What this match adds to a finding; None: nothing yet, or the rule only marks a first step."""
        if one.rule.after is not None and not self._came_after(one, view, at):
            return None
        if one.rule.id in self._awaited:
            self._mark(one.rule.id, view, at)
        if one.rule.marker:
            return None
        if one.rule.threshold is not None:
            return self._count(one, one.rule.threshold, view, at, event)
        return Hits(at, 1, (event,) if event else ())

    def dump(self) -> str:
        """Counts and sequences under way. Bounded; cheap while none changes."""
        if not self._dumped:
            each = _KEPT // max(len(self._windows), 1)
            windows = {name: window.dump(each) for name, window in self._windows.items()}
            marks = tuple(islice(reversed(self._marks.items()), _KEPT))[::-1]
            self._dumped = msgspec.json.encode(_Memory(windows, marks)).decode()
        return self._dumped

    def remember(self, text: str) -> None:
        """Go on with what an earlier engine dumped; what cannot be read begins anew."""
        try:
            memory = msgspec.json.decode(text, type=_Memory) if text else _Memory()
        except msgspec.DecodeError:
            return
        for one in self._rules:
            if one.rule.threshold and (kept := memory.windows.get(one.rule.id)):
                self._window(one.rule.id, one.rule.threshold).restore(kept)
        self._marks.update(memory.marks)

    def _count(self, one: Compiled, threshold: Threshold, view: Any, at: float, event: str) -> Hits | None:
        window = self._window(one.rule.id, threshold)
        self._dumped = ""
        key = tuple(first(getter(view)) for getter in one.by)
        if one.distinct is None:
            return window.add(key, at, event)
        value = first(one.distinct(view))
        return window.add(key, at, event, value) if value else None

    def _window(self, rule: str, threshold: Threshold) -> Window:
        window = self._windows.get(rule)
        if window is None:
            window = self._windows[rule] = Window(threshold.count, threshold.within)
        return window

    def _mark(self, rule: str, view: Any, at: float) -> None:
        for rules, by in self._marks_by.items():
            if rule in rules:
                key = (rule, *(first(getter(view)) for getter in by))
                self._marks.pop(key, None)  # the one marked last stands last
                self._marks[key] = at
                self._dumped = ""
                if len(self._marks) > _REMEMBERED:
                    del self._marks[next(iter(self._marks))]

    def _came_after(self, one: Compiled, view: Any, at: float) -> bool:
        after = one.rule.after
        if after is None:
            return True
        values = tuple(first(getter(view)) for getter in one.after_by)
        times = (self._marks.get((name, *values)) for name in after.rules)
        return any(time is not None and 0 <= at - time <= after.within for time in times)


def first(values: Sequence[object]) -> str:
    """The first value as text, "" if there is none."""
    return str(values[0])[:500] if values else ""
