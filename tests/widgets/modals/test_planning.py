"""The plan dialog: approved by typing the short id after it was seen, and in no other way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual.events import Key, Paste

from console.ports.session import ActionOutcome, Approve, Arm, FollowAction, PlanAction, PlanUndo, ShowPlan
from tests.widgets import scripted
from tests.widgets.scripted import NOW, Scripted, c
from tests.widgets.seats import Seat, seat

ARMED = {"armed": ((c("ana"), NOW + 900),)}


def _armed() -> Scripted:
    session = Scripted(scripted.room_rows() | {"header": [scripted.header(**ARMED)]})
    session.answers[PlanAction] = scripted.plan()
    session.answers[Approve] = scripted.outcome("effective", final=True)
    return session


async def _open(at: Seat) -> None:
    await at.press("x", "i")
    await at.settle()
    assert "PLAN 7c1e" in at.text()
    await at.clock.advance(1)


async def test_the_plan_shows_calls_commands_consequences_evidence_and_undo() -> None:
    async with seat((120, 50), _armed()) as at:
        await _open(at)
        shown = at.text()

    assert at.asked(PlanAction) == [PlanAction("pod.quarantine", "Pod/shop/web-7f9c")]
    for words in (
        "create networkpolicies shop/n-9c41",
        "kubectl -n shop label pod",
        "3 to 2 endpoints",
        "traffic from its own node",
        "copies of the token",
        "7 of 7 captured",
        "release the network",
        "D2 reversible, with service impact",
        "prod-eu api.prod-eu.example",
        "live state, not frozen",
        "token theft",
    ):
        assert words in shown


async def test_typing_the_id_approves_exactly_this_plan_and_shows_the_verdict() -> None:
    async with seat(session=_armed()) as at:
        await _open(at)
        await at.press("7", "c", "1", "e")
        [approval] = at.asked(Approve)
        assert approval == Approve("7c1e" + "0" * 60, "7c1e", "token theft")
        assert "effective: measured" in at.text()
        await at.press("escape")
        assert "pod.quarantine Pod shop/web-7f9c: effective" in at.text()


@pytest.mark.parametrize("keys", [("y",), ("enter",), ("escape",), ("7", "c", "1", "enter"), ("y", "e", "s", "enter")])
async def test_yes_enter_and_half_an_id_approve_nothing(keys: tuple[str, ...]) -> None:
    async with seat(session=_armed()) as at:
        await _open(at)
        await at.press(*keys)
        assert not at.asked(Approve)


async def test_keys_before_it_was_seen_are_dropped() -> None:
    async with seat(session=_armed()) as at:
        await at.press("x", "i")
        await at.settle()
        for key in ("7", "c", "1", "e"):
            at.app.post_message(Key(key, key))
        await at.settle()
        assert not at.asked(Approve)
        assert "____" in at.text()


async def test_a_paste_is_no_approval() -> None:
    async with seat(session=_armed()) as at:
        await _open(at)
        at.app.post_message(Paste("7c1e"))
        await at.settle()
        assert not at.asked(Approve)
        assert "____" in at.text()


async def test_the_debris_of_a_broken_sequence_types_nothing() -> None:
    async with seat(session=_armed()) as at:
        at.session.answers[PlanAction] = scripted.plan(id=c("1171"), digest=c("1171" + "0" * 60))
        await at.press("x", "i")
        await at.clock.advance(1)
        for key, character in (("circumflex_accent", "^"), ("left_square_bracket", "["), *((d, d) for d in "1171")):
            at.app.post_message(Key(key, character))
        await at.settle()
        assert not at.asked(Approve)


async def test_a_wrong_character_begins_again_and_says_so() -> None:
    async with seat(session=_armed()) as at:
        await _open(at)
        await at.press("7", "c", "x")
        assert "That is not the id" in at.text()
        await at.press("7", "c", "1", "e")
        assert len(at.asked(Approve)) == 1


async def test_read_only_it_can_be_read_but_not_approved_until_armed_from_within() -> None:
    session = _armed()
    session.topics["header"] = [scripted.header()]
    session.answers[PlanAction] = scripted.plan(reason=c(""))
    async with seat(session=session) as at:
        await _open(at)
        await at.press("7", "c", "1", "e")
        assert not at.asked(Approve)
        assert "READ-ONLY: press : to arm" in at.text()
        await at.press("colon", *"theft", "enter")
        assert at.asked(Arm) == [Arm("theft")]
        await at.press("7", "c", "1", "e")
        assert at.asked(Approve)[0].reason == "theft"


@pytest.mark.parametrize(
    ("more", "words", "field"),
    [
        ({"type_name": c("web")}, "Protected", "typed_name"),
        ({"approvers": 1}, "break-glass", "break_glass"),
        ({"evidence_missing": True}, "Evidence would be lost", "skip_evidence"),
    ],
)
async def test_what_more_is_needed_must_be_typed_first(more: dict[str, object], words: str, field: str) -> None:
    session = Scripted(scripted.room_rows() | {"header": [scripted.header(**ARMED, seats=(c("ana"),))]})
    session.answers[PlanAction] = scripted.plan(**more)
    session.answers[Approve] = scripted.outcome("effective", final=True)
    async with seat(session=session) as at:
        await _open(at)
        await at.press("7", "c", "1", "e")
        assert not at.asked(Approve)
        assert words in at.text()
        await at.press("tab", "tab", *"web", "enter", "7", "c", "1", "e")
        assert getattr(at.asked(Approve)[0], field) == "web"


async def test_a_missing_right_cannot_be_approved_at_all() -> None:
    session = _armed()
    session.answers[PlanAction] = scripted.plan(missing=(c("patch pods in shop"),))
    async with seat(session=session) as at:
        await _open(at)
        await at.press("7", "c", "1", "e")
        assert not at.asked(Approve)
        assert "patch pods in shop" in at.text()


async def test_a_refused_plan_is_a_sentence_and_a_refused_approval_keeps_the_plan() -> None:
    session = _armed()
    session.answers[PlanAction] = scripted.refusal("shop/web-7f9c was re-created since.")
    async with seat(session=session) as at:
        await at.press("x", "i")
        assert "was re-created since." in at.text()
        session.answers[PlanAction] = scripted.plan()
        session.answers[Approve] = scripted.refusal("The pod changed: plan again.")
        await _open(at)
        await at.press("7", "c", "1", "e")
        assert "The pod changed: plan again." in at.text()
        assert "PLAN 7c1e" in at.text()


async def test_progress_is_followed_to_the_verdict_with_what_is_left() -> None:
    session = _armed()
    stages = iter(["accepted", "converged", "residual"])
    session.answers[Approve] = scripted.outcome("running")
    session.answers[FollowAction] = lambda request: (
        scripted.outcome(stage)
        if (stage := next(stages)) != "residual"
        else scripted.outcome("effective", final=True, residual=(c("1 live exec session"),))
    )
    async with seat(session=session) as at:
        await _open(at)
        await at.press("7", "c", "1", "e")
        await at.settle()
        assert [request.stage for request in at.asked(FollowAction)] == ["running", "accepted", "converged"]
        assert "1 live exec session" in at.text()
        await at.press("escape")
        assert "effective, 1 left" in at.text()


async def test_marked_rows_are_planned_one_after_another_and_cancelling_ends_it() -> None:
    async with seat(session=_armed()) as at:
        await at.press("2", "j", "j", "j", "space", "j", "j", "space", "k")
        await at.press("x", "i")
        assert "1 of 2" in at.text()
        await at.clock.advance(1)
        await at.press("7", "c", "1", "e", "escape")
        assert "2 of 2" in at.text()
        await at.press("escape")
        assert len(at.asked(PlanAction)) == 2


async def test_evidence_is_read_only_and_runs_without_a_dialog() -> None:
    session = _armed()
    session.answers[PlanAction] = scripted.plan(danger=c("D0"), action=c("evidence.pod"))
    async with seat(session=session) as at:
        await at.press("e")
        await at.settle()
        assert at.asked(Approve)[0].typed == "7c1e"
        assert "PLAN" not in at.text()
        assert ": effective" in at.text()


async def test_the_undo_register_never_acts_by_itself() -> None:
    session = _armed()
    session.answers[PlanUndo] = scripted.plan(title=c("Release a pod"))
    async with seat(session=session) as at:
        await at.press("u")
        assert "pod.release: network only" in at.text()
        assert not at.asked(PlanUndo)
        await at.press("j", "enter")
        assert "pod.delete has no undo" in at.text()
        await at.press("k", "enter")
        await at.settle()
        assert at.asked(PlanUndo) == [PlanUndo("7c1e" + "0" * 60)]
        assert "Release a pod" in at.text()


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (200, 60)])
async def test_id_and_keys_show_in_every_size_and_through_a_resize(size: tuple[int, int]) -> None:
    async with seat((120, 40), _armed()) as at:
        await _open(at)
        await at.pilot.resize_terminal(*size)
        await at.settle()
        assert "to approve" in at.text()
        assert "cancel" in at.text()
        await at.press("7", "c", "1", "e")
        assert len(at.asked(Approve)) == 1


FIRST: dict[str, Any] = {
    "text": c("approved by ana (user id 1000); a second person (another user of this host) must approve it too"),
    "waits": True,
}


async def test_with_somebody_else_here_the_first_approval_needs_no_broken_glass_and_says_how_the_second_is_given() -> (
    None
):
    session = _armed()
    session.answers[PlanAction] = scripted.plan(danger=c("D3"), approvers=1)
    session.answers[Approve] = scripted.outcome("planned", **FIRST)
    going_on = asyncio.Event()

    async def ask(request: Any) -> Any:
        if isinstance(request, FollowAction):
            session.asked.append(request)
            await going_on.wait()
            return scripted.outcome("effective", final=True)
        return await Scripted.ask(session, request)

    session.ask = ask  # type: ignore[method-assign]
    async with seat(session=session) as at:
        await _open(at)
        await at.press("7", "c", "1", "e")
        assert at.asked(Approve)[0].break_glass == ""
        await at.settle()
        assert "WAITING for a second person" in at.text()
        assert "approved by ana (user id 1000)" in at.text()
        assert ":approve 7c1e" in at.text()
        assert "warroom contain pod.quarantine pod/web-7f9c -n shop --reason WHY \\ " in at.text()
        assert f"--approve 7c1e{'0' * 60} " in at.text(), "in one piece, so that it can be copied"
        assert "still going" not in at.text()
        assert [request.stage for request in at.asked(FollowAction)] == ["planned"]
        session.answers[ActionOutcome] = scripted.outcome("planned", **FIRST)
        session.push("resources", scripted.resources()[0])
        await at.settle()
        assert "WAITING for a second person" in at.text(), "an update must not hide whom it waits for"
        going_on.set()
        await at.settle()
        assert "effective: measured" in at.text()


async def test_leaving_a_plan_that_waits_for_somebody_says_what_they_have_to_type() -> None:
    session = _armed()
    session.answers[PlanAction] = scripted.plan(danger=c("D3"), approvers=1)
    session.answers[Approve] = scripted.outcome("planned", **FIRST)
    session.answers[FollowAction] = scripted.refusal("not now")
    async with seat(session=session) as at:
        await _open(at)
        await at.press("7", "c", "1", "e", "escape")
        assert "waits for a second person: :approve 7c1e" in at.text()


async def test_the_second_person_reads_the_plan_by_its_id_and_approves_that_one() -> None:
    session = _armed()
    session.answers[ShowPlan] = scripted.plan(danger=c("D3"), approved=(c("bo (user id 1001): token theft"),))
    async with seat((80, 24), session) as at:
        await at.press("colon", *"approve", "space", *"7c1e", "enter")
        await at.settle()
        assert at.asked(ShowPlan) == [ShowPlan("7c1e")]
        assert "PLAN 7c1e" in at.text()
        assert "already approved by bo (user id 1001): token theft" in at.text()
        assert "Yours is the second: with it this starts at once." in at.text()
        assert "break-glass" not in at.text()
        await at.clock.advance(1)
        await at.press("7", "c", "1", "e")
        [approval] = at.asked(Approve)
        assert (approval.digest, approval.break_glass) == ("7c1e" + "0" * 60, "")
        assert "effective: measured" in at.text()


async def test_who_has_approved_and_comes_back_is_told_that_it_takes_somebody_else() -> None:
    session = _armed()
    mine = scripted.plan(danger=c("D3"), approvers=1, again=True, approved=(c("ana (user id 1000)"),))
    session.answers[ShowPlan] = mine
    session.answers[PlanAction] = scripted.plan(danger=c("D3"), approvers=1)
    async with seat(session=session) as at:
        await at.press("colon", *"approve", "space", *"7c1e", "enter")
        await at.settle()
        assert "You have approved it: another user of this host must" in at.text()
        await at.press("escape")
        await _open(at)
        assert "yours is the first" in at.text()


async def test_approve_without_an_id_or_with_a_wrong_one_is_a_sentence() -> None:
    session = _armed()
    session.answers[ShowPlan] = scripted.refusal("There is no plan 9999.")
    async with seat(session=session) as at:
        await at.press("colon", *"approve", "enter")
        assert ":approve ID" in at.text()
        await at.press("colon", *"approve", "space", *"9999", "enter")
        assert "There is no plan 9999." in at.text()
        await at.press("question_mark", "G")
        assert ":approve ID" in at.text()


async def test_what_is_left_is_kept_up_to_date_after_the_verdict_while_somebody_looks() -> None:
    session = _armed()
    session.answers[Approve] = scripted.outcome("effective", final=True, residual=(c("2 live streams"),))
    async with seat(session=session) as at:
        await _open(at)
        await at.press("7", "c", "1", "e")
        assert "2 live streams" in at.text()
        assert "stays up to date" in at.text()
        session.answers[ActionOutcome] = scripted.outcome("effective", final=True, residual=(c("1 live stream"),))
        session.push("resources", scripted.resources()[0])
        await at.settle()
        assert "1 live stream" in at.text()
        session.answers[ActionOutcome] = scripted.outcome("effective", final=True)
        session.push("undo", *scripted.undos())
        await at.settle()
        assert "live stream" not in at.text()
        await at.press("escape")
        assert "pod.quarantine Pod shop/web-7f9c: effective" in at.text()
        asked = len(at.asked(ActionOutcome))
        session.push("resources", scripted.resources()[1])
        await at.settle()
        assert len(at.asked(ActionOutcome)) == asked, "nobody looks any more"


async def test_residuals_that_shrink_before_the_verdict_are_shown_without_another_stage() -> None:
    session = _armed()
    session.answers[Approve] = scripted.outcome("accepted", residual=(c("2 live streams"),))

    async def ask(request: Any) -> Any:
        if isinstance(request, FollowAction):
            await asyncio.Event().wait()
        return await Scripted.ask(session, request)

    session.ask = ask  # type: ignore[method-assign]
    session.answers[ActionOutcome] = scripted.outcome("accepted", residual=(c("1 live stream"),))
    async with seat(session=session) as at:
        await _open(at)
        await at.press("7", "c", "1", "e")
        session.push("resources", scripted.resources()[0])
        await at.settle()
        assert "1 live stream" in at.text()
