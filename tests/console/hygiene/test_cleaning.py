"""clean(): whatever goes in, what comes out is one line that cannot move a cursor, hide or grow without limit."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.hygiene.cleaning import FIELD_LIMIT, clean
from tests.console.hygiene.payloads import ALL, FORBIDDEN

_FORBIDDEN = re.compile("[" + re.escape("".join(FORBIDDEN)) + "]")
HOSTILE = st.text(st.one_of(st.characters(), st.sampled_from(FORBIDDEN)), max_size=300)


@pytest.mark.parametrize("payload", ALL.values(), ids=ALL)
def test_no_payload_keeps_a_character_that_acts_on_the_terminal(payload: str) -> None:
    assert not _FORBIDDEN.search(clean(payload))


@given(HOSTILE)
def test_no_text_keeps_a_control_bidi_or_unseen_character(text: str) -> None:
    cleaned = clean(text)

    assert not _FORBIDDEN.search(cleaned)
    assert not {unicodedata.category(c) for c in cleaned} & {"Cc", "Cs", "Co", "Zl", "Zp"}


@given(HOSTILE)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_comes_out_as_it_was(text: str) -> None:
    assert clean(text) == text


def test_what_is_removed_stays_visible() -> None:
    assert clean("a\x1b[31m\u202eb\x9bc") == "a␛[31m⟨U+202E⟩b⟨U+009B⟩c"


def test_people_s_scripts_stay_readable() -> None:
    for text in ("données supprimées", "请求已处理", "naïve café", "Ελληνικά", "ру́сский"):
        assert clean(text) == text


def test_marks_do_not_pile_up_over_the_neighbouring_rows() -> None:
    cleaned = clean(ALL["zalgo"])

    assert cleaned.count("\u0301") == 3
    assert cleaned.endswith("⟨…⟩HIT")


def test_a_long_text_is_cut_and_says_by_how_much() -> None:
    cleaned = clean("x" * (FIELD_LIMIT + 7))

    assert cleaned == "x" * FIELD_LIMIT + "…⟨+7 chars⟩"
