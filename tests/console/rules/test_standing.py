"""What is said of the rules beside the sources: nothing when all run as shipped."""

from __future__ import annotations

from console.rules.compiling import RuleSet
from console.rules.standing import counted, standing


def rules(faults: tuple[str, ...] = (), off: tuple[str, ...] = (), tuned: tuple[str, ...] = ()) -> RuleSet:
    made = RuleSet((), faults)
    made.disabled, made.tuned = off, tuned
    return made


def test_nothing_is_said_when_all_run_as_shipped() -> None:
    assert standing(rules(), 7.0) is None


def test_a_fault_and_a_disabled_rule_are_what_is_not_seen() -> None:
    told = standing(rules(("a.yml:3: odd", "b.yml:1: odd"), off=("A", "B")), 7.0)

    assert told is not None
    assert (told.name, told.state, told.since) == ("rules", "live", 7.0)
    assert told.why == (
        "2 faults in the rules: a.yml:3: odd; 1 more, see `warroom rules check`; "
        "2 rules disabled by the settings (A, B)"
    )
    assert told.note == ""


def test_a_tuned_rule_is_worth_knowing_and_nothing_is_wrong() -> None:
    told = standing(rules(tuned=("A",)), 7.0)

    assert told is not None
    assert (told.why, told.note) == ("", "1 rule tuned by the settings (A)")


def test_of_many_a_few_are_named() -> None:
    assert counted([str(n) for n in range(7)], "disabled") == (
        "7 rules disabled by the settings (0, 1, 2, 3, 4 and 2 more)"
    )
