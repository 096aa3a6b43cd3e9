"""What the room looks like: three sizes, four palettes, dialogs, and states without data. The clock stands still."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs
from textual.pilot import Pilot

from console.app import Settings, WarRoom
from console.ports.clock import ManualClock
from console.ports.session import PlanAction
from console.ports.views import Columns, SourceView
from tests.widgets import scripted
from tests.widgets.scripted import NOW, Scripted, c

Compare = Callable[..., bool]
SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}


def _app(
    session: Scripted | None = None, theme: str = "war-dark", ascii_only: bool = False
) -> tuple[WarRoom, ManualClock]:
    session = session or Scripted()
    session.answers.setdefault(PlanAction, scripted.plan())

    async def connect() -> Any:
        return session

    clock = ManualClock(NOW)
    return WarRoom(connect, scripted.specs(), Settings("ana", theme, ascii_only), clock), clock


def keys(clock: ManualClock, *keys: str) -> Callable[[Pilot[Any]], Any]:
    async def run(pilot: Pilot[Any]) -> None:
        for _ in range(10):
            await pilot.pause()
        for key in keys:
            await clock.advance(1)
            await pilot.press(key)
            for _ in range(4):
                await pilot.pause()

    return run


@pytest.mark.parametrize("size", SIZES)
def test_room(size: str, snap_compare: Compare) -> None:
    app, clock = _app()
    assert snap_compare(app, terminal_size=SIZES[size], run_before=keys(clock))


@pytest.mark.parametrize("theme", ["projector", "ansi-16", "mono"])
def test_palette(theme: str, snap_compare: Compare) -> None:
    app, clock = _app(theme=theme, ascii_only=theme == "mono")
    assert snap_compare(app, terminal_size=(120, 40), run_before=keys(clock))


@pytest.mark.parametrize("size", ["80x24", "120x40"])
def test_plan(size: str, snap_compare: Compare) -> None:
    rows = scripted.room_rows() | {"header": [scripted.header(armed=((c("ana"), NOW + 900),))]}
    app, clock = _app(Scripted(rows))
    assert snap_compare(app, terminal_size=SIZES[size], run_before=keys(clock, "x", "i"))


@pytest.mark.parametrize("look", ["war-dark", "mono"])
def test_parameters(look: str, snap_compare: Compare) -> None:
    app, clock = _app(theme=look, ascii_only=look == "mono")
    assert snap_compare(app, terminal_size=(80, 24), run_before=keys(clock, "x", "i", "ctrl+o", "right"))


def test_leader(snap_compare: Compare) -> None:
    app, clock = _app()
    assert snap_compare(app, terminal_size=(80, 24), run_before=keys(clock, "x"))


def test_walkthrough(snap_compare: Compare) -> None:
    app, clock = _app()
    assert snap_compare(app, terminal_size=(80, 24), run_before=keys(clock, "w"))


def test_browser(snap_compare: Compare) -> None:
    rows = scripted.room_rows() | {"browse:pods": scripted.browsed(40)}
    app, clock = _app(Scripted(rows))
    assert snap_compare(app, terminal_size=(120, 40), run_before=keys(clock, "colon", *"pods", "enter"))


def test_browser_of_what_may_not_be_listed(snap_compare: Compare) -> None:
    head = scripted.browsed(0)[0]
    assert isinstance(head, Columns)
    why = c("list secrets: 403, the role of this login has no such rule")
    refused = structs.replace(head, kind=c("Secret"), state=c("forbidden"), since=NOW - 60, why=why)
    app, clock = _app(Scripted(scripted.room_rows() | {"browse:secrets": [refused]}))
    assert snap_compare(app, terminal_size=(80, 24), run_before=keys(clock, "colon", *"secrets", "enter"))


def test_no_audit_source_and_nothing_else_yet(snap_compare: Compare) -> None:
    watch = (SourceView(c("watch"), c("loading"), NOW),)
    app, clock = _app(Scripted({"header": [scripted.header(sources=watch, incident=c(""), declared=0.0)]}))
    assert snap_compare(app, terminal_size=(120, 40), run_before=keys(clock))


def test_help(snap_compare: Compare) -> None:
    app, clock = _app()
    assert snap_compare(app, terminal_size=(80, 24), run_before=keys(clock, "question_mark"))
