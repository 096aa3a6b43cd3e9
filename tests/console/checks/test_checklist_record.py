"""Checks that rest on what people recorded: said or not said, and never more than that."""

from __future__ import annotations

import pytest

from console.checks.checklist_record import EGRESS_RULES
from console.model.facts import Ask, Unknown
from console.rules.measures import load_measure_rules
from tests.console.checks.scripted import NOW, Scripted, ask_check


def test_an_incident_ticks_as_declared_with_name_severity_and_time() -> None:
    facts = Scripted({Ask("declared"): ("GREY HERON", "high", NOW)})
    verdict = ask_check("incident.declared", facts)
    assert verdict.truth is True
    assert verdict.observed == "GREY HERON, high, declared 20:26Z"


def test_a_declared_incident_without_a_severity_asks_for_it() -> None:
    """The item says that both are set: it must not tick on the name alone."""
    facts = Scripted({Ask("declared"): ("GREY HERON", "", NOW)})
    verdict = ask_check("incident.declared", facts)
    assert verdict.truth is False
    assert verdict.observed.endswith("no severity set (:declare high)")
    assert ask_check("incident.declared", facts.say("severity", "high")).truth is True


def test_the_newest_word_on_severity_counts() -> None:
    facts = Scripted({Ask("declared"): ("GREY HERON", "high", NOW)}).say("severity", "low")
    assert "GREY HERON, low, declared" in ask_check("incident.declared", facts).observed


def test_an_undeclared_incident_says_how_to_declare() -> None:
    verdict = ask_check("incident.declared", Scripted({Ask("declared"): None}))
    assert (verdict.truth, verdict.observed) == (False, "not declared (:declare NAME SEVERITY)")


def test_a_commander_must_be_named_and_must_acknowledge() -> None:
    named = Scripted().say("role.assumed", "ic ana")
    assert ask_check("role.commander", named).truth is False
    assert ask_check("role.commander", named.say("role.ack", "ic")).truth is True


def test_another_role_is_no_commander() -> None:
    facts = Scripted().say("role.assumed", "scribe bo").say("role.ack", "scribe")
    assert ask_check("role.commander", facts).truth is False


def test_a_broken_chain_beats_a_signed_checkpoint() -> None:
    facts = Scripted({Ask("chain"): "entry 7 was changed"}).say("checkpoint.signed", "abcd")
    verdict = ask_check("journal.checkpointed", facts)
    assert verdict.truth is False
    assert "entry 7 was changed" in verdict.observed


def test_a_chain_nobody_checked_leaves_the_checkpoint_unknown() -> None:
    facts = Scripted({Ask("chain"): Unknown("the chain was not checked")}).say("checkpoint.signed", "abcd")
    assert ask_check("journal.checkpointed", facts).truth is None


def test_declaring_starts_the_clock_of_awareness_but_not_the_cadence() -> None:
    facts = Scripted({Ask("declared"): ("HERON", "", NOW)})
    assert ask_check("clocks.started", facts).truth is False
    assert ask_check("clocks.started", facts.say("cadence.set", "20m")).truth is True


@pytest.mark.parametrize(
    ("topic", "value", "truth"),
    [
        ("decision.strategy", "delayed, keep", True),
        ("decision", "Strategy: contain now, kill", True),
        ("decision", "lunch at noon", False),
    ],
)
def test_only_a_decision_on_the_strategy_counts(topic: str, value: str, truth: bool) -> None:
    assert ask_check("strategy.decided", Scripted().say(topic, value)).truth is truth


@pytest.mark.parametrize(
    ("chosen", "confirmed", "truth"),
    [
        ("2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z", True),
        ("2026-05-03T00:00:00Z", "2026-05-02T00:00:00Z", False),
        ("the one from Monday", "2026-05-02T00:00:00Z", None),
        ("2026-05-01T00:00:00Z", "", None),
    ],
)
def test_a_restore_point_counts_only_when_it_is_before_the_confirmed_t0(
    chosen: str, confirmed: str, truth: bool | None
) -> None:
    facts = Scripted().say("backup.selected", chosen)
    if confirmed:
        facts.say("t0.confirmed", confirmed)
    assert ask_check("backup.clean", facts).truth is truth


@pytest.mark.parametrize(("rule", "found", "truth"), [("PROM-EGRESS", 0, None), ("PROM-EGRESS", 2, True)])
def test_a_way_out_that_was_stated_needs_something_that_shows_it(rule: str, found: int, truth: bool | None) -> None:
    facts = Scripted({Ask("findings", ("info", "prometheus", one)): (0, 0) for one in EGRESS_RULES})
    facts.facts[Ask("findings", ("info", "prometheus", rule))] = (found, 0)
    assert ask_check("egress.stated", facts).truth is False
    assert ask_check("egress.stated", facts.say("path.egress", "pool.example, 3 GB")).truth is truth


def test_the_rules_that_show_a_way_out_are_shipped() -> None:
    assert set(EGRESS_RULES) < {rule.id for rule in load_measure_rules()}


def test_a_follow_up_without_an_owner_is_named() -> None:
    facts = Scripted().say("followup", "rotate keys owner=bo due=2026-06-01", "write it down")
    verdict = ask_check("followups.owned", facts)
    assert verdict.truth is False
    assert "write it down" in verdict.observed
