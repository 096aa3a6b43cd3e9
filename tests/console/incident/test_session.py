"""Seats at one incident: an engine with all its real parts over the drill's cluster, driven by a clock of the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from console.bootstrap.drilling import assemble_drill, new_drill
from console.cli.talking import rows_of
from console.config.options import Options
from console.errors import WireError
from console.incident.engine import Engine
from console.incident.session import LocalSession
from console.journal.folder import IncidentFolder
from console.ports.clock import ManualClock
from console.ports.session import (
    PROTOCOL,
    Acknowledge,
    Approve,
    Arm,
    Ask,
    Declare,
    Detail,
    Disarm,
    Hello,
    Mark,
    Note,
    Place,
    PlanAction,
    Record,
    ShowPlan,
    Stop,
)
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
    Row,
    TextView,
)

T = TypeVar("T", bound=Row)
ACCOUNT = "ServiceAccount/shop/deployer"


class Room:
    """An engine, its clock, and people who sit down in it."""

    def __init__(self, engine: Engine, clock: ManualClock) -> None:
        self.engine, self.clock = engine, clock

    async def sit(self, name: str = "ana", uid: int = 1000) -> LocalSession:
        session = LocalSession(self.engine, uid)
        await session.open(Hello(PROTOCOL, "test", name))
        return session

    async def pass_time(self, seconds: float) -> None:
        """Let the engine live through some seconds, a long time in larger steps."""
        step = 0.25 if seconds < 60 else 2.0
        for _ in range(int(seconds / step)):
            await self.clock.advance(step)

    async def rows(self, topic: str, kind: type[T]) -> list[T]:
        session = await self.sit("looker", 4242)
        try:
            return [row for row in await rows_of(session, topic) if isinstance(row, kind)]
        finally:
            await session.close()

    async def ask(self, session: LocalSession, request: Ask) -> object:
        """Ask, while time goes on."""
        tasks = Tasks()
        asked = tasks.start("ask", session.ask(request))
        while not asked.done():
            await self.clock.advance(0.25)
        return asked.result()


@asynccontextmanager
async def drill_engine(folder: Path, clock: ManualClock, incident: str = "drill-test") -> AsyncIterator[Room]:
    """An engine over the drill `shop`; the attacker plays too."""
    engine = assemble_drill(new_drill(Options(drill="shop", seed=1), clock), clock, IncidentFolder(folder, incident))
    await engine.start()
    room = Room(engine, clock)
    await room.pass_time(3)
    try:
        yield room
    finally:
        await engine.close()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with drill_engine(tmp_path, ManualClock()) as room:
        yield room


async def test_a_seat_sees_findings_resources_checklist_and_header(room: Room) -> None:
    findings = await room.rows("findings", FindingRow)
    resources = await room.rows("resources", ResourceRow)
    items = await room.rows("checklist", ItemRow)
    (header,) = await room.rows("header", HeaderView)

    assert {"all secrets listed", "privileged container"} <= {row.title for row in findings}
    assert ACCOUNT in {row.key for row in resources}
    assert len(items) == 86
    assert (header.drill, header.phase, header.journal) == (True, "DETECT", "chain ok")
    assert {source.name: source.state for source in header.sources} == {"watch": "live", "audit": "live"}


async def test_nothing_is_written_by_a_seat_that_is_not_armed(room: Room) -> None:
    ana = await room.sit()
    plan = await room.ask(ana, PlanAction("sa.revoke", ACCOUNT))
    assert isinstance(plan, PlanView)

    refused = await room.ask(ana, Approve(plan.digest, plan.id))

    assert isinstance(refused, Refusal)
    assert (refused.exit_code, "READ-ONLY" in refused.text) == (5, True)


async def test_arming_needs_a_reason_declares_the_incident_and_ends_after_15_minutes(room: Room) -> None:
    ana = await room.sit()
    assert isinstance(await ana.ask(Arm("  ")), Refusal)

    await ana.ask(Arm("stolen deployer"))
    (armed,) = await room.rows("header", HeaderView)
    await room.pass_time(15 * 60 + 2)
    (after,) = await room.rows("header", HeaderView)

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
    assert "a second person" in first.text
    assert isinstance(shown, PlanView)
    assert shown.digest == plan.digest
    assert isinstance(other, OutcomeView)
    assert other.stage != "planned"


async def test_marks_notes_statements_and_acknowledgements_are_on_record(room: Room) -> None:
    ana = await room.sit()
    (finding, *_) = await room.rows("findings", FindingRow)

    answers = [
        await ana.ask(Declare("quiet-heron", "pager")),
        await ana.ask(Note("asked the owner of shop")),
        await ana.ask(Record("t0.estimate", "2026-05-28T20:00:00Z")),
        await ana.ask(Mark("ORG-03", "attested", "bridge call 42")),
        await ana.ask(Acknowledge(finding.key)),
    ]
    await room.pass_time(3)

    assert [type(answer) for answer in answers] == [Done] * 5
    entries = {row.text for row in await room.rows("journal", EntryRow)}
    assert {"note: asked the owner of shop", "incident declared: quiet-heron (pager)"} <= entries
    items: dict[str, str] = {row.key: row.state for row in await room.rows("checklist", ItemRow)}
    assert (items["ORG-01"], items["ORG-03"]) == ("verified", "attested")
    again = {row.key: row.acknowledged for row in await room.rows("findings", FindingRow)}
    assert again[finding.key] == "ana"


BAD: tuple[tuple[Ask, str], ...] = (
    (PlanAction("pod.explode", ACCOUNT), "No action 'pod.explode'"),
    (PlanAction("sa.revoke", "ServiceAccount/shop/nobody"), "nobody"),
    (PlanAction("sa.revoke", "nonsense"), "Write kind/name"),
    (PlanAction("sa.revoke", "widget/x", "shop"), "no kind warroom knows"),
    (PlanAction("node.cordon", ACCOUNT), "node.cordon takes Node"),
    (Mark("ORG-99", "attested", "x"), "no checklist item"),
    (Mark("ORG-03", "attested", ""), "without a reason"),
    (Mark("ORG-03", "done", "x"), "none of"),
    (Acknowledge("00000000"), "There is no finding"),
    (Note("   "), "The note is missing"),
    (Note("x" * 3000), "longer than"),
    (Detail("resources", "Secret/shop/deployer-token", "manifest"), "not fetched"),
    (Approve("ffff", "ffff"), "no plan of this incident begins"),
    (ShowPlan("ffff"), "no plan of this incident begins"),
)


async def test_bad_input_is_answered_with_a_sentence(room: Room) -> None:
    ana = await room.sit()

    for request, says in BAD:
        answer = await room.ask(ana, request)
        assert isinstance(answer, Refusal), request
        assert says in answer.text
        assert answer.exit_code in (2, 5)


async def test_manifests_and_logs_are_shown_without_secrets(room: Room) -> None:
    ana = await room.sit()
    pods = [row for row in await room.rows("resources", ResourceRow) if row.kind == "Pod"]

    manifest = await room.ask(ana, Detail("resources", pods[0].key, "manifest"))
    logs = await room.ask(ana, Detail("resources", pods[0].key, "logs"))
    (finding, *_) = await room.rows("findings", FindingRow)
    detail = await room.ask(ana, Detail("findings", finding.key, "detail"))

    assert isinstance(manifest, TextView)
    assert any('"kind": "Pod"' in line for _, line in manifest.lines)
    assert not any("managedFields" in line for _, line in manifest.lines)
    assert isinstance(logs, TextView)
    assert isinstance(detail, TextView)
    assert any(label == "record" for label, _ in detail.lines)


async def test_a_seat_comes_back_to_its_place_and_disarmed(room: Room) -> None:
    ana = await room.sit("ana")
    await ana.ask(Arm("x y"))
    await ana.ask(Place('{"pane": 2}'))
    await ana.close()

    again = LocalSession(room.engine, 1000)
    welcome = await again.open(Hello(PROTOCOL, "test", "ana"))
    stranger = await LocalSession(room.engine, 2000).open(Hello(PROTOCOL, "test", "ana"))
    (header,) = await room.rows("header", HeaderView)

    assert welcome.place == '{"pane": 2}'
    assert stranger.place == ""
    assert header.armed == ()


async def test_two_seats_of_one_name_are_told_apart(room: Room) -> None:
    one = LocalSession(room.engine, 1000)
    two = LocalSession(room.engine, 1000)

    names = [(await seat.open(Hello(PROTOCOL, "test", "ana"))).seat for seat in (one, two)]

    assert names == ["ana", "ana~2"]


async def test_another_version_is_told_how_to_go_on(room: Room) -> None:
    with pytest.raises(WireError, match="speaks protocol 99"):
        await LocalSession(room.engine, 1000).open(Hello(99, "9.0", "ana"))


async def test_only_the_engines_own_user_ends_it(room: Room) -> None:
    stranger = await room.sit("bo", room.engine.uid + 1)
    owner = await room.sit("ana", room.engine.uid)

    refused, done = await stranger.ask(Stop()), await owner.ask(Stop("drill over"))

    assert isinstance(refused, Refusal)
    assert isinstance(done, Done)
    await asyncio.wait_for(room.engine.ended(), 1)


async def test_disarming_is_at_once(room: Room) -> None:
    ana = await room.sit()
    await ana.ask(Arm("x y"))
    await ana.ask(Disarm())
    plan = await room.ask(ana, PlanAction("sa.revoke", ACCOUNT))
    assert isinstance(plan, PlanView)

    assert isinstance(await room.ask(ana, Approve(plan.digest, plan.id)), Refusal)


async def test_everything_in_every_row_is_clean(room: Room) -> None:
    """The attacker's own texts are in the drill's audit log; none of their control characters gets into a row."""
    for topic in ("findings", "resources", "checklist", "journal", "undo", "changes", "header", "browse:pods"):
        for row in await rows_of(await room.sit("reader", 7), topic):
            assert all(text.isprintable() for text in texts_of(row)), row


def texts_of(row: Row) -> list[str]:
    values = [getattr(row, name) for name in row.__struct_fields__]
    return [value for value in values if isinstance(value, str)]
