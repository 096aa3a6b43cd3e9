"""redact(): planted secrets leave no trace in the output, and the same secret can still be talked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.hygiene.redacting import mask, redact
from tests.console.hygiene.payloads import CANARIES, PLACES

KEY = b"incident"


@pytest.mark.parametrize("secret", CANARIES.values(), ids=CANARIES)
@pytest.mark.parametrize("frame", ["{}", "log line with {} inside", '{{"x": "{}"}}', "a={}&b=1", "http://x/?q={}#f"])
def test_a_secret_of_known_shape_is_masked_wherever_it_stands(secret: str, frame: str) -> None:
    shown = redact(frame.format(secret), KEY)

    assert secret not in shown
    assert "CANARY" not in shown
    assert "Q0FOQVJZ" not in shown
    assert "⟨" in shown


@pytest.mark.parametrize("text", PLACES, ids=range(len(PLACES)))
def test_a_secret_of_no_shape_is_known_by_what_stands_before_it(text: str) -> None:
    shown = redact(text, KEY)

    assert PLACES[text] not in shown
    assert text[:4] == shown[:4]


def test_the_same_secret_has_the_same_mask_in_one_incident_and_another_elsewhere() -> None:
    token = CANARIES["jwt"]

    assert redact(f"a {token}", KEY)[2:] == redact(f"bb {token}", KEY)[3:]
    assert redact(token, KEY) != redact(token, b"other")


def test_the_mask_says_what_and_how_long_but_cannot_be_looked_up() -> None:
    assert mask("token", "abc", KEY).startswith("⟨token#")
    assert mask("token", "abc", KEY).endswith(" len=3⟩")


def test_ordinary_text_is_left_alone() -> None:
    for text in ("shop/web-7f9c5d", "Deployment web makes 1 new pod", "tokens: 2 live", "sha256:0123456789abcdef"):
        assert redact(text, KEY) == text


@given(st.text(max_size=200))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = redact(text, KEY)

    assert redact(once, KEY) == once


@given(st.text(st.characters(), max_size=60), st.text(st.characters(), max_size=60))
def test_no_neighbourhood_hides_a_token(before: str, after: str) -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJDQU5BUlkifQ.c2lnbmF0dXJl"

    assert "CJzdWIiOiJD"[1:] not in redact(f"{before} {token} {after}", KEY)


def test_half_a_surrogate_pair_is_shown_and_hides_nothing() -> None:
    shown = redact("a\ud800 password=canaryCANARY", KEY)

    assert "canaryCANARY" not in shown
    assert "⟨U+D800⟩" in shown
