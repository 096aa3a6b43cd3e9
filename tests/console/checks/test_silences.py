"""A silence counts when Alertmanager lists it as active and the alert as held by it; what cannot be seen is unknown."""

from __future__ import annotations

import pytest

from console.checks import asking
from console.checks.silences import alert_heard, alert_suppressed, silence_active, silence_over
from console.model.silence import Firing, Silence
from tests.console.checks.book import Book

ACTIVE, EXPIRED = Silence("s1", "active", ()), Silence("s1", "expired", ())
HELD = Firing("f", (("alertname", "Slow"),), "suppressed", ("s1",))
HELD_BY_ANOTHER = Firing("f", (("alertname", "Slow"),), "suppressed", ("s2",))
HEARD = Firing("f", (("alertname", "Slow"),), "active")
INHIBITED = Firing("f", (("alertname", "Slow"),), "suppressed", (), ("other",))


def book(silence: Silence | None, alert: Firing | None) -> Book:
    one = Book()
    one.know(asking.silence("m"), silence)
    one.know(asking.alert("f"), alert)
    return one


@pytest.mark.parametrize(
    ("silence", "alert", "active", "suppressed"),
    [
        (ACTIVE, HELD, True, True),
        (ACTIVE, HEARD, True, False),
        (ACTIVE, HELD_BY_ANOTHER, True, False),
        (ACTIVE, None, True, None),
        (EXPIRED, HEARD, False, False),
        (None, HEARD, False, False),
        (Silence("s1", "pending", ()), HEARD, False, False),
    ],
)
def test_it_holds_only_what_is_listed_as_held_by_it(
    silence: Silence | None, alert: Firing | None, active: bool, suppressed: bool | None
) -> None:
    facts = book(silence, alert)
    assert silence_active(facts, "m").truth is active
    assert alert_suppressed(facts, "f", "m").truth is suppressed


@pytest.mark.parametrize(
    ("silence", "alert", "over", "heard"),
    [
        (EXPIRED, HEARD, True, True),
        (None, None, True, True),
        (EXPIRED, INHIBITED, True, True),
        (EXPIRED, HELD_BY_ANOTHER, True, False),
        (ACTIVE, HELD, False, False),
    ],
)
def test_it_is_over_when_it_has_expired_and_the_alert_is_heard_or_gone(
    silence: Silence | None, alert: Firing | None, over: bool, heard: bool
) -> None:
    facts = book(silence, alert)
    assert silence_over(facts, "m").truth is over
    assert alert_heard(facts, "f").truth is heard


def test_without_an_answer_nothing_is_known() -> None:
    verdicts = [
        silence_active(Book(), "m"), alert_suppressed(Book(), "f", "m"), silence_over(Book(), "m"),
        alert_heard(Book(), "f"),
    ]  # fmt: skip
    assert [one.truth for one in verdicts] == [None] * 4
