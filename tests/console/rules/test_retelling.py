"""Two sources that tell of one alert tell of one; two alerts of one source stay two."""

from __future__ import annotations

from console.rules.retelling import Retellings


def test_of_near_alerts_each_source_tells_each_once_and_the_nearest_is_meant() -> None:
    one = Retellings()
    assert [one.knows(1, at, 0, "falco") for at in (100.0, 110.0, 120.0)] == [False] * 3
    assert [one.knows(1, at, 60, "alertmanager") for at in (111.0, 101.0, 121.0)] == [True] * 3
    assert not one.knows(1, 122.0, 60, "alertmanager"), "it has told of all three"


def test_the_one_that_is_not_sure_may_come_first() -> None:
    one = Retellings()
    assert not one.knows(1, 111.0, 60, "alertmanager")
    assert one.knows(1, 100.0, 0, "falco")
    assert not one.knows(1, 99.0, 0, "falco")


def test_beyond_the_slack_about_something_else_or_sure_of_another_time_it_is_new() -> None:
    one = Retellings()
    one.knows(1, 100.0, 0, "falco")
    assert not one.knows(1, 161.0, 60, "alertmanager")
    assert not one.knows(2, 100.0, 60, "alertmanager")
    assert not one.knows(1, 99.0, 0, "falco:webhook"), "both know when it happened"


def test_memory_is_bounded_and_lately_told_alerts_are_known() -> None:
    one = Retellings(most=10)
    for number in range(1000):
        one.knows(number, 100.0, 0, "falco")
    assert one.knows(999, 100.0, 60, "alertmanager")
    assert not one.knows(0, 100.0, 60, "alertmanager"), "forgotten"
    assert len(one._newer) + len(one._older) <= 20
