"""What must be read and typed in a plan dialog: whole, in any window, and kept when the engine says no."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec import structs
from textual.events import Key

from console.ports.session import Approve, Arm, PlanAction
from tests.widgets import scripted
from tests.widgets.modals.test_planning import ARMED, _armed, _open
from tests.widgets.scripted import c
from tests.widgets.seats import Seat, seat
from widgets.messages import Linked


async def test_a_window_made_too_small_for_its_fields_stops_no_seat_and_approves_nothing() -> None:
    session = _armed()
    session.answers[PlanAction] = scripted.plan(approvers=1, type_name=c("kube-system/" + "n" * 50))
    async with seat((120, 40), session) as at:
        await _open(at)
        for width, height in ((20, 5), (1, 1), (59, 14)):
            await at.pilot.resize_terminal(width, height)
            await at.settle()
            await at.press("7", "c", "1", "e")
            assert not at.asked(Approve)
        assert "too small" in at.text()
        await at.pilot.resize_terminal(120, 40)
        await at.settle()
        assert "type 7c1e to approve" in at.text()


REFUSED = (
    "Nothing was sent: the pod shop/web-7f9c was changed by argocd-application-controller since this plan was made "
    "(its label app was taken away), so the plan no longer says what would happen. Cancel and plan the action anew."
)


async def test_a_refusal_takes_nothing_away_that_was_typed_and_is_said_to_its_end() -> None:
    session = _armed()
    session.answers[PlanAction] = scripted.plan(approvers=1, evidence_missing=True, danger=c("D3"))
    session.answers[Approve] = scripted.refusal(REFUSED)
    alone = scripted.header(**ARMED, seats=(c("ana"),))
    session.topics["header"] = [alone]
    async with seat((80, 24), session) as at:
        await _open(at)
        await at.press("tab", *" again", "tab", *"nobody", "tab", *"gone", "enter")
        await at.press("7", "c", "1", "e")
        await at.settle()
        assert len(at.asked(Approve)) == 1
        shown = " ".join(at.text().split())
        assert "Cancel and plan the action anew." in shown
        assert "to approve" in shown
        await at.clock.advance(1)
        await at.press("7", "c", "1", "e")
        first, second = at.asked(Approve)
        assert second == first
        assert (first.reason, first.break_glass, first.skip_evidence) == ("token theft again", "nobody", "gone")


LONG = "team-payments-production-eu-central-1/checkout-payments-reconciliation-worker-7f9c6d5b4-x2x4z"


@pytest.mark.parametrize("size", [(60, 24), (80, 24)])
async def test_the_target_of_a_plan_and_of_its_outcome_is_shown_to_its_last_letter(size: tuple[int, int]) -> None:
    session = _armed()
    session.answers[PlanAction] = scripted.plan(target=c(f"Pod {LONG}"))
    session.answers[Approve] = structs.replace(scripted.outcome("effective", final=True), target=c(f"Pod {LONG}"))
    async with seat(size, session) as at:
        await _open(at)
        assert LONG in at.text().replace("\n ", "").replace("\n", "").replace(" ", "")
        await at.press("7", "c", "1", "e")
        await at.settle()
        assert "PLAN" not in at.text()
        assert LONG in at.text().replace("\n", "").replace(" ", "")


async def _burst(at: Seat, *keys: str) -> None:
    """Keys that are all there before the first of them was looked at; no pilot can wait on what they close."""
    for key in keys:
        at.app.post_message(Key(key, key if len(key) == 1 else "\r"))
    for _ in range(100):
        await asyncio.sleep(0.01)
        if "ACTION" in at.text() and at.app.screen.is_current:
            break


@pytest.mark.parametrize("more", [("enter",), ("enter", "enter"), ("x", "enter", "q")])
async def test_what_is_typed_behind_the_id_closes_neither_a_verdict_nobody_has_seen_nor_the_room(
    more: tuple[str, ...],
) -> None:
    async with seat(session=_armed()) as at:
        await _open(at)
        await at.press("7", "c", "1")
        await at.clock.advance(1)
        await _burst(at, "e", *more)
        assert len(at.asked(Approve)) == 1
        assert "effective: measured" in at.text()
        await at.settle()
        await at.press("enter")
        assert at.app.screen is at.room
        assert "pod.quarantine Pod shop/web-7f9c: effective" in at.text()


async def test_an_arming_that_is_answered_after_the_plan_was_left_ends_no_seat() -> None:
    come = asyncio.Event()

    async def slow(request: Arm) -> Any:
        await come.wait()
        return scripted.refusal("Nobody may arm in a drill that is over.")

    session = _armed()
    session.topics["header"] = [scripted.header()]
    session.answers[Arm] = slow
    async with seat(session=session) as at:
        await _open(at)
        await at.press("colon", *"theft", "enter", "escape")
        assert at.app.screen is at.room
        come.set()
        await at.settle()
        assert "Nobody may arm" in at.text()


async def test_the_register_and_the_walkthrough_are_left_while_their_rows_change() -> None:
    async with seat() as at:
        for key in ("u", "w"):
            await at.press(key)
            await at.clock.advance(1)
            for each in ("escape", "escape"):
                at.app.post_message(Key(each, None))
            at.session.push("undo", *scripted.undos())
            at.session.push("checklist", *scripted.items())
            for _ in range(10):
                at.room.post_message(Linked())
                await asyncio.sleep(0)
            await asyncio.sleep(0.05)
            assert at.app.screen is at.room
