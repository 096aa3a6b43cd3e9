"""The form of an action's parameters: made from declarations, asks for another plan, approves nothing."""

from __future__ import annotations

from typing import Any

import pytest
from textual.events import Key

from console.ports.session import Approve, PlanAction, PlanUndo, ShowPlan
from tests.widgets import scripted
from tests.widgets.scripted import NOW, Scripted, c
from tests.widgets.seats import Seat, seat

OTHER = {"id": c("aa20"), "digest": c("aa20" + "0" * 60)}


def _session(second: Any = None) -> Scripted:
    """The first plan is 7c1e, any plan with parameters is `second`."""
    session = Scripted(scripted.room_rows() | {"header": [scripted.header(armed=((c("ana"), NOW + 900),))]})

    def plan(request: PlanAction) -> Any:
        action = c(request.action)
        if not request.params:
            return scripted.plan(action=action)
        return second or scripted.plan(
            **OTHER, action=action, params=tuple((c(n), c(v)) for n, v in request.params.items())
        )

    session.answers[PlanAction] = plan
    session.answers[Approve] = scripted.outcome("effective", final=True)
    return session


async def _form(at: Seat) -> None:
    await at.press("x", "i")
    await at.settle()
    assert "detach = auto, protect-node = yes" in at.text()
    await at.press("ctrl+o")
    await at.settle()
    assert "PARAMETERS  pod.quarantine" in at.text()
    await at.clock.advance(1)


async def _command(at: Seat, text: str) -> None:
    await at.press("colon", *("space" if one == " " else one for one in text), "enter")


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("plain", [False, True])
async def test_the_form_shows_every_parameter_every_choice_and_the_help_of_the_one_that_has_the_keys(
    size: tuple[int, int], plain: bool
) -> None:
    async with seat(size, _session(), theme="mono" if plain else "war-dark", ascii_only=plain) as at:
        await _form(at)
        assert "[auto]  yes   no" in at.line("detach")
        assert "[yes]  no" in at.line("protect-node ")
        assert "Take the pod from its controller" in at.text()
        assert "Keep autoscalers" not in at.text()
        await at.press("tab")
        assert "Keep autoscalers from removing its node." in at.text()
        assert "Take the pod from its controller" not in at.text()
        for words in ("default: yes", "plan with these", "keep the plan"):
            assert words in at.text()
        assert not plain or at.text().isascii()


async def test_enter_asks_for_a_plan_with_these_values_and_only_its_own_id_approves() -> None:
    async with seat(session=_session()) as at:
        await _form(at)
        await at.press("right", "right", "tab", "space", "enter")
        await at.settle()
        assert at.asked(PlanAction)[1].params == {"detach": "no", "protect-node": "no"}
        assert at.asked(PlanAction)[1].target == "Pod/shop/web-7f9c"
        assert "detach = no, protect-node = no" in at.text()
        await at.clock.advance(1)
        await at.press("7", "c", "1", "e")
        assert not at.asked(Approve)
        await at.press("a", "a", "2", "0")
        assert [request.digest for request in at.asked(Approve)] == ["aa20" + "0" * 60]


async def test_keys_typed_in_one_burst_reach_the_field_they_were_meant_for() -> None:
    async with seat(session=_session()) as at:
        await _form(at)
        for key in ("right", "right", "tab", "space", "enter"):
            at.app.post_message(Key(key, " " if key == "space" else None))
        await at.settle()
        assert at.asked(PlanAction)[1].params == {"detach": "no", "protect-node": "no"}


async def test_escape_keeps_the_plan_and_what_was_typed_in_it() -> None:
    async with seat(session=_session()) as at:
        await at.press("x", "i")
        await at.clock.advance(1)
        await at.press("tab", *" at night", "ctrl+o")
        await at.press("right", "escape")
        await at.settle()
        assert len(at.asked(PlanAction)) == 1
        assert "token theft at night" in at.text()
        await at.press("7", "c", "1", "e")
        [approval] = at.asked(Approve)
        assert (approval.digest, approval.reason) == ("7c1e" + "0" * 60, "token theft at night")


async def test_the_new_plan_and_the_form_are_deaf_until_they_were_seen() -> None:
    async with seat(session=_session()) as at:
        await at.press("x", "i")
        at.app.post_message(Key("ctrl+o", None))
        await at.settle()
        assert "PARAMETERS" not in at.text()
        await at.press("ctrl+o")
        at.app.post_message(Key("enter", "\r"))
        await at.settle()
        assert len(at.asked(PlanAction)) == 1
        await at.press("enter")
        for digit in "aa20":
            at.app.post_message(Key(digit, digit))
        await at.settle()
        assert "PLAN aa20" in at.text()
        assert not at.asked(Approve)


async def test_opening_the_form_approves_nothing_half_way_through_the_id() -> None:
    async with seat(session=_session()) as at:
        await at.press("x", "i")
        await at.clock.advance(1)
        await at.press("7", "c", "1", "ctrl+o", "e", "escape")
        await at.settle()
        assert "type 7c1e to approve  ____" in at.text()
        assert not at.asked(Approve)


async def test_a_refused_value_stays_in_the_form_with_the_reason() -> None:
    why = "grace must not be negative: a longer sentence that has to be read to its end, on whatever terminal it is."
    async with seat((80, 24), _session(scripted.refusal(why))) as at:
        await _form(at)
        await at.press("right", "enter")
        await at.settle()
        assert "PARAMETERS" in at.text()
        assert "whatever terminal it is." in at.text()
        await at.press("escape")
        await at.settle()
        assert "PLAN 7c1e" in at.text()


async def test_a_number_is_checked_before_anything_is_asked() -> None:
    session = _session()
    async with seat(session=session) as at:
        await at.press("colon", *"pod.delete", "enter")
        await at.clock.advance(1)
        await at.press("ctrl+o", *"soon", "enter")
        assert "grace is a whole number, not 'soon'." in at.text()
        assert len(at.asked(PlanAction)) == 1
        await at.press("ctrl+u", "5", "enter")
        assert at.asked(PlanAction)[1].params == {"grace": "5"}


async def test_a_flag_is_a_choice_between_true_and_false() -> None:
    session = _session()
    session.answers[PlanAction] = scripted.plan(action=c("stream.cut"))
    async with seat(session=session) as at:
        await at.press("colon", *"stream.cut", "enter")
        await at.clock.advance(1)
        await at.press("ctrl+o")
        assert "[false]  true" in at.line("wait ")
        await at.press("space", "enter")
        assert at.asked(PlanAction)[1].params == {"wait": "true"}


async def test_what_an_action_needs_and_nobody_said_is_asked_for_first_instead_of_refused() -> None:
    async with seat(session=_session()) as at:
        await _command(at, "sa.replace ServiceAccount/ci shop")
        await at.settle()
        assert not at.asked(PlanAction)
        assert "PARAMETERS  sa.replace" in at.text()
        assert "ServiceAccount shop/ci" in at.text()
        await at.clock.advance(1)
        await at.press("enter")
        assert "name is needed: Name of the new account" in at.text()
        assert not at.asked(PlanAction)
        await at.press(*"ci-2", "enter")
        await at.settle()
        assert at.asked(PlanAction) == [PlanAction("sa.replace", "ServiceAccount/ci", "shop", {"name": "ci-2"})]
        assert "PLAN aa20" in at.text()


async def test_escape_from_a_form_that_came_first_plans_nothing() -> None:
    async with seat(session=_session()) as at:
        await _command(at, "sa.replace ServiceAccount/ci shop")
        await at.clock.advance(1)
        await at.press("escape")
        await at.settle()
        assert "Cancelled; nothing was planned." in at.text()
        assert not at.asked(PlanAction)


async def test_what_was_named_on_the_command_line_needs_no_form_and_is_where_the_form_begins() -> None:
    async with seat(session=_session()) as at:
        await at.press("colon", *"pod.quarantine", "space", *"detach=no", "enter")
        await at.settle()
        assert "PLAN aa20" in at.text()
        await at.press("ctrl+o")
        assert "[no]" in at.line("detach")


async def test_an_undo_has_its_ways_in_the_same_form() -> None:
    session = _session()
    session.answers[PlanUndo] = lambda request: scripted.plan(
        action=c("pod.release"), title=c("Release a pod"), params=((c("mode"), c(request.mode or "network")),)
    )
    async with seat(session=session) as at:
        await at.press("u", "enter")
        await at.settle()
        assert "mode = network" in at.text()
        await at.press("ctrl+o")
        assert "[network]  reattach" in at.line("mode ")
        await at.press("right", "enter")
        await at.settle()
        assert at.asked(PlanUndo)[1] == PlanUndo("7c1e" + "0" * 60, "reattach")
        assert "mode = reattach" in at.text()


async def test_several_plans_go_on_with_what_was_chosen_for_the_first() -> None:
    async with seat(session=_session()) as at:
        await at.press("2", "j", "j", "j", "space", "j", "j", "space", "k", "x", "i")
        await at.press("ctrl+o")
        assert "1 of 2" in at.text()
        await at.press("right", "enter")
        await at.clock.advance(1)
        await at.press("a", "a", "2", "0", "escape")
        await at.settle()
        assert [request.params.get("detach") for request in at.asked(PlanAction)] == [None, "yes", "yes"]


async def test_the_second_person_cannot_change_what_the_first_has_approved() -> None:
    session = _session()
    session.answers[ShowPlan] = scripted.plan(danger=c("D3"), approved=(c("bo (user id 1001)"),))
    async with seat(session=session) as at:
        await at.press("colon", *"approve", "space", *"7c1e", "enter")
        await at.clock.advance(1)
        await at.press("ctrl+o")
        assert "Its parameters are what was approved" in at.text()
        assert "PLAN 7c1e" in at.text()


async def test_help_names_each_parameter_and_the_key_of_the_form() -> None:
    async with seat((120, 100), _session()) as at:
        await at.press("question_mark")
        assert "detach (auto, yes, no): Take the pod" in at.text()
        assert "name (needed): Name of the new account" in at.text()
        await at.press("G")
        assert "ctrl+o, in a plan" in at.text()
