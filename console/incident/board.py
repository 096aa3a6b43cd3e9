"""The board: every topic's table, and what must be drawn again when something changed.

In: findings, journal entries, cluster changes, verdicts. Out: rows in tables. Rows that follow from many facts are
rebuilt together, at most four times a second; nothing here waits, judges or writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from console.hygiene.exporting import Exporter, known_safe
from console.incident.affected import Affected, affected_set, contained_words, resource_row
from console.incident.chaining import Chains
from console.incident.entries import entry_row
from console.incident.naming import actor_of, alert_of, doer, key_of, target_of
from console.incident.tables import Table
from console.model.action import ActionSpec
from console.model.entry import Entry
from console.model.finding import Finding
from console.model.ref import ResourceRef
from console.model.state import ActionState, IncidentState
from console.model.text import Clean
from console.ports.clock import Clock
from console.ports.cluster import View
from console.ports.views import TOPICS, FindingRow, ResourceRow, UndoRow

PAUSE = 0.25
SHOWN = 5000
"""Journal entries kept in the pane; the journal itself keeps all."""
FINDINGS = 20_000
"""Findings shown at most, as many as the rules keep: the least severe and oldest go first."""
REBUILT = frozenset({"findings", "resources", "undo"})
"""Topics whose rows follow from many facts and are rebuilt together."""
_SLACK = 500


class Board:
    """All fixed topics.

    Args:
        state: the folded journal.
        look: view of a kind that is watched already, None otherwise.
        specs: all actions, for what a row offers and how a line is undone.
        target: the exact object of an action.
    """

    def __init__(
        self,
        clock: Clock,
        export: Exporter,
        state: Callable[[], IncidentState],
        look: Callable[[str], View | None],
        specs: tuple[ActionSpec, ...],
        cluster: Callable[[], str],
        target: Callable[[ActionState], ResourceRef],
    ) -> None:
        self._clock, self._export, self._state, self._look, self._cluster = clock, export, state, look, cluster
        self._target = target
        self._specs = {spec.id: spec for spec in specs}
        self._offers = _offers(specs)
        self.tables = {topic: Table(topic, clock) for topic in TOPICS}
        self.findings: dict[str, Finding] = {}
        self._chains = Chains(self.findings)
        self.affected: dict[str, Affected] = {}
        self.rows: dict[str, ResourceRow] = {}
        self._shown: dict[str, str] = {}
        """Key by the key a row has, where that is redacted."""
        self._contained: dict[str, Clean] = {}
        self._dirty = asyncio.Event()
        self.on_affected: Callable[[], None] = lambda: None
        """Called when the affected set grew or shrank."""

    # What changed

    def found(self, findings: Iterable[Finding]) -> None:
        """New or changed findings: their rows at once, what follows from them soon."""
        changes: list[tuple[Finding, Finding | None]] = []
        for finding in findings:
            changes.append((finding, self.findings.get(finding.id)))
            self.findings[finding.id] = finding
        changed = dict.fromkeys(finding.id for finding, _ in changes) | dict.fromkeys(self._chains.take(changes))
        self.tables["findings"].put(*(self._finding_row(self.findings[one]) for one in changed))
        if len(self.findings) > FINDINGS + _SLACK:
            self._give_up()
        self._dirty.set()

    def _give_up(self) -> None:
        kept = sorted(self.findings.values(), key=lambda one: (one.severity.rank, -one.last))
        gone = [one.id for one in kept[FINDINGS:]]
        for finding in gone:
            self._chains.forget(self.findings.pop(finding))
        self.tables["findings"].remove(*gone)

    def heard(self, entry: Entry) -> None:
        """A new journal entry."""
        journal = self.tables["journal"]
        journal.put(entry_row(entry))
        if len(journal) > SHOWN + _SLACK:
            journal.remove(*[row.key for row in islice(journal.rows(), _SLACK)])
        self._dirty.set()

    def touch(self) -> None:
        """Something the rows rest on changed."""
        self._dirty.set()

    async def run(self) -> None:
        """Rebuild what is dirty, for ever."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            self.rebuild()
            # With many thousand findings a rebuild costs tens of milliseconds: then less often.
            await self._clock.sleep(PAUSE + len(self.findings) / 5000)

    def catch_up(self) -> None:
        """Rebuild now if anything is dirty: who starts to read sees what is true at this moment."""
        if self._dirty.is_set():
            self._dirty.clear()
            self.rebuild()

    def rebuild(self) -> None:
        """Affected set, containment words and undo register, from what is known now."""
        state, cluster = self._state(), self._cluster()
        before = self.affected.keys()
        self.affected = affected_set(self.findings.values(), state, cluster, self._target)
        rows = {key: resource_row(one, self._look, self._offers, self._export) for key, one in self.affected.items()}
        self.rows = rows
        self._shown = {row.key: key for key, row in rows.items() if row.key != key}
        self.tables["resources"].replace(rows.values())
        self._recontain(contained_words(self.findings.values(), rows, cluster))
        self.tables["undo"].replace(self._undo_row(action) for action in reversed(state.open_undo()))
        for finding_id in state.acknowledged:
            if finding := self.findings.get(finding_id):
                self.tables["findings"].put(self._finding_row(finding))
        if before != self.affected.keys():
            self.on_affected()

    def _recontain(self, words: dict[str, Clean]) -> None:
        changed = {key for key in {*words, *self._contained} if words.get(key) != self._contained.get(key)}
        self._contained = words
        self.tables["findings"].put(*(self._finding_row(self.findings[key]) for key in changed if key in self.findings))

    # Rows

    def contained(self, finding: str) -> Clean:
        """Status word of a finding's target, "" while nothing was done."""
        return self._contained.get(finding, Clean(""))

    def _finding_row(self, one: Finding) -> FindingRow:
        export, cluster = self._export, self._cluster()
        target, actor = target_of(one, cluster), actor_of(one.who.effective, cluster)
        alert = alert_of(one, cluster)
        acknowledged = self._state().acknowledged.get(one.id)
        return FindingRow(
            known_safe(one.id),
            known_safe(one.severity),
            one.count,
            one.first,
            one.last,
            export(one.title),
            export(one.rule),
            export(one.target.kind),
            export(target_words(one)),
            export(doer(one.who)),
            self.contained(one.id),
            acknowledged.seat if acknowledged else Clean(""),
            export(", ".join(one.told_by)),
            export(key_of(target)) if target else Clean(""),
            export(key_of(actor)) if actor else Clean(""),
            known_safe(one.story),
            tuple(known_safe(tactic.replace("-", " ")) for tactic in self._chains.of(one.story)),
            export(key_of(alert)) if alert else Clean(""),
        )

    def _undo_row(self, action: ActionState) -> UndoRow:
        planned = action.planned
        spec = self._specs.get(planned.action)
        undo, why = (spec.undo, spec.undo_why) if spec else ("", "this build does not know the action")
        stage = action.verified.stage if action.verified else Clean("running")
        return UndoRow(
            planned.digest,
            known_safe(planned.digest[:4]),
            planned.action,
            planned.target,
            action.at,
            stage,
            known_safe(undo),
            self._export(why),
        )

    # Names

    def resolve(self, key: str) -> ResourceRef | None:
        """The object behind a row key of pane 2, None if it is not in the affected set."""
        one = self.affected.get(self._shown.get(key, key))
        return one.ref if one else None

    def members(self) -> Iterable[ResourceRef]:
        """The affected set."""
        return [one.ref for one in self.affected.values()]

    def count(self, floor: str, source: str, rule: str = "") -> tuple[int, int]:
        """(total, acknowledged) of findings at or above a severity, of one source and one rule ("" for all)."""
        from console.model.severity import Severity

        wanted = [
            one
            for one in self.findings.values()
            if one.severity.at_least(Severity(floor))
            and (not source or any(told.split(":")[0] == source for told in one.told_by))
            and rule in ("", one.rule)
        ]
        acknowledged = self._state().acknowledged
        return len(wanted), sum(1 for one in wanted if one.id in acknowledged)


def target_words(one: Finding) -> str:
    """What a finding is about as pane 1 shows it: `shop/web-7f9c`, `secrets, all namespaces`, a path."""
    on = one.target
    if on.name:
        place = f"{on.namespace}/{on.name}" if on.namespace else on.name
        return f"{place} ({on.subresource})" if on.subresource else place
    if on.kind:
        return f"{on.kind}, {f'namespace {on.namespace}' if on.namespace else 'all namespaces'}"
    return on.path


def _offers(specs: Iterable[ActionSpec]) -> Mapping[str, tuple[str, ...]]:
    offers: dict[str, tuple[str, ...]] = {}
    for spec in specs:
        if spec.inverse_of:
            continue
        for kind in spec.targets:
            offers[kind] = (*offers.get(kind, ()), spec.id)
    return offers
