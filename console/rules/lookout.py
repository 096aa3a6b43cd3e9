"""Runs the rules over what watches tell, and keeps the findings.

In: changes of objects, in the order they were told. Out: findings that are new or have changed, without a user: the
API server does not say who. Told again (an engine that starts lists what was there), a change counts once. Bounded.
Never raises for what an object holds; time is the objects' own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from console.model.finding import Finding
from console.model.signal import Change
from console.rules.compiling import Compiled, RuleSet
from console.rules.conditions import And, Name, Node, Not, parse_condition
from console.rules.folding import Folder, key_of
from console.rules.keeping import kept
from console.rules.matching import listed
from console.rules.rule import Rule
from console.rules.tallying import Tally
from console.rules.watched import Watched, identity_in, record_of, target_in

SOURCE = "watch"
"""The name of watches as a source of findings."""
_NOTE = 400


class Lookout:
    """The rules over objects at work."""

    def __init__(self, rules: RuleSet) -> None:
        self.failures = 0
        """Times a rule could not be judged."""
        self._rules = rules.sensing["object"]
        self._kinds = [_kinds_of(one.rule) for one in self._rules]
        self._by_kind: dict[str, list[Compiled]] = {}
        self._ids = {one.rule.id for one in self._rules}
        self._folder = Folder()
        self._tally = Tally(self._rules)

    def feed(self, batch: Sequence[Change]) -> list[Finding]:
        """What these changes show, each match by itself; `add` makes findings of those that are to be."""
        found: list[Finding] = []
        for change in batch:
            one = Watched(change)
            for rule in self._for(change.ref.kind):
                try:
                    if rule.test(one) and (finding := self._matched(rule, one)) is not None:
                        found.append(finding)
                except Exception:  # a boundary: whatever a hostile object does to one rule, the others still run
                    self.failures += 1
        return found

    def _for(self, kind: str) -> list[Compiled]:
        """The rules that can match objects of this kind."""
        if kind not in self._by_kind:
            pairs = zip(self._rules, self._kinds, strict=True)
            self._by_kind[kind] = [one for one, kinds in pairs if kinds is None or kind.lower() in kinds]
        return self._by_kind[kind]

    def add(self, found: Iterable[Finding]) -> list[Finding]:
        """New and changed findings with these matches."""
        for finding in found:
            self._folder.add(finding)
        return self._folder.changed()

    def findings(self) -> list[Finding]:
        """All findings, worst first."""
        return self._folder.all()

    def restore(self, findings: Iterable[Finding]) -> None:
        """Take over those findings of an earlier run that are of these rules."""
        self._folder.restore(finding for finding in findings if self.knows(finding.rule))

    def knows(self, rule: str) -> bool:
        """Whether this is one of its rules."""
        return rule in self._ids

    def _matched(self, rule: Compiled, one: Watched) -> Finding | None:
        finding = _finding(rule, one)
        known = self._folder.get(key_of(finding))
        if known is not None and one.change.id in known.events:
            return None
        hits = self._tally.enough(rule, one, one.change.at, one.change.id)
        if hits is None:
            return None
        return msgspec.structs.replace(finding, first=hits.first, count=hits.count, events=hits.events)


Kinds = frozenset[str] | None
"""Kinds in lower case; None for any."""


def _kinds_of(rule: Rule) -> Kinds:
    """Which kinds of objects a rule can match at all; perhaps too many, never too few."""
    searches = {name: search for name, search in rule.detection.items() if name != "condition"}
    return _of_tree(parse_condition(str(rule.detection["condition"]), list(searches)), searches)


def _of_tree(tree: Node, searches: Mapping[str, Any]) -> Kinds:
    if isinstance(tree, Name):
        return _of_search(searches[tree.name])
    if isinstance(tree, Not):
        return None
    parts = [_of_tree(part, searches) for part in tree.parts]
    told = [part for part in parts if part is not None]
    if isinstance(tree, And):
        return frozenset.intersection(*told) if told else None
    return frozenset().union(*told) if len(told) == len(parts) else None


def _of_search(search: Any) -> Kinds:
    if isinstance(search, list):
        parts = [_of_search(part) for part in search]
        told = [part for part in parts if part is not None]
        return frozenset().union(*told) if len(told) == len(parts) else None
    key = next((key for key in search if key in ("kind", "kind|expand")), "")
    words = [str(one) for one in listed(key, search[key])] if key else []
    return frozenset(one.lower() for one in words) if words and not set("".join(words)) & set("*?\\") else None


def _finding(one: Compiled, watched: Watched) -> Finding:
    rule = one.rule
    return Finding(
        rule=rule.id,
        title=rule.title,
        severity=one.severity(watched),
        who=identity_in(watched),
        target=target_in(watched, rule.target),
        first=watched.change.at,
        last=watched.change.at,
        catalogue=rule.catalogue,
        attack=rule.attack,
        source=SOURCE,
        evidence=kept(record_of(watched)),
        note=_note(one, watched),
        tactic=rule.tactic,
    )


def _note(one: Compiled, watched: Watched) -> str:
    """What matched, in words: the values of the fields the rule names."""
    told = ((name, getter(watched)) for name, getter in one.fields)
    return "; ".join(f"{name}: {', '.join(str(v)[:200] for v in found[:10])}" for name, found in told if found)[:_NOTE]
