"""All that makes findings of signals, as one: audit rules, rules over what sensors tell, measures, and the stories.

In: signals in the order they arrived. Out: findings, new and changed, each with its story. What is known is handed
on to the next engine. Nothing here reads sources or writes to a disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from console.model.audit import AuditEvent
from console.model.finding import Finding
from console.model.runtime import Sensed
from console.model.signal import Measure
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.measures import Gauge, load_measure_rules
from console.rules.stories import Storyteller, alone


class Detection:
    """The rules of one engine at work. Implements `console.incident.pipeline.Matcher`."""

    def __init__(self) -> None:
        self.detector = Detector(RuleSet(()))
        self._gauge = Gauge(load_measure_rules())
        self._stories = Storyteller()
        self._known: list[Finding] = []
        """Of an earlier engine, as their rules said them, until the rules are there."""

    def restore(self, findings: Iterable[Finding]) -> list[Finding]:
        """Take over the findings of an earlier engine; answers how they stand now."""
        told = self._stories.feed(sorted(findings, key=lambda one: one.first))
        self._known = [alone(one) for one in told]
        self._gauge.restore(self._known)
        return told

    def judge_by(self, rules: RuleSet, provider: str, memory: str) -> None:
        """The rules are there: `memory` is what those of an earlier engine dumped."""
        self.detector = Detector(rules)
        rules.run_at(provider)
        self.detector.restore(one for one in self._known if not self._gauge.knows(one.rule))
        self.detector.remember(memory)
        self._known = []

    def feed(self, batch: Sequence[AuditEvent], raw: Sequence[bytes] = (), source: str = "") -> list[Finding]:
        """What these audit events change."""
        return self._chained(self.detector.feed(batch, raw, source))

    def sense(self, batch: Sequence[Sensed], raw: Sequence[bytes] = (), source: str = "") -> list[Finding]:
        """What these tellings of sensors change."""
        return self._chained(self.detector.sense(batch, raw, source))

    def measure(self, batch: Sequence[Measure]) -> list[Finding]:
        """What these answers of metric queries change."""
        return self._chained(self._gauge.feed(batch))

    def _chained(self, changed: list[Finding]) -> list[Finding]:
        return self._stories.feed(changed) if changed else changed
