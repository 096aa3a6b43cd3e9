"""Why a rule matched an event, or how near it came: condition by condition, field by field, with what was found.

In: a rule and an event. Out: values of the event as they are; whoever shows them cleans them first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from console.model.audit import AuditEvent
from console.model.runtime import Flow, Process, Sensed
from console.model.signal import Change
from console.rules.baseline import NOTHING, Baseline, News
from console.rules.compiling import Compiled, RuleSet
from console.rules.conditions import And, Name, Node, Not, parse_condition
from console.rules.fields import getter_of
from console.rules.matching import Look, compile_field, split_field
from console.rules.sensed import LOOKS, reads_of
from console.rules.view import View
from console.rules.watched import Watched

_SHOWN = 5


class Looked(msgspec.Struct, frozen=True):
    """One field of a search, and what the event has there."""

    field: str
    """With its modifiers, as the rule writes it."""
    wanted: tuple[str, ...]
    found: tuple[str, ...]
    """At most five values, raw."""
    matched: bool


class Searched(msgspec.Struct, frozen=True):
    """One search of a rule. `fields` holds one group for each alternative."""

    name: str
    matched: bool
    alternatives: tuple[tuple[Looked, ...], ...]


class Explained(msgspec.Struct, frozen=True):
    """One event, as a rule judges it; counts and sequences apart."""

    audit_id: str
    """Of an audit event; the sensor's own id of what a sensor told; the uid of an object."""
    matched: bool
    condition: str
    searches: tuple[Searched, ...]

    @property
    def near(self) -> int:
        """How many fields matched: the nearest miss has the most."""
        return sum(one.matched for search in self.searches for group in search.alternatives for one in group)


def explain(
    one: Compiled, rules: RuleSet, signal: AuditEvent | Process | Flow | Change, news: News | None = None
) -> Explained:
    """How the rule judges the signal, which is of the kind it reads.

    Args:
        news: what of a request is seen for the first time, as whoever saw those before it knows.
    """
    view: Any = signal
    if isinstance(signal, AuditEvent):
        view = View(signal, rules.choose(signal)[0])
        view.news = news or NOTHING
    elif isinstance(signal, Change):
        view = Watched(signal)
    name, look = signal.audit_id if isinstance(signal, AuditEvent) else signal.id, LOOKS.get(one.rule.reads, getter_of)
    searches = {name: search for name, search in one.rule.detection.items() if name != "condition"}
    condition = str(one.rule.detection["condition"])
    looked = {search_name: _searched(search_name, search, view, look) for search_name, search in searches.items()}
    matched = one.before(view) and one.test(view)
    if one.rule.first and view.news.dimensions.isdisjoint(one.rule.first):
        return Explained(name, False, condition, (*looked.values(), _first(one.rule.first)))
    if not matched and _holds(parse_condition(condition, list(searches)), looked):
        # The rule does not say so: requests that were refused or only rehearsed are not what it is about.
        outcome = _searched("(implied)", {"outcome": "ok"}, view, look)
        return Explained(name, matched, condition, (*looked.values(), outcome))
    return Explained(name, matched, condition, tuple(looked.values()))


def _first(names: tuple[str, ...]) -> Searched:
    """The search that a rule's `first` amounts to, for a request of which nothing is new."""
    missed = Looked(f"first {' or '.join(names)}", ("seen for the first time",), (), False)
    return Searched("(first)", False, ((missed,),))


class Explainer:
    """Takes events as a detector does, and keeps the explanations: of those that match, else of the nearest.

    Args:
        one: the rule.
        rules: all of them.
        most: explanations kept; `Enough` is raised when there are so many.
    """

    def __init__(self, one: Compiled, rules: RuleSet, most: int) -> None:
        self.rules = rules
        self.events = 0
        self._one, self._most = one, most
        self._baseline = Baseline()
        self._found: list[Explained] = []
        self._nearest: Explained | None = None

    def feed(self, batch: Sequence[AuditEvent], raw: Sequence[bytes] = (), source: str = "") -> None:
        """More events. Raises `Enough`."""
        self.events += len(batch)
        if self._one.rule.reads == "audit":
            for event in batch:
                if event.stage != "RequestReceived":
                    self._take(event)

    def sense(self, batch: Sequence[Sensed], raw: Sequence[bytes] = (), source: str = "") -> None:
        """More of what sensors tell. Raises `Enough`."""
        self.events += len(batch)
        for told in batch:
            if isinstance(told, Process | Flow) and reads_of(told) == self._one.rule.reads:
                self._take(told)

    def notice(self, batch: Sequence[Change]) -> None:
        """More changes of objects. Raises `Enough`."""
        self.events += len(batch)
        for change in batch if self._one.rule.reads == "object" else ():
            self._take(change)

    def _take(self, signal: AuditEvent | Process | Flow | Change) -> None:
        news = self._baseline.meet(signal) if self._one.rule.first and isinstance(signal, AuditEvent) else None
        told = explain(self._one, self.rules, signal, news)
        if told.matched:
            self._found.append(told)
            if len(self._found) == self._most:
                raise Enough
        elif self._nearest is None or told.near > self._nearest.near:
            self._nearest = told

    @property
    def told(self) -> list[Explained]:
        """The events that match; if none does, the one that comes nearest."""
        return self._found or ([self._nearest] if self._nearest else [])


class Enough(Exception):
    """Nothing more need be read."""


def _searched(name: str, search: Any, view: Any, look: Look) -> Searched:
    groups = tuple(
        tuple(_looked(key, value, view, look) for key, value in part.items())
        for part in (search if isinstance(search, list) else [search])
    )
    return Searched(name, any(all(one.matched for one in group) for group in groups), groups)


def _looked(key: str, value: Any, view: Any, look: Look) -> Looked:
    getter = look(split_field(key)[0])
    found = tuple(str(one) for one in list(getter(view))[:_SHOWN]) if getter else ()
    wanted = tuple("null" if one is None else str(one) for one in (value if isinstance(value, list) else [value]))
    return Looked(key, wanted, found, compile_field(key, value, look)(view))


def _holds(tree: Node, searches: Mapping[str, Searched]) -> bool:
    if isinstance(tree, Name):
        return searches[tree.name].matched
    if isinstance(tree, Not):
        return not _holds(tree.inner, searches)
    parts = [_holds(part, searches) for part in tree.parts]
    return all(parts) if isinstance(tree, And) else any(parts)
