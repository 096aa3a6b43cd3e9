"""Pane 1 tells a story's tactics in their order, in every row of it, also in those that did not change themselves."""

from __future__ import annotations

from console.incident.chaining import Chains
from console.model.finding import Finding
from console.rules.stories import Storyteller
from tests.console.rules.test_stories import CHAIN, LOW, finding


class Kept:
    def __init__(self) -> None:
        self.findings: dict[str, Finding] = {}
        self.chains = Chains(self.findings)
        self.teller = Storyteller()

    def found(self, *steps: Finding) -> set[str]:
        changed: set[str] = set()
        for one in self.teller.feed(steps):
            before, self.findings[one.id] = self.findings.get(one.id), one
            changed |= self.chains.take(one, before)
        return {self.findings[one].rule for one in changed}


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


def test_a_chain_is_forgotten_with_the_last_finding_of_its_story() -> None:
    kept = Kept()
    kept.found(*CHAIN)
    story = next(iter(kept.findings.values())).story
    for number, one in enumerate(list(kept.findings.values()), 1):
        kept.chains.forget(kept.findings.pop(one.id))
        assert bool(kept.chains.of(story)) is (number < len(CHAIN))
