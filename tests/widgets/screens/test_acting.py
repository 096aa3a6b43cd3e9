"""What a key does to a row: it names the object it means, and offers only what that object accepts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec import structs
from textual.events import Key

from console.ports.session import Detail, Mark, Note, PlanAction
from console.ports.views import FindingRow
from tests.widgets import scripted
from tests.widgets.scripted import Scripted, c
from tests.widgets.seats import Seat, seat


async def _browse(at: Seat) -> None:
    at.session.answers[Detail] = scripted.text(("", "spec:"))
    at.session.answers[PlanAction] = scripted.plan()
    await at.press("colon", *"pods", "enter")
    await at.press("j")


@pytest.mark.parametrize(("key", "what"), [("d", "detail"), ("l", "logs"), ("y", "manifest"), ("t", "timeline")])
async def test_reading_a_row_of_the_browser_asks_for_that_object(key: str, what: str) -> None:
    async with seat() as at:
        await _browse(at)
        await at.press(key)
        assert at.asked(Detail) == [Detail("browse:pods", "Pod/shop/web-00001", what)]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_row_of_the_browser_is_called_by_namespace_and_name_wherever_it_is_named(size: tuple[int, int]) -> None:
    async with seat(size) as at:
        await _browse(at)
        assert "Pod shop/web-00001" in at.text(), "in the detail pane"
        await at.press("x")
        assert "Quarantine a pod" in at.line("Pod shop/web-00001  D2"), "beside the letters"
        await at.press("i")
        await at.settle()
        assert at.asked(PlanAction) == [PlanAction("pod.quarantine", "Pod/shop/web-00001")]


async def test_the_browser_never_drops_the_name_for_want_of_room() -> None:
    async with seat((80, 24)) as at:
        await _browse(at)
        assert "shop" in at.line("web-00001")
        await at.pilot.resize_terminal(60, 15)
        await at.settle()
        assert "shop" in at.line("web-00001")


@pytest.mark.parametrize(
    ("who_key", "offered"),
    [("User//mallory", False), ("Node//node-3", False), ("ServiceAccount/shop/ci", True)],
)
async def test_only_what_the_kind_of_the_culprit_accepts_is_offered(who_key: str, offered: bool) -> None:
    row = scripted.findings()[1]
    assert isinstance(row, FindingRow)
    rows = scripted.room_rows() | {"resources": []}
    rows["findings"] = [structs.replace(row, kind=c(""), target=c("all"), target_key=c(""), who_key=c(who_key))]
    async with seat(session=Scripted(rows)) as at:
        assert ("x r revoke" in at.text()) is offered
        await at.press("x")
        assert bool(at.line("Revoke a service account")) is offered
        if offered:
            assert "ServiceAccount shop/ci" in at.line("Revoke a service account")


async def test_a_node_that_acted_can_be_cordoned_before_pane_two_knows_it() -> None:
    row = structs.replace(scripted.findings()[1], target_key=c(""), who_key=c("Node//node-3"))
    async with seat(session=Scripted(scripted.room_rows() | {"findings": [row]})) as at:
        await at.press("x")
        assert "Node node-3" in at.line("Cordon a node")


async def test_sources_and_people_are_told_from_what_is_here_without_asking_the_engine() -> None:
    armed = {"armed": ((c("bo"), scripted.NOW + 900),)}
    async with seat(session=Scripted(scripted.room_rows() | {"header": [scripted.header(**armed)]})) as at:
        await at.press("colon", *"sources", "enter")
        assert "stale since" in at.line("prometheus")
        assert "connection refused" in at.line("prometheus")
        await at.press("escape", "colon", *"people", "enter")
        assert "armed until 20:41Z" in at.line("bo ")
        assert "this seat" in at.line("ana ")
        assert "ana@example.org" in at.line("acting as")
        assert not at.asked(Detail)


async def test_the_list_of_sources_says_that_there_is_no_audit_source() -> None:
    header = scripted.header(sources=scripted.header().sources[1:])
    async with seat(session=Scripted(scripted.room_rows() | {"header": [header]})) as at:
        await at.press("colon", *"sources", "enter")
        assert "no such source: who did what is not known" in at.text()


async def test_a_long_name_makes_other_columns_leave_instead_of_being_cut_to_stumps() -> None:
    name, rows = "ingress-nginx-controller-rc7cc", scripted.room_rows()
    head, first, *_ = scripted.browsed(2)
    cells = (c("kube-system"), c(name), *first.cells[2:])  # type: ignore[union-attr]
    rows["browse:pods"] = [head, structs.replace(first, key=c(f"Pod/kube-system/{name}"), cells=cells)]
    async with seat((120, 40), Scripted(rows)) as at:
        await _browse(at)
        assert "kube-system" in at.line(f" {name} ")
        assert "CrashLoopBackOff" in at.line(f" {name} ")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_the_engine_refuses_is_said_to_its_end_and_leaves_with_the_next_key(size: tuple[int, int]) -> None:
    said = (
        "There is no plan 7c1e any more: it was made 20 minutes ago and is kept for 15. Whoever made it plans the "
        "action again; :approve takes the id of that plan."
    )
    async with seat(size) as at:
        at.session.answers[PlanAction] = scripted.refusal(said)
        await at.press("x", "i")
        assert said in " ".join(line.strip() for line in at.text().splitlines()[-3:])
        await at.press("j")
        assert "that plan" not in at.text()
        assert "help" in at.text().splitlines()[-1]


HOSTILE = "[@click=app.exit]sys[$error][on red] [B]ops"


async def _palette(at: Seat, typed: str) -> None:
    await at.press("ctrl+p")
    await at.press(*typed)
    for _ in range(40):
        await at.settle()
        await asyncio.sleep(0.01)
        if "Suspend" in at.text() or "No matches" in at.text():
            return


async def test_a_name_that_looks_like_markup_is_a_name_in_the_palette() -> None:
    row = structs.replace(scripted.resources()[0], key=c(f"Pod/shop/{HOSTILE}"), name=c(f"shop/{HOSTILE}"))
    async with seat(session=Scripted(scripted.room_rows() | {"resources": [row]})) as at:
        await at.press("2")
        await _palette(at, "suspend")
        assert f"workload.suspend on Pod shop/{HOSTILE}" in at.text()


async def test_the_palette_names_every_row_it_will_act_on() -> None:
    async with seat() as at:
        at.session.answers[PlanAction] = scripted.plan()
        await _browse(at)
        await at.press("space", "space", "k", "k", "k")
        await _palette(at, "suspend")
        assert "workload.suspend on Pod shop/web-00001 and 1 more marked" in at.text()
        await at.press("enter")
        await at.settle()
        assert at.asked(PlanAction) == [PlanAction("workload.suspend", "Pod/shop/web-00001")]


async def test_behind_a_dialog_the_palette_offers_nothing() -> None:
    async with seat() as at:
        at.session.answers[PlanAction] = scripted.plan()
        await at.press("x", "i")
        await at.settle()
        await _palette(at, "suspend")
        assert "No matches" in at.text()
        await at.press("enter", "escape")
        assert len(at.asked(PlanAction)) == 1


async def test_a_second_plan_is_not_begun_while_the_first_is_still_being_made() -> None:
    planned = asyncio.Event()

    async def slow(request: PlanAction) -> Any:
        await planned.wait()
        return scripted.plan()

    async with seat() as at:
        at.session.answers[PlanAction] = slow
        await at.press("x", "i", "j", "j", "x", "k")
        await at.settle()
        assert len(at.asked(PlanAction)) == 1
        assert "pod.quarantine is still being planned" in at.text()
        planned.set()
        await at.settle()
        await at.settle()
        assert "PLAN 7c1e" in at.text()
        await at.press("escape", "x", "k")
        await at.settle()
        assert [request.action for request in at.asked(PlanAction)] == ["pod.quarantine", "pod.delete"]


async def test_a_mark_is_put_on_the_item_that_shows_and_on_no_other() -> None:
    async with seat((80, 24)) as at:
        await at.press("3", "G", "1", "colon", *"claim", "enter")
        assert not at.asked(Mark)
        assert "pane 3" in at.text()
        await at.press("3", "colon", *"claim", "enter")
        assert at.asked(Mark) == [Mark("I-08", "claimed")]


async def test_words_that_no_action_understands_are_a_sentence_and_not_a_plan() -> None:
    async with seat() as at:
        await at.press("colon", *"pod.delete pod/a shop pod/b", "enter")
        assert not at.asked(PlanAction)
        assert "One object at a time" in at.text()
        await at.press("colon", *"pod.delete pod/a -n shop", "enter")
        await at.settle()
        assert at.asked(PlanAction) == [PlanAction("pod.delete", "pod/a", "shop")]


async def test_a_value_of_two_words_stands_between_quotation_marks() -> None:
    async with seat() as at:
        await at.press("colon", *"sa.replace sa/a shop name='a b", "enter")
        assert "quotation mark has no end" in at.text()
        assert not at.asked(PlanAction)
        await at.press("colon", *"sa.replace sa/a shop name='a b'", "enter")
        await at.settle()
        assert at.asked(PlanAction) == [PlanAction("sa.replace", "sa/a", "shop", {"name": "a b"})]


async def test_a_text_that_comes_late_takes_no_keys_from_what_is_open_and_opens_once() -> None:
    come = asyncio.Event()

    async def slow(request: Detail) -> Any:
        await come.wait()
        return scripted.text(("", request.what))

    async with seat() as at:
        at.session.answers[Detail] = slow
        await at.press("l", "l", "n", *"see")
        come.set()
        await at.settle()
        await at.press(*"n", "enter")
        assert [note.text for note in at.asked(Note)] == ["seen"]
        come.clear()
        await at.press("d", "d")
        come.set()
        await at.settle()
        assert at.line("j k  line")
        await at.press("escape")
        assert "Suspicious activity" in at.text()


async def test_a_plan_that_comes_while_a_note_is_typed_waits_until_it_is_typed() -> None:
    come = asyncio.Event()

    async def slow(request: PlanAction) -> Any:
        await come.wait()
        return scripted.plan()

    async with seat() as at:
        at.session.answers[PlanAction] = slow
        await at.press("x", "i", "n", *"see")
        come.set()
        await at.settle()
        await at.press("n", "enter")
        assert [note.text for note in at.asked(Note)] == ["seen"]
        await at.settle()
        assert "PLAN 7c1e" in at.text()


async def test_a_note_that_was_not_taken_is_there_to_be_sent_again() -> None:
    async with seat() as at:
        at.session.answers[Note] = scripted.refusal("The engine did not answer: it has gone.")
        await at.press("n", *"seen", "enter")
        assert "did not answer" in at.text()
        await at.press("n")
        assert " note: seen" in at.text()
        await at.press("enter")
        assert [note.text for note in at.asked(Note)] == ["seen", "seen"]


@pytest.mark.parametrize("key", ["pageup", "pagedown", "down", "enter", "end"])
async def test_no_key_that_comes_before_the_palette_has_its_list_ends_the_seat(key: str) -> None:
    async with seat() as at:
        for _ in range(3):
            for each in ("ctrl+p", key, key, "escape"):
                at.app.post_message(Key(each, None))
            await asyncio.sleep(0.05)
        await at.settle()
        assert at.app.is_running


async def test_keys_pressed_in_one_go_close_the_palette_and_not_the_room() -> None:
    async with seat() as at:
        await _palette(at, "suspend")
        for _ in range(3):
            at.app.post_message(Key("enter", "\r"))
        for _ in range(60):
            await asyncio.sleep(0.01)
        assert at.app.is_running
        assert at.room in at.app.screen_stack
