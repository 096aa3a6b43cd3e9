"""What the room looks like over rows that an engine really sent: a drill in which one account was contained."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from console.actions.catalogue import all_actions
from console.app import Settings, WarRoom
from console.ports.clock import ManualClock
from console.ports.views import Row
from tests.snapshots.drilled import drilled
from tests.snapshots.test_layouts import SIZES, Compare, keys
from tests.widgets.scripted import Scripted

Drilled = tuple[dict[str, list[Row]], float]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Drilled:
    """Played once for the file."""
    folder: Path = tmp_path_factory.mktemp("drill")
    return asyncio.run(drilled(folder))


def app_over(sent: Drilled) -> tuple[WarRoom, ManualClock]:
    rows, now = sent
    session = Scripted(rows)

    async def connect() -> Any:
        return session

    clock = ManualClock(now)
    return WarRoom(connect, all_actions().specs(), Settings("ana"), clock), clock


@pytest.mark.parametrize("size", SIZES)
def test_drill(size: str, sent: Drilled, snap_compare: Compare) -> None:
    app, clock = app_over(sent)
    assert snap_compare(app, terminal_size=SIZES[size], run_before=keys(clock))


@pytest.mark.parametrize("size", ["80x24"])
@pytest.mark.parametrize("pane", ["2", "3", "4"])
def test_drill_pane(size: str, pane: str, sent: Drilled, snap_compare: Compare) -> None:
    """The narrow layout shows one pane whole: each of them."""
    app, clock = app_over(sent)
    assert snap_compare(app, terminal_size=SIZES[size], run_before=keys(clock, pane, "z"))
