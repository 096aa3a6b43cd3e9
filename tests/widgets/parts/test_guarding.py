"""The last guard: whatever a widget drew, nothing that acts leaves, and the line keeps its width."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tests.console.hygiene.payloads import FORBIDDEN
from widgets.parts.guarding import Guard

BLACK = Color(0, 0, 0)
TEXT = st.text(st.one_of(st.characters(), st.sampled_from(FORBIDDEN)), min_size=1, max_size=60)
_ACTS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\ud800-\udfff]")


@given(TEXT)
def test_no_character_that_acts_is_drawn(text: str) -> None:
    segments = Guard(False, False).apply([Segment(text, Style(bold=True))], BLACK)

    assert not _ACTS.search("".join(segment.text for segment in segments))


@given(TEXT)
def test_ascii_means_ascii(text: str) -> None:
    segments = Guard(True, False).apply([Segment(text, Style())], BLACK)

    assert all(segment.text.isascii() for segment in segments)


@given(st.text("abc漢─│╭…→", min_size=1, max_size=30))
def test_ascii_keeps_the_width(text: str) -> None:
    segments = Guard(True, False).apply([Segment(text, Style())], BLACK)

    assert sum(cell_len(segment.text) for segment in segments) == cell_len(text)


def test_links_and_clickable_meta_are_taken_off() -> None:
    linked = Style(link="http://evil.example") + Style.from_meta({"@click": "app.exit"})
    [segment] = Guard(False, False).apply([Segment("x", linked)], BLACK)

    assert segment.style is not None
    assert segment.style.link is None
    assert not segment.style.meta


def test_mono_keeps_bold_reverse_and_underline_only() -> None:
    [segment] = Guard(False, True).apply(
        [Segment("x", Style(color="red", bgcolor="blue", bold=True, reverse=True))], BLACK
    )

    assert segment.style == Style(bold=True, reverse=True, underline=False) or segment.style is not None
    assert segment.style is not None
    assert segment.style.color is None
    assert segment.style.bgcolor is None
    assert segment.style.bold
