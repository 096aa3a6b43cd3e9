"""The walkthrough: one item a screen, what to press, taken up where it was left."""

from __future__ import annotations

from msgspec import structs
from textual.events import Key

from console.ports.session import Detail, Mark, Note, PlanAction, Record
from tests.widgets import scripted
from tests.widgets.scripted import Scripted
from tests.widgets.seats import seat


async def test_it_opens_at_what_is_not_done_and_goes_on_and_back() -> None:
    async with seat((80, 24)) as at:
        await at.press("w")
        assert "Affected pods are isolated" in at.text()
        assert "2/3: 2 of 3 isolated" in at.text()
        assert "cannot see traffic inside one node" in at.text()
        assert "enter: pod.quarantine, 1 object to do it to" in at.text()
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


async def test_enter_on_a_row_opens_that_item_and_not_the_one_that_was_left() -> None:
    async with seat() as at:
        await at.press("w", "n", "escape")
        await at.press("3", "G", "enter")
        assert "Leadership informed" in at.text()
        await at.press("i")
        assert at.asked(Mark) == [Mark("I-08", "claimed")]


async def test_the_keys_of_the_room_that_it_names_are_not_said_to_work_in_it() -> None:
    async with seat((80, 24)) as at:
        await at.press("w")
        said = " ".join(at.text().split())
        assert "enter or" not in said
        assert "In the room it is x i" in said


async def test_keys_pressed_quickly_go_from_item_to_item_and_never_to_the_room() -> None:
    async with seat((80, 24)) as at:
        await at.press("w")
        await at.clock.advance(1)
        for key in ("n", "n", "b", "n"):
            at.app.post_message(Key(key, key))
        await at.settle()
        assert "Nodes of affected pods are cordoned" in at.text()
        for key in ("i", "d", "n", "q"):
            at.app.post_message(Key(key, key))
        await at.settle()
        await at.settle()
        assert at.asked(Mark) == [Mark("I-05", "claimed")]
        assert not at.asked(Detail)
        assert not at.asked(Note)
        assert "Nodes of affected pods are cordoned" in at.text()
        assert "note:" not in at.text()


async def test_keys_typed_before_it_was_seen_claim_nothing() -> None:
    async with seat((80, 24)) as at:
        for key in ("w", "i"):
            at.app.post_message(Key(key, key))
        await at.settle()
        await at.press("i", wait=0.1)
        assert not at.asked(Mark)
        assert "Affected pods are isolated" in at.text()


async def test_what_changes_while_an_item_is_read_shows_and_a_done_one_is_not_done_again() -> None:
    session = Scripted()
    session.answers[PlanAction] = scripted.plan()
    async with seat((80, 24), session) as at:
        await at.press("w")
        item = session.topics["checklist"][3]
        session.push("checklist", structs.replace(item, state=scripted.c("verified"), observed=scripted.c("3 of 3")))
        await at.settle()
        assert "3 of 3" in at.text()
        assert "press     n, this one is done" in at.text()
        await at.press("enter")
        assert not at.asked(PlanAction)
        assert "Nothing to do, it is verified" in at.text()


async def test_it_shows_what_holds_now_also_when_it_was_opened_on_a_frozen_screen() -> None:
    async with seat((80, 24)) as at:
        await at.press("f")
        item = at.session.topics["checklist"][3]
        at.session.push("checklist", structs.replace(item, observed=scripted.c("none of 3 any more")))
        await at.settle()
        await at.press("w")
        assert "none of 3 any more" in at.text()
