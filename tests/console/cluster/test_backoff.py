"""Waits double, jitter only adds, a server's wish is a lower bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.cluster.backoff import Backoff


def test_the_least_waits_double_up_to_their_cap() -> None:
    backoff = Backoff(lambda: 0.0)

    assert [round(backoff.next(), 1) for _ in range(7)] == [0.8, 1.6, 3.2, 6.4, 12.8, 15.0, 15.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_jitter_adds_at_most_as_much_again_and_never_takes_away(chances: list[float]) -> None:
    least, jittered = Backoff(lambda: 0.0), Backoff(iter(chances).__next__)

    for _ in chances:
        base = least.next()
        assert base <= jittered.next() <= 2 * base <= 30


def test_a_servers_wish_is_a_lower_bound() -> None:
    backoff = Backoff(lambda: 0.0)

    assert backoff.next(20.0) == 20.0
    assert backoff.next(0.1) == 1.6


def test_success_starts_anew() -> None:
    backoff = Backoff(lambda: 0.0)
    backoff.next()
    backoff.next()

    backoff.reset()

    assert backoff.next() == 0.8
