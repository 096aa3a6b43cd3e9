"""Seats that look: rows, details, names. Nothing here writes, so all tests share one engine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from console.cli.talking import rows_of
from console.errors import BadInput, VersionSkew, WireError
from console.incident.session import LocalSession
from console.ports.clock import ManualClock
from console.ports.session import (
    PROTOCOL,
    Acknowledge,
    Approve,
    Ask,
    Detail,
    Hello,
    Mark,
    Note,
    PlanAction,
    ShowPlan,
)  # fmt: skip
from console.ports.views import Columns, FindingRow, HeaderView, ItemRow, Refusal, ResourceRow, Row, TextView
from tests.console.incident.room import ACCOUNT, Room, drill_engine

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    async with drill_engine(tmp_path_factory.mktemp("state"), ManualClock()) as room:
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


BAD: tuple[tuple[Ask, str], ...] = (
    (PlanAction("pod.explode", ACCOUNT), "No action 'pod.explode'"),
    (PlanAction("sa.revoke", "ServiceAccount/shop/nobody"), "nobody"),
    (PlanAction("sa.revoke", "nonsense"), "Write kind/name"),
    (PlanAction("sa.revoke", "widget/x", "shop"), "no kind warroom knows"),
    (PlanAction("node.cordon", ACCOUNT), "node.cordon takes Node"),
    (PlanAction("alert.silence", "alert/3f9a11c2d4e5f607", "", {"reason": "x"}), "No Alertmanager is configured"),
    (PlanAction("alert.silence", ACCOUNT, "", {"reason": "x"}), "alert.silence takes Alert"),
    (Detail("resources", "Alert//3f9a11c2d4e5f607", "manifest"), "not an object"),
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


async def test_nobody_sits_down_as_somebody_else(room: Room) -> None:
    """Two of one name are told apart, nobody is called the second of somebody, and nobody is the engine."""
    names = []
    for wanted in ("kim", "kim", "kim~2", "engine"):
        names.append((await LocalSession(room.engine, 1000).open(Hello(PROTOCOL, "test", wanted))).seat)

    assert names == ["kim", "kim~2", "kim-2", "engine~2"]


async def test_a_seat_without_a_name_is_told_to_take_one(room: Room) -> None:
    with pytest.raises(WireError, match="--seat"):
        await LocalSession(room.engine, 1000).open(Hello(PROTOCOL, "test", "  "))


async def test_several_seats_see_the_same_incident(room: Room) -> None:
    ana, li = await room.sit("ana", 1000), await room.sit("li", 2000)

    for topic in ("findings", "resources", "checklist", "undo", "journal"):
        assert await rows_of(ana, topic) == await rows_of(li, topic)
    (header,) = await room.rows("header", HeaderView)
    assert {"ana", "li"} <= set(header.seats)


async def test_a_topic_nobody_knows_is_a_sentence(room: Room) -> None:
    ana = await room.sit()

    for topic in ("nonsense", "browse:", "browse:widgets"):
        with pytest.raises(BadInput, match=r"no topic|names no kind"):
            await rows_of(ana, topic)


async def test_a_browser_of_secrets_names_them_and_shows_no_value(room: Room) -> None:
    ana = await room.sit()
    before = {health.kind for health in room.engine.cluster.healths()}
    held = ana.subscribe("browse:secrets")
    await anext(held)
    await room.pass_time(2)

    rows = await rows_of(ana, "browse:secrets")

    assert "Secret" not in before, "secrets are watched only when somebody asks"
    (head,) = [row for row in rows if isinstance(row, Columns)]
    assert head.titles == ("NAMESPACE", "NAME", "MANAGER")
    assert any("deployer-token" in row.key for row in rows)


async def test_another_version_is_told_how_to_go_on(room: Room) -> None:
    with pytest.raises(VersionSkew, match=r"this seat is warroom 9.0 \(protocol 99\).*warroom stop"):
        await LocalSession(room.engine, 1000).open(Hello(99, "9.0", "ana"))


async def test_everything_in_every_row_is_clean(room: Room) -> None:
    """The attacker's own texts are in the drill's audit log; none of their control characters gets into a row."""
    for topic in ("findings", "resources", "checklist", "journal", "undo", "changes", "header", "browse:pods"):
        for row in await rows_of(await room.sit("reader", 7), topic):
            assert all(text.isprintable() for text in texts_of(row)), row


def texts_of(row: Row) -> list[str]:
    values = [getattr(row, name) for name in row.__struct_fields__]
    return [value for value in values if isinstance(value, str)]
