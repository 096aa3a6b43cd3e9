"""Seats that act: arming, approving, second persons, words on record. Each test has an engine of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.incident.seats import PLACE_LIMIT, PLACES
from console.incident.session import LocalSession
from console.ports.clock import ManualClock
from console.ports.session import (
    PROTOCOL,
    Acknowledge,
    ActionOutcome,
    Approve,
    Arm,
    Declare,
    Detail,
    Disarm,
    FollowAction,
    Hello,
    Login,
    Mark,
    Note,
    Place,
    PlanAction,
    Record,
    ShowPlan,
    Stop,
)  # fmt: skip
from console.ports.tasks import Tasks
from console.ports.views import (
    Done,
    EntryRow,
    FindingRow,
    HeaderView,
    ItemRow,
    OutcomeView,
    PlanView,
    Refusal,
    ResourceRow,
    TextView,
)  # fmt: skip
from tests.console.incident.room import ACCOUNT, Room, drill_engine


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with drill_engine(tmp_path, ManualClock()) as room:
        yield room


@pytest.fixture
async def quiet(tmp_path: Path) -> AsyncIterator[Room]:
    """Nobody attacks, so time costs nothing."""
    async with drill_engine(tmp_path, ManualClock(), attacked=False, settle=1) as room:
        yield room


async def test_nothing_is_written_by_a_seat_that_is_not_armed(room: Room) -> None:
    ana = await room.sit()
    plan = await room.ask(ana, PlanAction("sa.revoke", ACCOUNT))
    assert isinstance(plan, PlanView)

    refused = await room.ask(ana, Approve(plan.digest, plan.id))

    assert isinstance(refused, Refusal)
    assert (refused.exit_code, "READ-ONLY" in refused.text) == (5, True)


async def test_arming_needs_a_reason_declares_the_incident_and_ends_after_15_minutes(quiet: Room) -> None:
    ana = await quiet.sit()
    assert isinstance(await ana.ask(Arm("  ")), Refusal)

    await ana.ask(Arm("stolen deployer"))
    (armed,) = await quiet.rows("header", HeaderView)
    await quiet.pass_time(15 * 60 + 2)
    (after,) = await quiet.rows("header", HeaderView)

    assert [seat for seat, _ in armed.armed] == ["ana"]
    assert armed.incident
    assert after.armed == ()


async def test_an_approved_action_is_proved_shown_and_told(room: Room) -> None:
    ana = await room.sit()
    await ana.ask(Arm("stolen deployer"))
    plan = await room.ask(ana, PlanAction("sa.revoke", ACCOUNT))
    assert isinstance(plan, PlanView)
    assert plan.reason == "stolen deployer"

    wrong = await room.ask(ana, Approve(plan.digest, "0000" if plan.id != "0000" else "1111"))
    started = await room.ask(ana, Approve(plan.digest, plan.id))
    await room.pass_time(40)

    assert isinstance(wrong, Refusal)
    assert isinstance(started, OutcomeView)
    (row,) = [row for row in await room.rows("resources", ResourceRow) if row.key == ACCOUNT]
    assert row.status in ("effective", "residual")
    (header,) = await room.rows("header", HeaderView)
    assert (header.phase, header.undo_debt) == ("CONTAIN", 1)
    told = await room.ask(ana, Detail("resources", ACCOUNT, "timeline"))
    assert isinstance(told, TextView)
    assert any("approved by ana" in text for _, text in told.lines)


async def test_what_another_seat_of_the_same_user_approves_is_no_second_opinion(room: Room) -> None:
    ana, bo, li = await room.sit("ana", 1000), await room.sit("bo", 1000), await room.sit("li", 2000)
    for seat in (ana, bo, li):
        await seat.ask(Arm("miner"))
    pods = [row for row in await room.rows("resources", ResourceRow) if row.kind == "Pod"]
    await room.ask(ana, PlanAction("evidence.pod", pods[0].key))
    plan = await room.ask(ana, PlanAction("pod.delete", pods[0].key))
    assert isinstance(plan, PlanView)
    assert plan.approvers == 1
    skip = "evidence is in the drill"

    first = await room.ask(ana, Approve(plan.digest, plan.id, "go", skip_evidence=skip))
    shown = await room.ask(li, ShowPlan(plan.id))
    same = await room.ask(bo, Approve(plan.digest, plan.id, "go", skip_evidence=skip))
    other = await room.ask(li, Approve(plan.digest, plan.id, "go", skip_evidence=skip))

    assert isinstance(first, OutcomeView)
    assert isinstance(same, OutcomeView)
    assert (first.stage, same.stage) == ("planned", "planned")
    assert "approved by ana (user id 1000); a second person" in first.text
    assert (first.waits, same.waits) == (True, True)
    assert isinstance(shown, PlanView)
    assert shown.digest == plan.digest
    assert isinstance(other, OutcomeView)
    assert (other.stage, other.waits) == ("running", False)


@pytest.mark.parametrize(
    ("typed", "name", "severity"),
    [
        (["quiet-heron high"], "quiet-heron", "high"),
        (["Quiet Night CRITICAL"], "Quiet Night", "critical"),
        (["quiet-heron", "medium"], "quiet-heron", "medium"),
        (["quiet-heron high", "low"], "quiet-heron", "low"),
    ],
)
async def test_one_line_declares_with_severity_and_the_item_ticks(
    quiet: Room, typed: list[str], name: str, severity: str
) -> None:
    ana = await quiet.sit()

    for line in typed:
        assert isinstance(await quiet.ask(ana, Declare(line)), Done)
    await quiet.pass_time(3)

    (item,) = [row for row in await quiet.rows("checklist", ItemRow) if row.key == "ORG-01"]
    assert item.state == "verified"
    assert item.observed.startswith(f"{name}, {severity}, declared")


async def test_a_name_alone_is_told_how_to_set_the_severity(quiet: Room) -> None:
    ana = await quiet.sit()

    answer = await quiet.ask(ana, Declare("quiet-heron"))
    wrong = await quiet.ask(ana, Declare("quiet-heron", "", "awful"))
    await quiet.pass_time(3)

    assert isinstance(answer, Done)
    assert "Its severity is not set: :declare critical" in answer.text
    assert isinstance(wrong, Refusal)
    assert "'awful' is no severity" in wrong.text
    (item,) = [row for row in await quiet.rows("checklist", ItemRow) if row.key == "ORG-01"]
    assert item.state == "open"


async def test_marks_notes_statements_and_acknowledgements_are_on_record(room: Room) -> None:
    ana = await room.sit()
    (finding, *_) = await room.rows("findings", FindingRow)

    answers = [
        await ana.ask(Declare("quiet-heron", "pager")),
        await ana.ask(Note("asked the owner of shop")),
        await ana.ask(Record("t0.estimate", "2026-05-28T20:00:00Z")),
        await ana.ask(Record("severity", "high")),
        await ana.ask(Mark("ORG-03", "attested", "bridge call 42")),
        await ana.ask(Acknowledge(finding.key)),
    ]
    await room.pass_time(3)

    assert [type(answer) for answer in answers] == [Done] * 6
    entries = {row.text for row in await room.rows("journal", EntryRow)}
    assert {"note: asked the owner of shop", "incident declared: quiet-heron (pager)"} <= entries
    items: dict[str, str] = {row.key: row.state for row in await room.rows("checklist", ItemRow)}
    assert (items["ORG-01"], items["ORG-03"]) == ("verified", "attested")
    again = {row.key: row.acknowledged for row in await room.rows("findings", FindingRow)}
    assert again[finding.key] == "ana"


async def test_who_starts_to_read_sees_what_is_true_at_that_moment(room: Room) -> None:
    """A command right after another must not read what the pause between two rebuilds has left over."""
    ana = await room.sit()
    (finding, *_) = await room.rows("findings", FindingRow)

    await ana.ask(Acknowledge(finding.key))
    again = {row.key: row.acknowledged for row in await room.rows("findings", FindingRow)}

    assert again[finding.key] == "ana"


async def test_a_seat_comes_back_to_its_place_and_disarmed(quiet: Room) -> None:
    ana = await quiet.sit("ana")
    await ana.ask(Arm("x y"))
    await ana.ask(Place('{"pane": 2}'))
    await ana.close()

    again = LocalSession(quiet.engine, 1000)
    welcome = await again.open(Hello(PROTOCOL, "test", "ana"))
    stranger = await LocalSession(quiet.engine, 2000).open(Hello(PROTOCOL, "test", "ana"))
    (header,) = await quiet.rows("header", HeaderView)

    assert welcome.place == '{"pane": 2}'
    assert stranger.place == ""
    assert header.armed == ()


async def test_only_the_engines_own_user_ends_it(quiet: Room) -> None:
    stranger = await quiet.sit("bo", quiet.engine.uid + 1)
    owner = await quiet.sit("ana", quiet.engine.uid)

    refused, done = await stranger.ask(Stop()), await owner.ask(Stop("drill over"))

    assert isinstance(refused, Refusal)
    assert isinstance(done, Done)
    await asyncio.wait_for(quiet.engine.ended(), 1)


async def test_the_commander_is_told_to_leave_an_action_to_other_hands(room: Room) -> None:
    ana, bo = await room.sit(), await room.sit("bo")
    await bo.ask(Record("role.assumed", "ic ana"))
    pod = next(iter(room.engine.cluster.view("Pod").all())).metadata
    told, evidence, others = [
        await room.ask(seat, PlanAction(action, target))
        for seat, action, target in (
            (ana, "sa.revoke", ACCOUNT),
            (ana, "evidence.pod", f"Pod/{pod.namespace}/{pod.name}"),
            (bo, "sa.revoke", ACCOUNT),
        )
    ]
    assert isinstance(told, PlanView)
    assert [line for line in told.warnings if "ana is the incident commander" in line]
    for plan in (evidence, others):
        assert isinstance(plan, PlanView)
        assert not [line for line in plan.warnings if "commander" in line]

    await ana.ask(Record("role.assumed", "ic"))
    await bo.ask(Record("role.assumed", "scribe bo"))
    again = await room.ask(ana, PlanAction("sa.revoke", ACCOUNT))
    assert isinstance(again, PlanView)
    assert [line for line in again.warnings if "ana is the incident commander" in line]

    second = await room.sit()
    other_seat = await room.ask(second, PlanAction("sa.revoke", ACCOUNT))
    assert isinstance(other_seat, PlanView)
    assert [line for line in other_seat.warnings if "ana~2 is the incident commander" in line]

    await ana.ask(Record("role.assumed", "ic bo"))
    over = await room.ask(ana, PlanAction("sa.revoke", ACCOUNT))
    assert isinstance(over, PlanView)
    assert not [line for line in over.warnings if "commander" in line]


async def test_disarming_is_at_once(quiet: Room) -> None:
    ana = await quiet.sit()
    await ana.ask(Arm("x y"))
    await ana.ask(Disarm())
    plan = await quiet.ask(ana, PlanAction("sa.revoke", ACCOUNT))
    assert isinstance(plan, PlanView)

    assert isinstance(await quiet.ask(ana, Approve(plan.digest, plan.id)), Refusal)


async def test_a_pending_approval_is_seen_and_given_by_the_second_person(room: Room) -> None:
    ana, li = await room.sit("ana", 1000), await room.sit("li", 2000)
    for seat in (ana, li):
        await seat.ask(Arm("miner"))
    (pod, *_) = [row for row in await room.rows("resources", ResourceRow) if row.kind == "Pod"]
    plan = await room.ask(ana, PlanAction("pod.delete", pod.key))
    assert isinstance(plan, PlanView)
    await room.ask(ana, Approve(plan.digest, plan.id, "miner", skip_evidence="a drill"))

    pending = [
        row.text for row in await room.rows("journal", EntryRow) if f"plan {plan.id} approved by ana" in row.text
    ]
    shown, mine = await room.ask(li, ShowPlan(plan.id)), await room.ask(ana, ShowPlan(plan.id))
    assert isinstance(shown, PlanView)
    assert isinstance(mine, PlanView)
    still = await room.ask(ana, ActionOutcome(plan.digest))
    tasks = Tasks()
    waiting = tasks.start("follow", ana.ask(FollowAction(plan.digest, "planned")))
    done = await room.ask(li, Approve(shown.digest, shown.id, "I agree", skip_evidence="a drill"))

    assert len(pending) == 1
    assert (plan.approvers, plan.approved, plan.again) == (1, (), False)
    assert (shown.approvers, shown.approved, shown.again) == (0, ("ana (user id 1000): miner",), False)
    assert (mine.approvers, mine.again) == (1, True)
    assert isinstance(still, OutcomeView)
    assert (still.stage, still.waits) == ("planned", True)
    followed = await asyncio.wait_for(waiting, 5)
    assert isinstance(followed, OutcomeView)
    assert (followed.stage, followed.waits) == ("running", False), "the first person hears of the second at once"
    assert (shown.digest, shown.target, shown.calls) == (plan.digest, plan.target, plan.calls)
    assert isinstance(done, OutcomeView)
    assert done.stage != "planned"


async def test_whoever_comes_next_under_the_name_of_a_command_is_disarmed(quiet: Room) -> None:
    command = await quiet.sit("ana", 1000, screen=False)
    await command.ask(Arm("x y"))
    await command.close()

    await quiet.sit("ana", 2000)
    (header,) = await quiet.rows("header", HeaderView)

    assert header.armed == ()


async def test_a_refused_command_declares_nothing(quiet: Room) -> None:
    ana = await quiet.sit()
    plan = await quiet.ask(ana, PlanAction("sa.revoke", ACCOUNT))
    assert isinstance(plan, PlanView)

    refused = await quiet.ask(ana, Approve(plan.digest, plan.id, " ", arm=True))
    (header,) = await quiet.rows("header", HeaderView)

    assert isinstance(refused, Refusal)
    assert (refused.exit_code, header.incident) == (5, "")


LENT = {"PATH": "/tmp/evil", "KUBECONFIG": "/tmp/evil", "LD_PRELOAD": "/tmp/evil.so", "AWS_PROFILE": "prod"}


async def test_only_the_engines_own_user_lends_a_login_and_nothing_but_a_login(
    quiet: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in LENT:
        monkeypatch.setenv(name, "mine")
    monkeypatch.delenv("AWS_PROFILE")
    stranger, owner = LocalSession(quiet.engine, quiet.engine.uid + 1), LocalSession(quiet.engine, quiet.engine.uid)

    await stranger.open(Hello(PROTOCOL, "test", "bo", LENT))
    refused = await stranger.ask(Login(LENT))
    assert "AWS_PROFILE" not in os.environ
    await owner.open(Hello(PROTOCOL, "test", "ana", LENT))
    assert os.environ["AWS_PROFILE"] == "prod"
    again = await owner.ask(Login({**LENT, "AWS_PROFILE": "break-glass"}))

    assert isinstance(refused, Refusal)
    assert isinstance(again, Done)
    assert {name: os.environ[name] for name in LENT} == dict.fromkeys(LENT, "mine") | {"AWS_PROFILE": "break-glass"}


async def test_places_are_bounded_in_size_and_number(quiet: Room) -> None:
    seats = quiet.engine.seats
    for number in range(PLACES + 1):
        seats.keep_place(1000, f"seat{number}", "x")
    seats.keep_place(1000, "big", "ä" * PLACE_LIMIT)

    assert seats.place(1000, "seat0") == ""
    assert seats.place(1000, f"seat{PLACES}") == "x"
    assert seats.place(1000, "big") == ""


async def test_a_plan_says_with_which_parameters_it_was_made_and_another_value_makes_another_plan(room: Room) -> None:
    ana = await room.sit()

    plain = await room.ask(ana, PlanAction("sa.revoke", ACCOUNT))
    other = await room.ask(ana, PlanAction("sa.revoke", ACCOUNT, params={"groups": "leave"}))
    needed = await room.ask(ana, PlanAction("sa.replace", ACCOUNT))

    assert isinstance(plain, PlanView)
    assert isinstance(other, PlanView)
    assert (plain.params, other.params) == ((("groups", "strip"),), (("groups", "leave"),))
    assert plain.digest != other.digest
    assert isinstance(needed, Refusal)
    assert "sa.replace: name is needed: Name of the new account" in needed.text
