"""The checklist of one incident: items, checks and what was seen of them so far.

In: facts, the folded journal, the affected set, the time. Out: item states, rows for seats, and the entries the journal
wants. It remembers since when things are true and what was proved; nothing here writes, waits or calls a cluster.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from console.checks.base import Check
from console.hygiene.exporting import Exporter, known_safe
from console.model.boxes import DONE
from console.model.entry import ItemObserved
from console.model.facts import Unknown
from console.model.ref import ResourceRef
from console.model.state import IncidentState, ItemMark
from console.model.verdict import Verdict
from console.ports.facts import Facts
from console.ports.views import ItemRow
from console.runbooks.items import PHASES, Item
from console.runbooks.judging import Judging, WithItems
from console.runbooks.members import affected_members, captured_uids, cluster_members
from console.runbooks.states import Before, ItemState, Member, Past, judge, refusal

WINDOW = 30.0
"""Seconds after which verdicts that depend on the time are looked at again."""


class Checklist:
    """Judges all items, again and again.

    Args:
        items: as loaded, in order.
        checks: the registered checks by id.
    """

    def __init__(self, items: Sequence[Item], checks: Mapping[str, Check]) -> None:
        self.items = {item.id: item for item in items}
        self._checks = checks
        self._order = tuple(self._sorted(items))
        self._judging = Judging()
        self._past: dict[str, Mapping[str, Past]] = {}
        self._states: dict[str, ItemState] = {}
        self._captured: Mapping[str, str] = {}
        self.due: float | None = None
        """Epoch seconds at which to evaluate again even if nothing changes: a hold ends, a window moves."""

    def evaluate(
        self, facts: Facts, state: IncidentState, affected: Iterable[ResourceRef], now: float
    ) -> tuple[ItemState, ...]:
        """Every item as it stands, in order."""
        for _ in self._round(facts, state, tuple(affected), now):
            pass
        return self._result()

    async def review(
        self, facts: Facts, state: IncidentState, affected: Iterable[ResourceRef], now: float
    ) -> tuple[ItemState, ...]:
        """The same, letting others run between two items. One review at a time."""
        for _ in self._round(facts, state, tuple(affected), now):
            await asyncio.sleep(0)
        return self._result()

    def refuse(self, item: str, state: str, reason: str) -> str:
        """Why a person may not mark this item so (a sentence), "" when they may."""
        if item not in self.items:
            return f"There is no checklist item {item!r}."
        return refusal(self.items[item], state, reason)

    def to_record(
        self, states: Iterable[ItemState], state: IncidentState, export: Exporter
    ) -> tuple[ItemObserved, ...]:
        """Entries for what checks see differently than the journal says. A first `open` or `unknown` is no news."""
        found = []
        for one in states:
            said = state.observed.get(one.item)
            if (said.state if said else "open") == one.seen or (said is None and one.seen == "unknown"):
                continue
            check = known_safe(self.items[one.item].check)
            found.append(ItemObserved(known_safe(one.item), known_safe(one.seen), export(one.observed, 500), check))
        return tuple(found)

    def rows(self, states: Iterable[ItemState], export: Exporter, keys: Mapping[str, str]) -> tuple[ItemRow, ...]:
        """Rows for seats. `keys` gives the keys of the actions in this build by their id."""
        return tuple(self._row(one, export, keys) for one in states)

    def _row(self, one: ItemState, export: Exporter, keys: Mapping[str, str]) -> ItemRow:
        item = self.items[one.item]
        return ItemRow(
            key=known_safe(item.id),
            card=known_safe(item.card),
            phase=known_safe(item.phase),
            title=known_safe(item.title),
            why=known_safe(item.why),
            mode=known_safe(item.mode),
            kind=known_safe(item.kind),
            state=known_safe(one.state),
            observed=export(one.observed, 500),
            at=one.at,
            # The item's own words are ours; only what a verdict says may hold a secret.
            misses=tuple(known_safe(text) if text in item.misses else export(text) for text in one.misses),
            action=known_safe(item.action.id),
            action_keys=known_safe(keys.get(item.action.id, "")),
            members=known_safe(f"{one.done}/{one.total}" if one.total else ""),
            by=export(one.by),
            reason=export(one.reason),
            needs=tuple(known_safe(need) for need in item.needs),
            position=item.position,
        )

    # One round

    def _round(
        self, facts: Facts, state: IncidentState, affected: tuple[ResourceRef, ...], now: float
    ) -> Iterator[None]:
        self._judging.begin()
        marks = _by_item(state.marks)
        self._captured = captured_uids(state)
        due: list[float] = []
        for item in self._order:
            book = WithItems(facts, self._pages()) if self._looks_at_items(item) else facts
            one = self._judge(item, book, state, marks.get(item.id, {}), affected, now)
            self._states[item.id] = _steady(self._states.get(item.id), one)
            due += [one.due] if one.due is not None else []
            yield
        self._judging.end()
        self.due = min([*due, *([now + WINDOW] if self._judging.timed else [])], default=None)

    def _judge(
        self,
        item: Item,
        facts: Facts,
        state: IncidentState,
        marks: Mapping[str, ItemMark],
        affected: tuple[ResourceRef, ...],
        now: float,
    ) -> ItemState:
        refs = self._refs(item, facts, affected)
        if isinstance(refs, Unknown):
            members, past = [Member("", "", Verdict(None, refs.why))], None
        else:
            members = [self._member(item, facts, ref) for ref in refs]
            past = self._past.get(item.id)
        needs = [need for need in item.needs if self._state_of(need) not in DONE]
        judged = judge(item, members, marks, Before(past, item.id in state.ever_proved), needs, now)
        if not isinstance(refs, Unknown):
            self._past[item.id] = judged.past
        return judged.state

    def _refs(self, item: Item, facts: Facts, affected: tuple[ResourceRef, ...]) -> tuple[ResourceRef, ...] | Unknown:
        check = self._checks.get(item.check)
        if item.per == "incident" or (check is not None and check.about == "incident"):
            return (ResourceRef(),)
        return (
            cluster_members(item, facts) if item.over == "cluster" else affected_members(item, affected, self._captured)
        )

    def _member(self, item: Item, facts: Facts, ref: ResourceRef) -> Member:
        check = self._checks.get(item.check)
        verdict = self._judging.verdict(check, facts, ref) if check else None
        return Member(" ".join(ref.key).strip(), str(ref), verdict)

    def _state_of(self, item: str) -> str:
        known = self._states.get(item)
        return known.state if known else "open"

    def _pages(self) -> dict[str, tuple[tuple[str, str, float], ...]]:
        """States by phase, for gates; "" is all."""
        known = [(self.items[one.item].phase, (one.item, one.state, one.at)) for one in self._states.values()]
        pages = {phase: tuple(sorted(what for where, what in known if where == phase)) for phase in PHASES}
        return pages | {"": tuple(sorted(what for _, what in known))}

    def _result(self) -> tuple[ItemState, ...]:
        return tuple(self._states[item] for item in self.items)

    def _sorted(self, items: Sequence[Item]) -> Iterator[Item]:
        """Needs before those who need them; items that look at other items last."""
        known, done = {item.id: item for item in items}, set[str]()

        def walk(item: Item) -> Iterator[Item]:
            if item.id not in done:
                done.add(item.id)
                for need in item.needs:
                    yield from walk(known[need])
                yield item

        ordered = [one for item in items for one in walk(item)]
        yield from sorted(ordered, key=self._looks_at_items)

    def _looks_at_items(self, item: Item) -> bool:
        check = self._checks.get(item.check)
        return check is not None and "items" in check.reads


def _by_item(marks: Mapping[tuple[str, str], ItemMark]) -> dict[str, dict[str, ItemMark]]:
    found: dict[str, dict[str, ItemMark]] = {}
    for (item, member), mark in marks.items():
        found.setdefault(item, {})[member] = mark
    return found


def _steady(before: ItemState | None, now: ItemState) -> ItemState:
    """Keep the time at which this state and value were first seen: a row changes only when what it says does."""
    if before is None or (before.state, before.observed, before.done, before.total) != (
        now.state, now.observed, now.done, now.total,
    ):  # fmt: skip
        return now
    return msgspec.structs.replace(now, at=before.at)
