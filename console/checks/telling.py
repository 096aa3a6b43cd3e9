"""How a check reads: `tell` gives a fact's value or ends the judgement as unknown with the reason.

`@told` turns that end into a Verdict, and dates the verdict by the oldest fact it rests on. Several `@told` parts are
joined with `console.model.verdict.both`, so that one false part shows even while another is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import wraps
from typing import Any

import msgspec

from console.checks.base import Judge
from console.errors import WarRoomError
from console.model.facts import Ask, Fact, Known, Unknown
from console.model.ref import ResourceRef
from console.model.verdict import Verdict
from console.ports.facts import Facts

SHOWN = 3
"""Names in a list before the rest becomes a number."""


class Untold(WarRoomError):
    """A fact is unknown, so the judgement ends as unknown. Never leaves `@told`."""


def tell(facts: Facts, ask: Ask) -> Any:
    """The value of a fact. Raises `Untold` with the reason when there is none."""
    fact = facts.get(ask)
    if isinstance(fact, Unknown):
        raise Untold(fact.why)
    return fact.value


def told(judge: Judge) -> Judge:
    """Make a judgement that may call `tell`."""

    @wraps(judge)
    def dated(facts: Facts, target: ResourceRef) -> Verdict:
        noting = _Noting(facts)
        try:
            verdict = judge(noting, target)
        except Untold as untold:
            return Verdict(None, str(untold))
        return verdict if verdict.at else msgspec.structs.replace(verdict, at=noting.oldest)

    return dated


class _Noting:
    """The book, noting how old the oldest answer was."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.oldest = 0.0

    def get(self, ask: Ask) -> Fact:
        fact = self._facts.get(ask)
        if isinstance(fact, Known):
            self.oldest = min(self.oldest or fact.at, fact.at)
        return fact

    def now(self) -> float:
        return self._facts.now()


def listed(names: Iterable[str], most: int = SHOWN) -> str:
    """`a, b, c and 4 more`."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def place(obj: Any) -> str:
    """`namespace/name` of a pruned object."""
    meta = obj.metadata
    return f"{meta.namespace}/{meta.name}" if meta.namespace else str(meta.name)
