"""What a check is, and the register of all checks."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from console.errors import BadInput
from console.model.facts import Ask, Fact
from console.model.ref import ResourceRef
from console.model.verdict import Verdict
from console.ports.facts import Facts

Judge = Callable[[Facts, ResourceRef], Verdict]


class Check(msgspec.Struct, frozen=True):
    """A registered check. For checks over the whole incident the target is an empty reference."""

    id: str
    """`node.cordoned`: what is true when it is true."""
    reads: tuple[str, ...]
    """Names of the facts it may ask for; asking for another is a defect and raises."""
    judge: Judge
    about: str = "incident"
    """`incident`, or the kind of target it judges."""

    def __call__(self, facts: Facts, target: ResourceRef) -> Verdict:
        """Judge `target`, holding the check to what it declared."""
        return self.judge(_Declared(facts, self), target)


class _Declared:
    """The book of facts, open at the declared pages only."""

    def __init__(self, facts: Facts, check: Check) -> None:
        self._facts = facts
        self._check = check

    def get(self, ask: Ask) -> Fact:
        if ask.fact not in self._check.reads:
            raise BadInput(f"Check {self._check.id} asks for the fact {ask.fact!r} it does not declare.")
        return self._facts.get(ask)

    def now(self) -> float:
        return self._facts.now()


CHECKS: dict[str, Check] = {}


def check(id: str, *reads: str, about: str = "incident") -> Callable[[Judge], Judge]:  # noqa: A002 - the field's name
    """Register the decorated function as check `id`, reading these facts."""

    def register(judge: Judge) -> Judge:
        if id in CHECKS:
            raise BadInput(f"Check {id} is registered twice.")
        CHECKS[id] = Check(id, reads, judge, about)
        return judge

    return register
