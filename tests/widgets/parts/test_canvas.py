"""Only the cells that changed are painted, and nothing while the terminal is behind."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from console.ports.clock import ManualClock
from widgets.parts import canvas as module
from widgets.parts.canvas import Canvas, changed
from widgets.render.lines import Line, line_width, pad
from widgets.theme import WAR_DARK, Look

SPANS = st.lists(st.tuples(st.text("ab 漢", min_size=1, max_size=6), st.sampled_from(["ink", "bad"])), max_size=4)


def _cells(line: Line) -> list[tuple[str, str]]:
    return [
        (character, ink)
        for text, ink in line
        for character in text
        for _ in range(max(1, line_width(((character, ""),))))
    ]


@given(SPANS, SPANS)
def test_outside_of_the_changed_cells_two_lines_are_equal(one: list[Any], other: list[Any]) -> None:
    old, new = pad(tuple(one), 30), pad(tuple(other), 30)
    start, end = changed(old, new)

    assert _cells(old)[:start] == _cells(new)[:start]
    assert _cells(old)[end:] == _cells(new)[end:]


@given(SPANS)
def test_neighbours_of_one_ink_are_drawn_as_one_and_nothing_else_changes(spans: list[Any]) -> None:
    joined = module._joined(tuple(spans))

    assert _cells(tuple(joined)) == _cells(tuple(spans))
    assert all(one[1] != other[1] for one, other in pairwise(joined))


class _Words(Canvas):
    words = ("one", "two", "three")

    def line(self, y: int, width: int, height: int) -> Line:
        return ((self.words[y], "ink"),) if y < len(self.words) else ()


class _App(App[None]):
    def compose(self) -> ComposeResult:
        self.words = _Words(Look(WAR_DARK, False, ManualClock()))
        self.words.styles.height = 3
        yield self.words


async def test_a_change_refreshes_its_own_cells_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    app = _App()
    async with app.run_test(size=(20, 5)) as pilot:
        await pilot.pause()
        asked: list[Any] = []
        monkeypatch.setattr(app.words, "refresh", lambda *regions, **_: asked.extend(regions))
        app.words.words = ("one", "tWo", "three")
        app.words.redraw()

    assert [(r.x, r.y, r.width, r.height) for r in asked] == [(1, 1, 1, 1)]


async def test_nothing_is_painted_while_the_terminal_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    app = _App()
    async with app.run_test(size=(20, 5)) as pilot:
        await pilot.pause()
        monkeypatch.setattr(module, "behind", lambda app: 3)
        asked: list[Any] = []
        monkeypatch.setattr(app.words, "refresh", lambda *regions, **_: asked.extend(regions))
        app.words.words = ("one", "TWO", "three")
        app.words.redraw()
        assert not asked

        monkeypatch.setattr(module, "behind", lambda app: 0)
        app.words._again()
        assert len(asked) == 1
