"""How checks read: unknown ends a judgement, the oldest fact dates it, undeclared facts are a defect."""

from __future__ import annotations

import pytest

from console.checks.base import Check
from console.checks.shipped import shipped
from console.checks.telling import listed, tell, told
from console.errors import BadInput
from console.model.facts import Ask, Known, Unknown
from console.model.ref import ResourceRef
from console.model.verdict import Verdict
from console.ports.facts import Facts
from tests.console.checks.scripted import Scripted

A, B = Ask("a"), Ask("b")


@told
def _both(facts: Facts, target: ResourceRef) -> Verdict:
    tell(facts, A)
    tell(facts, B)
    return Verdict(True, "seen")


def test_a_verdict_is_as_old_as_its_oldest_fact() -> None:
    facts = Scripted({A: Known(1, 50.0, "watch"), B: Known(1, 20.0, "probe")})
    assert _both(facts, ResourceRef()).at == 20.0


def test_an_unknown_fact_ends_the_judgement_with_its_reason() -> None:
    verdict = _both(Scripted({A: 1, B: Unknown("forbidden")}), ResourceRef())
    assert (verdict.truth, verdict.observed) == (None, "forbidden")


def test_a_check_that_reads_what_it_does_not_declare_is_a_defect() -> None:
    with pytest.raises(BadInput, match="does not declare"):
        Check("x.y", ("a",), _both)(Scripted({A: 1, B: 1}), ResourceRef())


def test_a_long_list_is_cut_with_a_count() -> None:
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


@pytest.mark.parametrize("name", sorted(shipped()))
def test_no_check_ticks_when_nothing_is_known(name: str) -> None:
    """With every fact unknown every check is unknown: unknown never ticks."""

    class Blind:
        def get(self, ask: Ask) -> Unknown:
            return Unknown("nothing is known")

        def now(self) -> float:
            return 0.0

    check = shipped()[name]
    target = ResourceRef("", "", "Pod", "shop", "web", "u1") if check.about != "incident" else ResourceRef()
    verdict = check(Blind(), target)
    assert verdict.truth is None
    assert verdict.observed
