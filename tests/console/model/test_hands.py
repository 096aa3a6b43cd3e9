"""Our reads are recognised by their id alone, and nobody else's are."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.hands import ReadIds

OURS, THEIRS = bytes(range(32)), bytes(range(1, 33))


def test_every_id_is_new_and_recognised_by_any_holder_of_the_secret() -> None:
    ids = ReadIds(OURS)
    made = [ids.next() for _ in range(2000)]

    assert len(set(made)) == 2000
    assert all(map(ReadIds(OURS).owns, made))
    assert not any(map(ReadIds(THEIRS).owns, made))


def test_an_id_looks_like_any_random_uuid() -> None:
    made = [uuid.UUID(ReadIds(OURS, start).next()) for start in range(200)]

    assert {(one.version, one.variant) for one in made} == {(4, uuid.RFC_4122)}
    ones = [sum(one.int >> bit & 1 for one in made) for bit in range(128)]
    fixed = [count for count in ones if count in (0, 200)]
    assert len(fixed) == 6
    assert all(60 < count < 140 for count in ones if count not in (0, 200))


def test_an_engine_that_starts_again_makes_other_ids() -> None:
    assert ReadIds(OURS).next() != ReadIds(OURS).next()


@given(st.uuids(version=4))
def test_an_id_of_another_client_is_not_ours(other: uuid.UUID) -> None:
    assert not ReadIds(OURS).owns(str(other))


@given(st.integers(0, 127))
def test_a_changed_bit_makes_it_foreign(bit: int) -> None:
    made = uuid.UUID(ReadIds(OURS, 7).next())

    assert not ReadIds(OURS).owns(str(uuid.UUID(int=made.int ^ 1 << bit)))


@pytest.mark.parametrize("spelling", [str.upper, lambda text: f"{{{text}}}", lambda text: text.replace("-", "")])
def test_another_spelling_is_not_ours(spelling: object) -> None:
    made = ReadIds(OURS).next()

    assert not ReadIds(OURS).owns(spelling(made))  # type: ignore[operator]
    assert not ReadIds(OURS).owns("")
    assert not ReadIds(OURS).owns("\x00" * 4000)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        ReadIds(b"short")
