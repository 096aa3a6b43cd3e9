"""Findings, folded: one for each rule, user (or pod) and target, however many events there are.

Bounded: at most `most` findings; when there are more, the longest quiet of the least severe goes first and is counted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import msgspec

from console.model.finding import MAX_EVENTS, Finding, Key, key_for
from console.model.severity import Severity

MOST = 20_000
_MOST_SOURCES = 20


def key_of(finding: Finding) -> Key:
    """Findings with the same key are one."""
    return key_for(finding.rule, finding.who, finding.target)


class Folder:
    """All findings so far, and which of them changed since last asked."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._by_severity: dict[Severity, OrderedDict[Key, Finding]] = {level: OrderedDict() for level in Severity}
        self._changed: dict[Key, Finding] = {}
        self.dropped = 0
        """Findings given up because there were too many."""

    def add(self, finding: Finding) -> None:
        """One more match; `finding.count` and `events` are what it adds."""
        key = key_of(finding)
        known = self.get(key)
        if known is not None and known.severity != finding.severity:  # the worst of what it ever was
            worst = min(known.severity, finding.severity, key=lambda severity: severity.rank)
            del self._by_severity[known.severity][key]
            finding = msgspec.structs.replace(finding, severity=worst)
            known = msgspec.structs.replace(known, severity=worst)
        level = self._by_severity[finding.severity]
        merged = finding if known is None else merge(known, finding)
        level[key] = merged
        level.move_to_end(key)
        self._changed[key] = merged
        if known is None and len(self) > self._most:
            self._give_up()

    def get(self, key: Key) -> Finding | None:
        """The finding of this key, None while there is none."""
        return next((level[key] for level in self._by_severity.values() if key in level), None)

    def also(self, key: Key, source: str) -> None:
        """Another source told of the same request: named, not counted again."""
        known = self.get(key)
        if known is None or source in known.told_by:
            return
        told = (*known.told_by, source)[:_MOST_SOURCES]
        self._by_severity[known.severity][key] = self._changed[key] = msgspec.structs.replace(known, sources=told)

    def restore(self, findings: Iterable[Finding]) -> None:
        """Take over findings of an earlier run, oldest first; they do not count as changed."""
        for finding in sorted(findings, key=lambda one: one.last):
            self._by_severity[finding.severity][key_of(finding)] = finding
            if len(self) > self._most:
                self._give_up()

    def changed(self) -> list[Finding]:
        """New and updated findings since the last call."""
        out = list(self._changed.values())
        self._changed.clear()
        return out

    def all(self) -> list[Finding]:
        """Every finding, worst first, newest first among equals."""
        return [
            finding for level in self._by_severity.values() for finding in sorted(level.values(), key=lambda f: -f.last)
        ]

    def __len__(self) -> int:
        return sum(map(len, self._by_severity.values()))

    def _give_up(self) -> None:
        for level in reversed(list(self._by_severity.values())):
            if level:
                key, _ = level.popitem(last=False)
                self._changed.pop(key, None)
                self.dropped += 1
                return


def merge(known: Finding, more: Finding) -> Finding:
    """Both as one: counted together, ids in order of arrival, the first evidence kept."""
    room = MAX_EVENTS - len(known.events)
    who = known.who if known.last >= more.last else more.who
    return msgspec.structs.replace(
        known,
        who=who,
        first=min(known.first, more.first),
        last=max(known.last, more.last),
        count=known.count + more.count,
        events=known.events + more.events[:room] if room > 0 else known.events,
        target=more.target if more.target.uid and not known.target.uid else known.target,
        sources=_sources(known, more),
    )


def _sources(known: Finding, more: Finding) -> tuple[str, ...]:
    """Who told of it, without a second mention; () while it is one source only."""
    if known.source == more.source and not known.sources:
        return ()
    told = tuple(dict.fromkeys((*known.told_by, *more.told_by)))[:_MOST_SOURCES]
    return told if len(told) > 1 else ()
