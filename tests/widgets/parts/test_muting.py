"""Keys that are the debris of a broken terminal sequence press nothing."""

from __future__ import annotations

import pytest

from console.ports.clock import ManualClock
from widgets.parts.muting import Muting


@pytest.mark.parametrize(
    "keys",
    [
        ("escape", "left_square_bracket", "B"),
        ("escape", "left_square_bracket", "1", "1", "7", "u"),
        ("escape", "upper_o", "P"),
        ("alt+left_square_bracket", "x"),
        ("circumflex_accent", "left_square_bracket", "t", "y", "enter"),
    ],
)
async def test_what_follows_a_broken_beginning_is_dropped(keys: tuple[str, ...]) -> None:
    clock = ManualClock()
    muting = Muting(clock)

    dropped = [muting.drops(key) for key in keys]

    assert all(dropped[1:])
    await clock.advance(0.6)
    assert not muting.drops("x")


async def test_escape_and_then_a_key_that_begins_nothing_both_count() -> None:
    muting = Muting(ManualClock())

    assert not muting.drops("escape")
    assert not muting.drops("x")
    assert not muting.drops("left_square_bracket")


async def test_a_caret_typed_into_a_filter_is_no_escape() -> None:
    muting = Muting(ManualClock())

    assert not muting.drops("circumflex_accent", typing=True)
    assert not muting.drops("left_square_bracket", typing=True)


async def test_a_bracket_long_after_escape_is_a_bracket() -> None:
    clock = ManualClock()
    muting = Muting(clock)
    muting.drops("escape")
    await clock.advance(2)

    assert not muting.drops("left_square_bracket")
