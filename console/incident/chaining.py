"""The stories as pane 1 tells them: which tactics a story has had, in the order in which they were first seen.

In: findings, new and changed. Out: the chain of a story, and the findings whose rows tell another chain than before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from console.model.finding import Finding
from console.model.severity import Severity
from console.rules.stories import tactics_of


class Chains:
    """Keeps the chain of every story.

    Args:
        findings: all there are, by id.
    """

    def __init__(self, findings: Mapping[str, Finding]) -> None:
        self._findings = findings
        self._members: dict[str, dict[str, None]] = {}
        self._chains: dict[str, tuple[str, ...]] = {}

    def of(self, story: str) -> tuple[str, ...]:
        """The tactics of a story; () for none."""
        return self._chains.get(story, ())

    def take(self, changes: Iterable[tuple[Finding, Finding | None]]) -> set[str]:
        """Findings that are there or have changed, with what each was. Answers all whose chain is another one now."""
        stale: dict[str, None] = {}
        for finding, before in changes:
            if before is not None and before.story and before.story != finding.story:
                self._members.get(before.story, {}).pop(finding.id, None)
                stale[before.story] = None
            if not finding.story:
                continue
            self._members.setdefault(finding.story, {})[finding.id] = None
            if finding.tactic not in ("", *self.of(finding.story)) and finding.severity.at_least(Severity.LOW):
                stale[finding.story] = None  # seldom: a story has many findings and few tactics
        return {one for story in stale for one in self._tell(story)}  # once each: thousands may move together

    def forget(self, finding: Finding) -> None:
        """A finding is kept no more. The chain goes with the last one of its story."""
        members = self._members.get(finding.story, {})
        members.pop(finding.id, None)
        if not members:
            self._members.pop(finding.story, None)
            self._chains.pop(finding.story, None)

    def _tell(self, story: str) -> set[str]:
        members = [self._findings[one] for one in self._members.get(story, ()) if one in self._findings]
        chain = tactics_of(members)
        if chain == self.of(story):
            return set()
        self._chains[story] = chain
        if not members:
            self._members.pop(story, None)
            self._chains.pop(story, None)
        return {one.id for one in members}
