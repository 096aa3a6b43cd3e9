"""A check is judged again when something it read changed, and not otherwise."""

from __future__ import annotations

from console.checks.base import Check
from console.checks.telling import tell, told
from console.model.facts import Ask
from console.model.ref import ResourceRef
from console.model.verdict import Verdict
from console.ports.facts import Facts
from console.runbooks.judging import Judging
from tests.console.checks.scripted import Scripted

A, B = Ask("a"), Ask("b")
ANY = ResourceRef()


@told
def _plain(facts: Facts, target: ResourceRef) -> Verdict:
    value = tell(facts, A)
    return Verdict(bool(value), str(value))


@told
def _timed(facts: Facts, target: ResourceRef) -> Verdict:
    return Verdict(True, f"{facts.now()}")


PLAIN, TIMED = Check("t.plain", ("a",), _plain), Check("t.timed", (), _timed)


def test_a_verdict_is_kept_while_its_facts_are_the_same_and_made_anew_when_one_differs() -> None:
    judging, facts = Judging(), Scripted({A: 1, B: 1})
    assert judging.verdict(PLAIN, facts, ANY).observed == "1"
    facts.facts[B] = 2
    judging.verdict(PLAIN, facts, ANY)
    assert judging.judged == 1
    facts.facts[A] = 2
    assert judging.verdict(PLAIN, facts, ANY).observed == "2"
    assert judging.judged == 2


def test_a_verdict_that_asked_for_the_time_is_never_kept() -> None:
    judging, facts = Judging(), Scripted()
    first = judging.verdict(TIMED, facts, ANY)
    facts.time += 1
    assert judging.verdict(TIMED, facts, ANY) != first
    assert judging.timed


def test_the_stamp_of_a_book_is_believed_without_reading_the_fact() -> None:
    class Stamped(Scripted):
        version = 1

        def stamp(self, ask: Ask) -> object:
            return self.version

    judging, facts = Judging(), Stamped({A: 1})
    judging.verdict(PLAIN, facts, ANY)
    reads = len(facts.asked)
    judging.verdict(PLAIN, facts, ANY)
    assert len(facts.asked) == reads
    facts.version = 2
    judging.verdict(PLAIN, facts, ANY)
    assert len(facts.asked) == reads + 1


def test_what_nobody_asks_for_in_a_round_is_forgotten() -> None:
    judging, facts = Judging(), Scripted({A: 1})
    judging.verdict(PLAIN, facts, ANY)
    judging.begin()
    judging.end()
    judging.verdict(PLAIN, facts, ANY)
    assert judging.judged == 2
