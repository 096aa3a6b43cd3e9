"""A line being typed: its cursor shows wherever it stands, in whatever room there is."""

from __future__ import annotations

import pytest

from widgets.parts.editing import Editing
from widgets.render.lines import line_width


@pytest.mark.parametrize("cells", [-40, -1, 0, 1, 2, 3, 20])
@pytest.mark.parametrize("text", ["", "a", "because the token was used from outside"])
def test_a_line_is_drawn_in_any_room_even_in_none(cells: int, text: str) -> None:
    line = Editing(text).line(cells, focused=True)
    assert line_width(line) >= max(1, cells), "and it comes back: a window can be made narrower than the label"


def test_the_end_of_a_long_line_shows_while_it_is_typed() -> None:
    drawn = "".join(text for text, _ in Editing("because the token was used from outside").line(20, focused=True))
    assert drawn.rstrip().endswith("outside")
