"""What one subject was seen with, hour by hour, and what of it is a habit by now. Bounded; time is the events' own.

In: a subject (an identity, an address), values, hours. Out: whether a value is new to it. Nobody makes a habit in
minutes: while a subject is new itself nothing is said of it, and what it does for the first time afterwards becomes a
habit only when it was seen in several hours, a day and more apart. What fills up memory pushes out what is as new as
itself, never a habit.
"""

from __future__ import annotations

import msgspec

DAY = 24
"""Hours from the first sight of a subject, or of something new to it, until it may count as known."""
SUBJECT_HOURS = 6
"""Different hours in which a subject must have been active until it is known."""
VALUE_HOURS = 3
"""Different hours in which something must have been seen until it is a habit."""
MOST_HABITS = 200
MOST_NEW = 50
SHOWN = 5


class Span(msgspec.Struct, array_like=True, gc=False):
    """When something was seen, in hours since 1970."""

    first: int
    last: int
    hours: int = 1

    def see(self, hour: int) -> bool:
        """Once more; tells whether that is another hour."""
        if self.first <= hour <= self.last:
            return False
        self.first, self.last = min(self.first, hour), max(self.last, hour)
        self.hours += 1
        return True


class Subject(msgspec.Struct, array_like=True):
    """One identity or address. `habits` and `new` hold values by their dimension (`agent`, `network`, …)."""

    span: Span
    known: bool = False
    """Whether it has been there for long enough to say what is new to it."""
    habits: dict[str, dict[str, Span]] = {}
    new: dict[str, dict[str, Span]] = {}

    def see(self, hour: int) -> bool:
        """It is active; tells whether that is worth keeping."""
        seen = self.span.see(hour)
        span = self.span
        if not self.known and span.hours >= SUBJECT_HOURS and span.last - span.first >= DAY:
            self.known = True
            self.habits, self.new = self.new, {}
        return seen

    def has(self, dimension: str, value: str, hour: int) -> tuple[bool, bool]:
        """Sees it with a value: whether that is new to it, and whether anything changed that is worth keeping."""
        habits = self.habits.setdefault(dimension, {})
        if (span := habits.get(value)) is not None:
            return False, span.see(hour)
        fresh = self.new.setdefault(dimension, {})
        span = fresh.get(value)
        if span is None:
            fresh[value] = Span(hour, hour)
            if len(fresh) > MOST_NEW:
                del fresh[next(iter(fresh))]
            return self.known, True
        seen = span.see(hour)
        if self.known and span.hours >= VALUE_HOURS and span.last - span.first >= DAY:
            habits[value] = fresh.pop(value)
            if len(habits) > MOST_HABITS:
                del habits[min(habits, key=lambda one: habits[one].last)]
            return False, True
        return self.known, seen

    def usual(self, dimension: str) -> tuple[str, ...]:
        """Its habits, those seen last first, a few."""
        habits = self.habits.get(dimension, {})
        return tuple(sorted(habits, key=lambda one: -habits[one].last)[:SHOWN])
