"""What counts as a habit: nobody makes one in minutes, and no flood unmakes one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.rules.habits import DAY, MOST_NEW, VALUE_HOURS, Span, Subject

DAYS = range(0, 3 * DAY, 3)


def known_for(value: str) -> Subject:
    """A subject that has been seen with this for three days."""
    subject = Subject(Span(0, 0))
    for hour in DAYS:
        subject.see(hour)
        subject.has("agent", value, hour)
    return subject


def test_of_a_subject_that_is_new_itself_nothing_is_new() -> None:
    subject = Subject(Span(0, 0))
    for hour in range(DAY):
        subject.see(hour)
        assert subject.has("agent", f"tool-{hour}", hour)[0] is False


def test_a_subject_seen_once_a_day_is_known_when_it_was_there_in_enough_hours() -> None:
    subject = Subject(Span(0, 0))
    seen = []
    for day in range(7):
        subject.see(day * DAY)
        seen.append(subject.known)

    assert seen == [False] * 5 + [True] * 2


def test_what_was_seen_before_a_subject_is_known_is_a_habit_and_anything_else_is_new() -> None:
    subject = known_for("kubectl")

    assert subject.has("agent", "kubectl", 80) == (False, True)
    assert subject.has("agent", "curl", 80) == (True, True)
    assert subject.has("network", "10.0.0.0/16", 80)[0] is True
    assert subject.usual("agent") == ("kubectl",)


@given(st.lists(st.integers(min_value=72, max_value=72 + DAY - 1), min_size=1, max_size=300))
def test_whatever_is_done_within_a_day_stays_new(hours: list[int]) -> None:
    subject = known_for("kubectl")

    assert all(subject.has("agent", "curl", hour)[0] for hour in sorted(hours))


def test_what_comes_again_in_other_hours_over_more_than_a_day_becomes_a_habit() -> None:
    subject = known_for("kubectl")
    hours = (72, 73, 72 + DAY, 72 + 2 * DAY)

    assert [subject.has("agent", "helm", hour)[0] for hour in hours] == [True, True, False, False]
    assert len(hours) > VALUE_HOURS


def test_a_single_return_after_a_day_is_still_new() -> None:
    subject = known_for("kubectl")

    assert [subject.has("agent", "curl", hour)[0] for hour in (72, 72 + DAY, 72 + DAY)] == [True, True, True]


def test_a_flood_of_new_values_pushes_out_no_habit_and_none_becomes_one() -> None:
    subject = known_for("kubectl")

    assert all(subject.has("agent", f"made-up-{number}", 80)[0] for number in range(20 * MOST_NEW))
    assert subject.has("agent", "kubectl", 80)[0] is False
    assert len(subject.new["agent"]) == MOST_NEW


def test_hours_that_arrive_late_count_as_hours_and_as_time() -> None:
    subject = Subject(Span(100, 100))
    for hour in (100, 90, 80, 70, 75, 60, 50):
        subject.see(hour)

    assert subject.known
    assert subject.span == Span(50, 100, 6)
