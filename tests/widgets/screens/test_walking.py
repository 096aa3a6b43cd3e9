"""The walkthrough: one item a screen, what to press, taken up where it was left."""

from __future__ import annotations

from msgspec import structs

from console.ports.session import Mark, PlanAction, Record
from tests.widgets import scripted
from tests.widgets.scripted import Scripted
from tests.widgets.seats import seat


async def test_it_opens_at_what_is_not_done_and_goes_on_and_back() -> None:
    async with seat((80, 24)) as at:
        await at.press("w")
        assert "Affected pods are isolated" in at.text()
        assert "2/3: 2 of 3 isolated" in at.text()
        assert "cannot see traffic inside one node" in at.text()
        assert "x i: pod.quarantine" in at.text()
        await at.press("n")
        assert "Compromised accounts hold no rights" in at.text()
        await at.press("b", "b")
        assert "Evidence of affected pods captured" in at.text()
        await at.press("escape")
        assert "Checklist" in at.text()


async def test_enter_plans_the_items_action_on_what_is_not_done() -> None:
    session = Scripted()
    session.answers[PlanAction] = scripted.plan()
    async with seat((80, 24), session) as at:
        await at.press("w", "enter")
        await at.settle()
        assert at.asked(PlanAction) == [PlanAction("pod.quarantine", "Pod/default/node-debug")]


async def test_not_applicable_needs_a_reason() -> None:
    async with seat((80, 24)) as at:
        await at.press("w", "o")
        await at.press("enter")
        assert not at.asked(Mark)
        await at.press("o")
        await at.press(*"cloud", "enter")
        assert at.asked(Mark) == [Mark("I-03", "n-a", "cloud")]


async def test_an_attested_item_takes_a_persons_word() -> None:
    async with seat((80, 24)) as at:
        await at.press("3", "G", "enter")
        assert "Leadership informed" in at.text()
        assert "a person's word" in at.text()
        await at.press("enter")
        await at.press(*"called", "enter")
        assert at.asked(Mark) == [Mark("I-08", "attested", "called")]


async def test_the_next_seat_takes_it_up_where_it_was_left() -> None:
    async with seat((80, 24)) as at:
        await at.press("w", "n")
        left = at.room.place().encoded()
    async with seat((80, 24), Scripted(place=left)) as at:
        await at.settle()
        assert "Compromised accounts hold no rights" in at.text()


async def test_an_item_that_asks_for_a_statement_takes_it() -> None:
    rows = scripted.room_rows()
    item = scripted.items()[3]
    asking = structs.replace(
        item, observed=scripted.c("no commander named (:record role.assumed)"), action=scripted.c("")
    )
    rows["checklist"][3] = asking
    async with seat((80, 24), Scripted(rows)) as at:
        await at.press("w")
        assert "enter: state it, as :record role.assumed would" in at.text().replace("\n", " ")
        await at.press("enter")
        await at.press(*"ana", "enter")
        assert at.asked(Record) == [Record("role.assumed", "ana")]
