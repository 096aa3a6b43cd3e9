"""Pane 1 tells a story's tactics in their order, in every row of it, also in those that did not change themselves."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from console.incident import chaining
from console.incident.chaining import Chains
from console.model.finding import Finding
from console.rules.stories import Storyteller, tactics_of
from tests.console.rules.test_stories import CHAIN, LOW, finding


class Kept:
    def __init__(self) -> None:
        self.findings: dict[str, Finding] = {}
        self.chains = Chains(self.findings)
        self.teller = Storyteller()

    def found(self, *steps: Finding) -> set[str]:
        changes: list[tuple[Finding, Finding | None]] = []
        for one in self.teller.feed(steps):
            changes.append((one, self.findings.get(one.id)))
            self.findings[one.id] = one
        return {self.findings[one].rule for one in self.chains.take(changes)}


def test_every_row_of_a_story_hears_of_a_new_tactic() -> None:
    kept = Kept()
    assert kept.found(CHAIN[0]) == set()
    assert kept.found(CHAIN[1]) == {"R-discovery-low", "R-credential-access-medium"}
    assert kept.found(CHAIN[2]) == {one.rule for one in CHAIN}
    (story,) = {one.story for one in kept.findings.values()}
    assert kept.chains.of(story) == ("discovery", "credential-access", "privilege-escalation")
    assert kept.found(CHAIN[2]) == set(), "nothing new, nothing drawn again"


def test_two_stories_that_turn_out_to_be_one_have_one_chain() -> None:
    kept = Kept()
    web = "system:serviceaccount:shop:web"
    kept.found(finding("execution", LOW, 1, user="", ip="", pod="shop/web-1"))
    kept.found(finding("discovery", LOW, 2, user="", ip="", pod="shop/web-1"))
    kept.found(finding("impact", LOW, 3, user=web), finding("persistence", LOW, 4, user=web))
    stories = {one.story for one in kept.findings.values()}
    assert len(stories) == 2

    kept.found(finding("credential-access", LOW, 5, user=web, pod="shop/web-1"))
    (story,) = {one.story for one in kept.findings.values()}
    assert kept.chains.of(story) == ("execution", "discovery", "impact", "persistence", "credential-access")
    assert [kept.chains.of(one) for one in stories - {story}] == [()]


def test_thousands_that_move_to_another_story_are_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    looked: list[int] = []

    def counted(members: Sequence[Finding]) -> tuple[str, ...]:
        looked.append(len(members))
        return tactics_of(members)

    web = "system:serviceaccount:shop:web"
    for number in range(3000):
        user, ip, pod = (web, "10.0.0.7", "") if number % 3 else ("", "", "shop/web-1")
        tactic = ("impact", "execution")[number % 2]
        kept.found(finding(tactic, LOW, 1, user=user, ip=ip, pod=pod, rule=f"r{number}"))
    monkeypatch.setattr(chaining, "tactics_of", counted)
    kept.found(finding("credential-access", LOW, 5, user=web, pod="shop/web-1"))
    assert len({one.story for one in kept.findings.values()}) == 1
    assert 3000 < sum(looked) < 6000


def test_a_chain_is_forgotten_with_the_last_finding_of_its_story() -> None:
    kept = Kept()
    kept.found(*CHAIN)
    story = next(iter(kept.findings.values())).story
    for number, one in enumerate(list(kept.findings.values()), 1):
        kept.chains.forget(kept.findings.pop(one.id))
        assert bool(kept.chains.of(story)) is (number < len(CHAIN))
