"""Compiles loaded rules: each to one test, its index boxes and its key readers. A rule that cannot be is a fault.

A rule that does not ask for an outcome sees only requests that were carried out (`outcome: ok`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from console.errors import BadInput
from console.model.audit import AuditEvent
from console.model.glimpse import Glimpse
from console.model.severity import Severity
from console.rules.agents import tool_of
from console.rules.callers import kind_of
from console.rules.conditions import And, Name, Node, Not, parse_condition
from console.rules.fields import CELLS, Getter, getter_of
from console.rules.indexing import Box, boxes_of, holds, words_of
from console.rules.joining import every as _and
from console.rules.joining import joined as _node
from console.rules.joining import some as _or
from console.rules.matching import Look, Test, compile_field, split_field
from console.rules.narrowing import Left, Narrowing
from console.rules.rule import Rule
from console.rules.sensed import LOOKS
from console.rules.view import Cells, View, outcome_of

_OUTCOMES = ("outcome", "code", "responseStatus.code")
_USER = frozenset({"user.username", "who.user", "who.account", "who.namespace"})
_REMEMBERED = 50_000
_LONG = 500
"""Characters of what is remembered of one glimpse at most."""


class Compiled(msgspec.Struct, frozen=True):
    """A rule that can run."""

    rule: Rule
    before: Test
    """What is fixed for a user and cells."""
    test: Test
    boxes: tuple[Box, ...]
    narrowing: Narrowing | None = None
    """Finds out what is left of the condition for a user and cells."""
    by: tuple[Getter, ...] = ()
    distinct: Getter | None = None
    after_by: tuple[Getter, ...] = ()
    fields: tuple[tuple[str, Getter], ...] = ()
    levels: tuple[tuple[Severity, Test], ...] = ()

    def severity(self, view: Any) -> Severity:
        """The rule's level for this event."""
        for severity, test in self.levels:
            if test(view):
                return severity
        return self.rule.severity


_Key = tuple[str, str, str, str, str, str, bool]
"""As cells, with the name of the user instead of its kind."""
Choice = tuple[Cells, tuple[Compiled, ...]]


class RuleSet:
    """Compiled rules and the index over them.

    Candidates are chosen by the cells of an event, then by what else is fixed for its user: such tests run once for a
    user and cells, not once for an event. So time grows with the rules that can match, not with those there are.
    """

    def __init__(self, rules: Iterable[Rule], faults: Iterable[str] = ()) -> None:
        self.faults: list[str] = list(faults)
        self.disabled: tuple[str, ...] = ()
        """Ids of rules that the settings disable."""
        self.tuned: tuple[str, ...] = ()
        """Ids of rules to which the settings gave another level or threshold."""
        self.compiled: list[Compiled] = []
        for rule in rules:
            try:
                self.compiled.append(compile_rule(rule))
            except BadInput as error:
                self.faults.append(f"{rule.where}: {error}; rule {rule.id} is not used")
        self.sensing: dict[str, list[Compiled]] = {"process": [], "flow": [], "object": []}
        """Rules over what sensors and watches tell, by what they read."""
        for one in [one for one in self.compiled if one.rule.reads != "audit"]:
            self.sensing[one.rule.reads].append(one)
            self.compiled.remove(one)
        self.first = tuple(
            msgspec.structs.replace(one, test=_and([one.before, one.test])) for one in self.compiled if one.rule.first
        )
        """Rules about what is seen for the first time: judged for such events only, so they are not in the index."""
        self.compiled = [one for one in self.compiled if not one.rule.first]
        self._about: dict[frozenset[str], tuple[Compiled, ...]] = {}
        boxes = [box for one in self.compiled for box in one.boxes]
        self._words = [words_of(boxes, cell) | {""} for cell in range(3)]
        self._by_cells: dict[Cells, tuple[Compiled, ...]] = {}
        self._by_user: dict[_Key, Choice] = {}
        self._chosen_none: set[tuple[str, str, str, str, str, str, str, bool, int | None, str, bool]] = set()
        """What is seen of events that no rule can match."""
        self._narrowed: dict[tuple[str, Left], Compiled] = {}
        self._provider = ""

    def run_at(self, provider: str) -> None:
        """Whose cluster the events from now on are of (`console.model.provider`): its own names are known then."""
        if provider != self._provider:
            self._provider = provider
            self._by_user.clear()
            self._chosen_none.clear()

    def choose(self, event: AuditEvent) -> Choice:
        """The rules this event may match; found out when such cells are first seen with this user."""
        key = _key(event)
        found = self._by_user.get(key)
        if found is None:
            if len(self._by_user) >= _REMEMBERED:  # a caller who invents names must not fill memory
                self._by_user.clear()
                self._narrowed.clear()
            cells = (*key[:3], kind_of(key[3], self._provider), *key[4:])
            view = View(event, cells)
            rest = (self._narrow(one, view) for one in self._in_reach(cells) if one.before(view))
            found = cells, tuple(one for one in rest if one is not None)
            self._by_user[key] = found
        return found

    def chooses_none(self, glimpse: Glimpse, met: Callable[[Glimpse], bool]) -> bool:
        """Whether it is known already that no rule can match such an event, however the rest of it reads.

        Args:
            met: asked once for all that are alike in an hour: whether whoever learns from events has met them.
        """
        on, status, notes = glimpse.object_ref, glimpse.response_status, glimpse.annotations
        ips = glimpse.source_ips
        seen = (  # as they are written: what a key is made of is worked out once for all that are alike
            glimpse.verb,
            on.resource if on is not None else "",
            on.subresource if on is not None else "",
            glimpse.user.username,
            glimpse.user_agent,
            ips[0] if ips else "",
            glimpse.request_received_timestamp[:13],
            glimpse.impersonated_user is not None,
            status.code if status is not None else None,
            notes.decision if notes is not None else "",
            "dryRun=" in glimpse.request_uri,
        )
        if seen in self._chosen_none:
            return True
        # Without a code, an event with a fault elsewhere is given that of the status's word when it is read.
        found = self._by_user.get(_key(glimpse)) if status is None or status.code else None
        if found is None or found[1] or not met(glimpse):
            return False
        if len(self._chosen_none) >= _REMEMBERED:
            self._chosen_none.clear()
        if sum(map(len, seen[:7])) <= _LONG:
            self._chosen_none.add(seen)
        return True

    def _narrow(self, one: Compiled, view: View) -> Compiled | None:
        """The rule with a test of only what is left of it here; few kinds of rests are kept, not one for each user."""
        left = one.narrowing.left(view) if one.narrowing is not None else True
        if left is False or one.narrowing is None:
            return None if left is False else one
        key = (one.rule.id, left)
        found = self._narrowed.get(key)
        if found is None:
            found = self._narrowed[key] = msgspec.structs.replace(one, test=one.narrowing.test_of(left))
        return found

    def _in_reach(self, cells: Cells) -> tuple[Compiled, ...]:
        """Rules with a box these cells lie in. Words no rule names are all alike, so there are few such cells."""
        verb, resource, subresource = (
            word if word in known else "?" for word, known in zip(cells[:3], self._words, strict=True)
        )
        alike = (verb, resource, subresource, *cells[3:])
        found = self._by_cells.get(alike)
        if found is None:
            found = tuple(one for one in self.compiled if any(holds(box, alike) for box in one.boxes))
            self._by_cells[alike] = found
        return found

    @property
    def auditing(self) -> list[Compiled]:
        """All over the audit trail: those in the index, and those about what is seen for the first time."""
        return [*self.compiled, *self.first]

    def about(self, dimensions: frozenset[str]) -> tuple[Compiled, ...]:
        """The rules about one of these being seen for the first time."""
        found = self._about.get(dimensions)
        if found is None:
            found = tuple(one for one in self.first if not dimensions.isdisjoint(one.rule.first))
            self._about[dimensions] = found
        return found

    @property
    def every(self) -> list[Compiled]:
        """All that are in use, whatever they read."""
        return [one for group in (self.auditing, *self.sensing.values()) for one in group]

    def reads(self, rule: str) -> str:
        """Which signals a rule is for; `audit` when there is no such rule."""
        return next((one.rule.reads for one in self.every if one.rule.id == rule), "audit")

    @property
    def rules(self) -> list[Rule]:
        """The rules that are in use."""
        return [one.rule for one in self.every]


def _key(event: AuditEvent | Glimpse) -> _Key:
    on = event.object_ref
    resource, subresource = (on.resource, on.subresource) if on is not None else ("", "")
    outcome, tool, acting = outcome_of(event), tool_of(event.user_agent), event.impersonated_user is not None
    return event.verb, resource, subresource, event.user.username, outcome, tool, acting


def compile_rule(rule: Rule) -> Compiled:
    """Raises BadInput when field, modifier, pattern or condition cannot be used."""
    searches = {name: search for name, search in rule.detection.items() if name != "condition"}
    tree = parse_condition(str(rule.detection["condition"]), list(searches))
    if rule.reads != "audit":
        return _compile_sensed(rule, tree, searches)
    if not _asks(searches, _OUTCOMES):
        searches["_outcome"] = {"outcome": "ok"}
        tree = And((tree, Name("_outcome")))
    before, test = _split(tree, searches)
    threshold, after = rule.threshold, rule.after
    return Compiled(
        rule=rule,
        before=before,
        test=test,
        boxes=tuple(boxes_of(tree, searches)),
        narrowing=Narrowing(tree, searches, _is_fixed),
        by=_getters(threshold.by) if threshold else (),
        distinct=_getters((threshold.distinct,))[0] if threshold and threshold.distinct else None,
        after_by=_getters(after.by) if after else (),
        fields=tuple(zip(rule.fields, _getters(rule.fields), strict=True)),
        levels=tuple((severity, _search(search)) for severity, search in rule.levels),
    )


def _compile_sensed(rule: Rule, tree: Node, searches: Mapping[str, Any]) -> Compiled:
    look = LOOKS[rule.reads]
    threshold, after = rule.threshold, rule.after
    return Compiled(
        rule=rule,
        before=_and([]),
        test=_node(tree, {name: _search(search, look) for name, search in searches.items()}),
        boxes=(),
        by=_getters(threshold.by, look) if threshold else (),
        distinct=_getters((threshold.distinct,), look)[0] if threshold and threshold.distinct else None,
        after_by=_getters(after.by, look) if after else (),
        fields=tuple(zip(rule.fields, _getters(rule.fields, look), strict=True)),
        levels=tuple((severity, _search(search, look)) for severity, search in rule.levels),
    )


def _split(tree: Node, searches: Mapping[str, Any]) -> tuple[Test, Test]:
    """The parts of a condition that are fixed for a user and cells, and the rest."""
    tests = {name: _search(search) for name, search in searches.items()}
    before: list[Test] = []
    rest: list[Test] = []
    for part in tree.parts if isinstance(tree, And) else (tree,):
        if isinstance(part, Name) and isinstance(searches[part.name], dict):
            for key, value in searches[part.name].items():
                (before if _is_fixed(key) else rest).append(compile_field(key, value))
        else:
            keys = [key for name in _names(part) for key in _keys(searches[name])]
            (before if all(map(_is_fixed, keys)) else rest).append(_node(part, tests))
    return _and(before), _and(rest)


def _is_fixed(key: str) -> bool:
    name, modifiers = split_field(key)
    if name in _USER:
        return "fieldref" not in modifiers
    return name in CELLS and set(modifiers) <= {"expand", "exists"}


def _names(tree: Node) -> list[str]:
    if isinstance(tree, Name):
        return [tree.name]
    if isinstance(tree, Not):
        return _names(tree.inner)
    return [name for part in tree.parts for name in _names(part)]


def _keys(search: Any) -> list[str]:
    return [key for part in (search if isinstance(search, list) else [search]) for key in part]


def _getters(names: tuple[str, ...], look: Look = getter_of) -> tuple[Getter, ...]:
    out: list[Getter] = []
    for name in names:
        getter = look(name)
        if getter is None:
            raise BadInput(f"unknown field {name!r}")
        out.append(getter)
    return tuple(out)


def _asks(searches: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return any(split_field(key)[0] in names for search in searches.values() for key in _keys(search))


def _search(search: Any, look: Look = getter_of) -> Test:
    if isinstance(search, list):
        return _or([_search(part, look) for part in search])
    return _and([compile_field(key, value, look) for key, value in search.items()])
