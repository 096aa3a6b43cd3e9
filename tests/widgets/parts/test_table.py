"""The table: whatever arrives, the row that is acted upon is the one that a person sees and chose."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from console.ports.session import Acknowledge, Detail, PlanAction, Snapshot
from console.ports.views import FindingRow, ObjectRow
from tests.widgets import scripted
from tests.widgets.scripted import NOW, Scripted, c
from tests.widgets.seats import Seat, seat
from widgets.messages import Updated


def _finding(number: int, severity: str = "critical") -> FindingRow:
    return FindingRow(
        c(f"n{number}"), c(severity), 1, NOW + number, NOW + number, c(f"brand new {number}"), c("r"), c("Pod"),
        c(f"shop/new-{number}"), c("eve"), target_key=c(f"Pod/shop/new-{number}"),
    )  # fmt: skip


async def _pods(at: Seat, count: int = 1200) -> list[Any]:
    at.session.topics["browse:pods"] = rows = scripted.browsed(count)
    await at.press("colon", *"pods", "enter")
    await at.settle()
    return rows


async def _again(at: Seat, rows: list[Any], size: int = 500) -> None:
    """The engine sends the whole topic once more, in parts, as it does to a seat that fell behind."""
    parts = [tuple(rows[i : i + size]) for i in range(0, len(rows), size)]
    for i, part in enumerate(parts):
        at.room.post_message(Updated(Snapshot("browse:pods", 9, part, i == 0, i == len(parts) - 1)))
        await at.settle()


async def test_a_fresh_snapshot_in_parts_leaves_cursor_and_marks_where_they_were() -> None:
    async with seat() as at:
        rows = await _pods(at)
        await at.press("G", "k", "space")
        table = at.room.table()
        assert table.sheet.cursor == "Pod/shop/web-01199"
        await _again(at, rows)
        assert table.sheet.cursor == "Pod/shop/web-01199"
        assert table.sheet.marks == {"Pod/shop/web-01198"}


async def test_a_row_that_is_gone_from_a_fresh_snapshot_gives_the_cursor_to_its_neighbour() -> None:
    async with seat() as at:
        rows = await _pods(at)
        await at.press("G", "k")
        await _again(at, [*rows[:-2], rows[-1]])
        assert at.room.table().sheet.cursor == "Pod/shop/web-01199"


async def test_marked_rows_that_a_filter_hides_are_counted_and_not_acted_upon() -> None:
    async with seat() as at:
        at.session.answers[PlanAction] = scripted.plan()
        await at.press("space", "space", "slash", *"node-debug", "enter")
        assert "0 marked, 2 more hidden" in at.line("1 Suspicious")
        await at.press("x", "i")
        await at.settle()
        assert at.asked(PlanAction) == [PlanAction("pod.quarantine", "Pod/default/node-debug")]
        await at.press("escape")
        await at.press("a")
        assert [request.finding for request in at.asked(Acknowledge)] == ["f2"]


async def test_the_letters_say_that_they_are_for_all_marked_rows() -> None:
    async with seat() as at:
        await at.press("space", "j", "space", "x")
        assert "contain 2 marked rows, a plan each" in at.text()


async def test_pane_two_does_not_change_its_sheet_under_a_hand() -> None:
    async with seat(session=Scripted(scripted.room_rows() | {"resources": []})) as at:
        await at.press("2", "j")
        before = at.room.table().row
        at.session.push("resources", *scripted.resources())
        await at.settle()
        assert at.room.table().row is before
        assert "What changed in 24 hours" in at.text()
        await at.press("escape")
        assert "Affected resources" in at.text()


@pytest.mark.parametrize("pane", ["1", "4"])
async def test_the_worst_and_the_newest_stay_in_sight_where_nobody_chose_a_row(pane: str) -> None:
    rows = scripted.room_rows() | {"findings": [_finding(0, "low")]}
    async with seat((80, 24), Scripted(rows)) as at:
        await at.press(pane)
        for number in range(1, 40):
            at.session.push("findings", _finding(number))
            entry = structs.replace(
                scripted.entries()[0], key=c(f"e{number}"), seq=100 + number, text=c(f"did {number}")
            )
            at.session.push("journal", entry)
        await at.settle()
        assert at.line("brand new 39" if pane == "1" else "did 39")


async def test_a_row_that_was_read_stays_under_the_cursor_whatever_comes_above_it() -> None:
    async with seat() as at:
        at.session.answers[Detail] = scripted.text(("a", "b"))
        await at.press("d", "escape")
        at.session.push("findings", _finding(1))
        await at.settle()
        assert at.room.table().sheet.cursor == "f0"
        await at.press("g")
        assert at.room.table().sheet.cursor == "n1"


async def test_a_finding_that_came_under_the_cursor_this_moment_is_not_acknowledged_unseen() -> None:
    async with seat() as at:
        at.session.push("findings", _finding(1))
        await at.settle()
        await at.press("a", wait=0.1)
        assert not at.asked(Acknowledge)
        assert "Another row came under the cursor" in at.text()
        await at.press("a")
        assert [request.finding for request in at.asked(Acknowledge)] == ["n1"]


async def test_rows_from_before_the_engine_was_lost_are_old_until_they_were_sent_again() -> None:
    async with seat() as at:
        at.room.table().lose("ENGINE LOST")
        at.room.table().lose("")
        assert "OLD: not read again yet" in at.line("1 Suspicious")
        at.room.post_message(Updated(Snapshot("findings", 9, (_finding(1),), True, True)))
        await at.settle()
        assert "OLD" not in at.line("1 Suspicious")


@pytest.mark.parametrize("presenting", [False, True])
async def test_a_click_chooses_the_row_under_the_mouse_in_a_pane_without_heads_too(presenting: bool) -> None:
    async with seat() as at:
        await at.press("4", *(["p"] if presenting else []))
        lines = at.text().splitlines()
        top = at.room.part("journal").region.y
        y = next(i for i, line in enumerate(lines) if "incident opened" in line)
        await at.pilot.click("#journal", offset=(8, y - top))
        await at.settle()
        assert at.room.table().row.key == "1"


async def test_columns_that_change_while_sorted_by_one_of_them_do_not_end_the_seat() -> None:
    async with seat() as at:
        rows = await _pods(at, 3)
        await at.press("s", "s", "s", "s")
        assert at.room.table().rows.sort == "status"
        fewer = structs.replace(rows[0], titles=(c("NAME"),), right=(False,))
        row = structs.replace(rows[1], cells=(c("web-00000"),))
        assert isinstance(row, ObjectRow)
        at.room.post_message(Updated(Snapshot("browse:pods", 9, (fewer, row), True, True)))
        await at.settle()
        assert at.line("web-00000")


async def test_a_long_list_is_drawn_when_it_begins_and_when_it_is_whole_and_not_for_each_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with seat() as at:
        rows = await _pods(at)
        table, drawn = at.room.table(), list[int]()
        redraw = table.redraw

        def counted() -> None:
            drawn.append(table.rows.total)
            redraw()

        monkeypatch.setattr(table, "redraw", counted)
        await _again(at, rows, 100)
        assert f":pods  {len(rows) - 1}" in at.text()
    assert drawn[0] == 99
    assert drawn[-1] == len(rows) - 1
    assert not [count for count in drawn if 99 < count < len(rows) - 1]
