"""No item is silently untickable: each check can be true and can be otherwise, or is named here with the reason.

A check that no facts make true is listed in `UNOBSERVED` (it says so itself); one that needs evidence no action of
this build captures is listed in `UNCAPTURED`. Both lists are wrong as soon as they are out of date.
"""

from __future__ import annotations

import pytest

from console.checks.checklist_unobserved import UNOBSERVED
from console.checks.evidence import CAPTURED
from console.checks.shipped import shipped
from console.runbooks.loading import load_items
from tests.console.checks.scripted import ask_check
from tests.console.runbooks.ticking import CASES, INCIDENT, facts

ITEMS = load_items(shipped())
NAMED = {item.check for item in ITEMS if item.check}
UNCAPTURED = {
    "evidence.volatile": "processes and memory are read by exec or from the node: no action here does either",
    "evidence.window": "exports of the audit record and of metrics are made outside this tool",
    "evidence.cluster": "no action here dumps the whole configuration",
    "logs.collected": "logs of applications and nodes are collected outside this tool",
    "forensics.reported": "a report is written by people",
    "identity.mapped": "no action here writes a matrix of rights or an extract of the audit record",
    "keys.replaced": "keys are on the hosts",
    "persistence.judged": "it compares with a cluster dump, which no action here makes",
}
"""Checks that become true only by evidence no action of this build captures: unknown until then."""


def test_there_are_86_items_and_each_is_attested_or_names_a_registered_check() -> None:
    assert len(ITEMS) == 86
    for item in ITEMS:
        assert (item.kind == "attest") == (not item.check), item.id
        assert item.kind == "attest" or item.check in shipped(), item.id
        assert item.kind == "auto" or item.attest, f"{item.id} says nothing of what a person attests"


def test_every_check_of_an_item_has_a_case_or_is_named_as_unobserved() -> None:
    assert set(CASES) | set(UNOBSERVED) == NAMED
    assert not set(CASES) & set(UNOBSERVED), "a check that can be true is no longer unobserved: take it off the list"


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_check_is_true_under_some_facts_and_not_after_one_of_them_changed(name: str) -> None:
    target, make, change = CASES[name]
    true = ask_check(name, make(), target)
    assert true.truth is True, true.observed
    assert true.observed
    book = make()
    change(book)
    other = ask_check(name, book, target)
    assert other.truth is not True
    assert other.observed
    assert other.observed != true.observed


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_check_that_can_see_nothing_is_not_true(name: str) -> None:
    """No watch, no source, no answer to anything: whatever was never seen must not tick."""
    target, _, _ = CASES[name]
    blind = facts()
    blind.facts, blind.kinds, blind.live, blind.reviews = {}, {}, False, None
    assert ask_check(name, blind, target).truth is not True


@pytest.mark.parametrize("name", sorted(UNOBSERVED))
def test_an_unobserved_check_is_unknown_whatever_the_facts_and_says_in_a_sentence_what_is_missing(name: str) -> None:
    for case in CASES.values():
        assert ask_check(name, case[1](), INCIDENT).truth is None
    assert len(UNOBSERVED[name].split()) >= 6, "say precisely what is missing"


@pytest.mark.parametrize("name", sorted(CASES))
def test_evidence_a_tick_needs_can_be_captured_or_the_check_is_named_as_uncaptured(name: str) -> None:
    target, make, _ = CASES[name]
    book = make()
    ask_check(name, book, target)
    kinds = {ask.args[0] for ask in book.asked if ask.fact == "evidence" and ask in book.facts}
    assert (name in UNCAPTURED) == bool(kinds - CAPTURED)


@pytest.mark.parametrize("name", sorted(UNCAPTURED))
def test_evidence_that_cannot_be_captured_here_leaves_a_check_unknown_not_false(name: str) -> None:
    target, make, _ = CASES[name]
    book = make()
    book.facts = {ask: value for ask, value in book.facts.items() if ask.fact != "evidence"}
    verdict = ask_check(name, book, target)
    assert verdict.truth is None
    assert "this build captures no" in verdict.observed
