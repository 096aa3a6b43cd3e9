"""Runs all rules over a stream of events and keeps the findings.

In: batches of events in the order they were logged, and the records behind them. Out: findings that are new or have
changed. Bounded memory over any number of events. Never raises for what an event holds; time is the events' own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from console.model.audit import AuditEvent
from console.model.finding import Finding, Target, key_for
from console.model.glimpse import Glimpse
from console.model.identity import Identity
from console.model.runtime import Alert, Flow, Process, Sensed
from console.rules.baseline import NOTHING, Baseline
from console.rules.compiling import Compiled, RuleSet
from console.rules.describing import identity_of, target_of, time_of
from console.rules.folding import MOST, Folder, key_of
from console.rules.keeping import kept
from console.rules.retelling import Retellings
from console.rules.sensed import identity_in, reads_of, target_in
from console.rules.tallying import Tally
from console.rules.translating import ALERTS, Translator
from console.rules.view import View
from console.rules.windows import Hits

_REMEMBERED = 50_000
_NOTE = 400


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
        self._seen: dict[int, str] = {}
        self._seen_before: dict[int, str] = {}
        """Requests judged lately and the source that told of each."""
        self._tally = Tally(rules.every)
        self.baseline = Baseline()
        self._translator = Translator()
        self._retellings = Retellings()

    def feed(self, batch: Sequence[AuditEvent], raw: Sequence[bytes] = (), source: str = "") -> list[Finding]:
        """New and changed findings after these events. `raw` is the record of each, same order, or empty."""
        choose, source = self.rules.choose, source or self._source
        meet = self.baseline.meet if self.rules.first else None
        for position, event in enumerate(batch):
            if event.stage == "RequestReceived":
                continue
            cells, found = choose(event)
            news = meet(event) if meet is not None else None
            if news is not None:
                found = (*found, *self.rules.about(news.dimensions))
            if not found:
                continue
            told = self._told_before(event, source)
            if told is not None and told == source:
                continue
            view = View(event, cells)
            view.news = news or NOTHING
            if told is None:
                self._judge(view, found, raw[position] if position < len(raw) else b"", source)
            else:
                self._also(view, found, source)
        self.events += len(batch)
        return self._folder.changed()

    def also(self, finding: Finding, source: str) -> None:
        """Another source shows what was found."""
        self._folder.also(key_of(finding), source)

    def changed(self) -> list[Finding]:
        """New and changed findings that nobody was given yet."""
        return self._folder.changed()

    def findings(self) -> list[Finding]:
        """All findings, worst first."""
        return self._folder.all()

    def restore(self, findings: Iterable[Finding]) -> None:
        """Take over the findings of an earlier run. Another source may be about to tell of the same alerts."""
        known = list(findings)
        self._folder.restore(known)
        for one in known:
            for at in {one.first, one.last} if one.rule.startswith(ALERTS) else ():
                self._retellings.remember(_about(one), at, 0.0, one.told_by)

    def dump(self) -> str:
        """Counts and sequences under way, true for exactly the events fed so far. Bounded; cheap while none changes."""
        return self._tally.dump()

    def remember(self, text: str) -> None:
        """Go on with counts and sequences that an earlier engine dumped; what cannot be read begins anew."""
        self._tally.remember(text)

    def passed_over(self, glimpse: Glimpse) -> bool:
        """Whether such an event can be passed over unread: no rule can match it, and it teaches nothing new."""
        return self.rules.chooses_none(glimpse, self.baseline.met if self.rules.first else _always)

    @property
    def dropped(self) -> int:
        """Findings given up because there were too many."""
        return self._folder.dropped

    def _told_before(self, event: AuditEvent, source: str) -> str | None:
        """Who told of this request before, None if nobody: its stages, and records read twice, count once.

        The id alone would not do: a caller may choose it, and one id for all requests would hide them.
        """
        key = hash((event.audit_id, event.request_received_timestamp, event.verb, event.request_uri))
        return self._told_under(key, source)

    def _told_under(self, key: int, source: str) -> str | None:
        told = self._seen.get(key)
        if told is None:
            told = self._seen_before.get(key)
        if told is not None:
            return told
        self._seen[key] = source
        if len(self._seen) >= _REMEMBERED:
            self._seen_before, self._seen = self._seen, {}
        return None

    def _also(self, view: View, candidates: tuple[Compiled, ...], source: str) -> None:
        """A second source tells of a request: what was found of it names that source too."""
        for one in candidates:
            try:
                if one.test(view):
                    self._folder.also(key_for(one.rule.id, identity_of(view), target_of(view, one.rule.target)), source)
            except Exception:  # as in `_judge`
                self.failures += 1

    def _judge(self, view: View, candidates: tuple[Compiled, ...], record: bytes, source: str) -> None:
        for one in candidates:
            try:
                if one.test(view):
                    self._matched(one, view, record, source)
            except Exception:  # a boundary: whatever a hostile event does to one rule, the others still run
                self.failures += 1

    def _matched(self, one: Compiled, view: View, record: bytes, source: str) -> None:
        at = time_of(view)
        hits = self._tally.enough(one, view, at, view.event.audit_id)
        if hits is not None:
            who, target = identity_of(view), target_of(view, one.rule.target)
            self._folder.add(_finding(one, view, who, target, hits, at, record, source))

    # What sensors tell

    def sense(self, batch: Sequence[Sensed], raw: Sequence[bytes] = (), source: str = "") -> list[Finding]:
        """New and changed findings after what sensors told. `raw` is the record of each, same order, or empty."""
        source = source or self._source
        for position, told in enumerate(batch):
            record = raw[position] if position < len(raw) else b""
            if isinstance(told, Alert):
                self._translate(told, record, source)
            else:
                self._sense(told, record, source)
        self.events += len(batch)
        return self._folder.changed()

    def _translate(self, alert: Alert, record: bytes, source: str) -> None:
        """A sensor's alert is a finding as it is; told by two sources it is one, also where one is not sure when."""
        try:
            finding = self._translator.finding_of(alert, kept(record), source)
        except Exception:  # as in `_judge`: one alert must not take the others of its batch with it
            self.failures += 1
            return
        about = _about(finding)
        told = self._told_under(hash((about, alert.at)), source)
        if told is None and not self._retellings.knows(about, alert.at, alert.slack, source):
            self._folder.add(finding)
        elif told != source:
            self._folder.also(key_of(finding), source)

    def _sense(self, told: Process | Flow, record: bytes, source: str) -> None:
        for one in self.rules.sensing[reads_of(told)]:
            try:
                if not one.test(told):
                    continue
                hits = self._tally.enough(one, told, told.at, told.id)
                if hits is not None:
                    who, target = identity_in(told), target_in(told, one.rule.target)
                    self._folder.add(_finding(one, told, who, target, hits, told.at, record, source))
            except Exception:  # as in `_judge`
                self.failures += 1


def _always(glimpse: Glimpse) -> bool:
    return True


def _about(finding: Finding) -> int:
    """What an alert is about, without when."""
    return hash((finding.rule, finding.who.user, finding.who.pod, finding.target))


def _finding(
    one: Compiled, view: Any, who: Identity, target: Target, hits: Hits, at: float, record: bytes, source: str
) -> Finding:
    rule = one.rule
    return Finding(
        rule=rule.id,
        title=rule.title,
        severity=one.severity(view),
        who=who,
        target=target,
        first=hits.first,
        last=at,
        count=hits.count,
        catalogue=rule.catalogue,
        attack=rule.attack,
        source=source,
        events=hits.events,
        evidence=kept(record),
        note=_note(one, view),
        tactic=rule.tactic,
    )


def _note(one: Compiled, view: Any) -> str:
    """What matched, in words: the values of the fields the rule names."""
    parts: list[str] = []
    for name, getter in one.fields:
        found = getter(view)
        if found:
            parts.append(f"{name}: {', '.join(str(value)[:200] for value in found[:10])}")
    return "; ".join(parts)[:_NOTE]
