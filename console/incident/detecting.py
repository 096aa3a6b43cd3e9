"""All that makes findings of signals, as one: rules over audit events, sensors and objects, measures, and the stories.

In: signals in the order they arrived. Out: findings, new and changed, each with its story. What is known is handed
on to the next engine. What a watch shows of an object is no second finding where the audit trail shows it of the same
object, with who did it. Nothing here reads sources or writes to a disk.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

from console.incident.pipeline import BASELINE, COUNTS
from console.model.audit import AuditEvent
from console.model.finding import Finding
from console.model.runtime import Sensed
from console.model.signal import Change, Measure
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.lookout import Lookout
from console.rules.measures import Gauge, load_measure_rules
from console.rules.stories import Storyteller, alone

NEAR = 300.0
"""Seconds within which a finding of the trail and one of a watch, of one object and one detection, are the same."""
_REMEMBERED = 20_000


class Detection:
    """The rules of one engine at work. Implements `console.incident.pipeline.Matcher`."""

    def __init__(self) -> None:
        self.detector = Detector(RuleSet(()))
        self._lookout = Lookout(self.detector.rules)
        self._gauge = Gauge(load_measure_rules())
        self._told: OrderedDict[tuple[str, str, str, str], Finding] = OrderedDict()
        """What the audit trail showed lately, by detection of the catalogue and object."""
        self._stories = Storyteller()
        self._known: list[Finding] = []
        """Of an earlier engine, as their rules said them, until the rules are there."""

    def restore(self, findings: Iterable[Finding]) -> list[Finding]:
        """Take over the findings of an earlier engine; answers how they stand now."""
        told = self._stories.feed(sorted(findings, key=lambda one: one.first))
        self._known = [alone(one) for one in told]
        self._gauge.restore(self._known)
        return told

    def judge_by(self, rules: RuleSet, provider: str, memory: Mapping[str, str]) -> None:
        """The rules are there: `memory` is what an earlier engine dumped."""
        self.detector = Detector(rules)
        rules.run_at(provider)
        self._lookout = Lookout(rules)
        self._lookout.restore(self._known)
        others = (self._gauge.knows, self._lookout.knows)
        self.detector.restore(one for one in self._known if not any(knows(one.rule) for knows in others))
        self.detector.remember(memory.get(COUNTS, ""))
        self.detector.baseline.remember(memory.get(BASELINE, ""))
        self._known = []

    def dump(self) -> dict[str, str]:
        """What the next engine goes on with, by the names under which it is kept."""
        return {COUNTS: self.detector.dump(), BASELINE: self.detector.baseline.dump()}

    def feed(self, batch: Sequence[AuditEvent], raw: Sequence[bytes] = (), source: str = "") -> list[Finding]:
        """What these audit events change."""
        changed = self.detector.feed(batch, raw, source)
        for one in changed:
            self._remember(one)
        return self._chained(changed)

    def sense(self, batch: Sequence[Sensed], raw: Sequence[bytes] = (), source: str = "") -> list[Finding]:
        """What these tellings of sensors change."""
        return self._chained(self.detector.sense(batch, raw, source))

    def measure(self, batch: Sequence[Measure]) -> list[Finding]:
        """What these answers of metric queries change."""
        return self._chained(self._gauge.feed(batch))

    def notice(self, batch: Sequence[Change]) -> list[Finding]:
        """What these changes of objects change; what the trail has shown names the watch as one more source."""
        fresh = []
        for one in self._lookout.feed(batch):
            if (shown := self._shown(one)) is None:
                fresh.append(one)
            else:
                self.detector.also(shown, one.source)
        return self._chained([*self._lookout.add(fresh), *self.detector.changed()])

    @property
    def blind(self) -> str:
        """What is seen for the first time cannot be told while nobody is known."""
        first = self.detector.rules.first and not self.detector.baseline.known
        return "first-seen rules still learn who is usual here (a day of trail)" if first else ""

    def _remember(self, one: Finding) -> None:
        for entry in one.catalogue if one.target.name else ():
            key = (entry, one.target.kind, one.target.namespace, one.target.name)
            known = self._told.get(key)
            if known is None or one.severity.at_least(known.severity) or one.first > known.last + NEAR:
                self._told[key] = one
            self._told.move_to_end(key)
            if len(self._told) > _REMEMBERED:
                self._told.popitem(last=False)

    def _shown(self, one: Finding) -> Finding | None:
        """The finding of the audit trail that is of the same object, detection and time, and not less severe: a trail
        without bodies sees that a webhook was changed, the watch also where it leads."""
        on = one.target
        for entry in one.catalogue:
            shown = self._told.get((entry, on.kind, on.namespace, on.name))
            near = shown is not None and shown.first - NEAR <= one.last <= shown.last + NEAR
            if shown is not None and near and shown.severity.at_least(one.severity):
                return shown
        return None

    def _chained(self, changed: list[Finding]) -> list[Finding]:
        return self._stories.feed(changed) if changed else changed
