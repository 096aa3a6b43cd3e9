"""Judge checks again only when something they read has changed.

In: facts. Out: verdicts, remembered with the stamps of the facts each rests on. A cluster that changes a hundred pods a
second must not have ten thousand pods counted for each of them. Judging has no effects of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from console.checks.base import Check
from console.model.facts import Ask, Fact, Known
from console.model.ref import ResourceRef
from console.model.verdict import Verdict
from console.ports.facts import Facts, Stamped


class _Page(msgspec.Struct, frozen=True):
    verdict: Verdict
    stamps: tuple[tuple[Ask, object], ...]
    timed: bool
    """Whether it asked for the time: then it may differ at any moment."""


class Judging:
    """Verdicts of many checks over many targets. `begin()` a round, ask for verdicts, `end()` it."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, ResourceRef], _Page] = {}
        self._used: set[tuple[str, ResourceRef]] = set()
        self.timed = False
        """Whether a verdict of this round depends on the time."""
        self.judged = 0
        """Judgements made since the beginning; what was remembered does not count."""

    def begin(self) -> None:
        """A new round."""
        self._used, self.timed = set(), False

    def end(self) -> None:
        """Forget what nobody asked for in this round."""
        self._pages = {key: page for key, page in self._pages.items() if key in self._used}

    def verdict(self, check: Check, facts: Facts, target: ResourceRef) -> Verdict:
        """The check's verdict on the target."""
        key = (check.id, target)
        page = self._pages.get(key)
        if page is None or page.timed or any(_stamp(facts, ask) != stamp for ask, stamp in page.stamps):
            tracing = _Tracing(facts)
            verdict = check(tracing, target)
            page = self._pages[key] = _Page(verdict, tuple(tracing.stamps.items()), tracing.timed)
            self.judged += 1
        self._used.add(key)
        self.timed = self.timed or page.timed
        return page.verdict


class _Tracing:
    """The book, noting what was read."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.stamps: dict[Ask, object] = {}
        self.timed = False

    def get(self, ask: Ask) -> Fact:
        self.stamps[ask] = _stamp(self._facts, ask)
        return self._facts.get(ask)

    def now(self) -> float:
        self.timed = True
        return self._facts.now()


class WithItems:
    """The book, with the states of items on the page that only the checklist can fill."""

    def __init__(self, facts: Facts, items: Mapping[str, tuple[tuple[str, str, float], ...]]) -> None:
        self._facts, self._items = facts, items

    def get(self, ask: Ask) -> Fact:
        if ask.fact == "items":
            return Known(self._items.get(ask.args[0], ()), self._facts.now(), "journal")
        return self._facts.get(ask)

    def now(self) -> float:
        return self._facts.now()

    def stamp(self, ask: Ask) -> object:
        return self._items.get(ask.args[0], ()) if ask.fact == "items" else _stamp(self._facts, ask)


def _stamp(facts: Facts | Stamped, ask: Ask) -> object:
    # `isinstance` of a protocol costs more than most stamps.
    stamp = getattr(facts, "stamp", None)
    if stamp is not None:
        return stamp(ask)
    fact = facts.get(ask)
    return (True, fact.value) if isinstance(fact, Known) else (False, fact.why)
