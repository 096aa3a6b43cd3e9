"""How people read who it was: never a user where none is known."""

from __future__ import annotations

import pytest

from console.errors import BadInput
from console.incident.naming import alert_of, doer, doer_in_full, key_of, parse
from console.model.finding import Finding, Target
from console.model.identity import Identity
from console.model.severity import Severity


@pytest.mark.parametrize(
    ("who", "short", "full"),
    [
        (Identity(user="mallory"), "mallory", "mallory"),
        (Identity(user="jane", as_user="system:serviceaccount:shop:ci"), "jane as sa shop/ci", "jane as sa shop/ci"),
        (Identity(ip="203.0.113.9", agent="curl"), "nobody (no credential)", "nobody (no credential)"),
        (Identity(agent="curl"), "nobody (no credential)", "nobody (no credential)"),
        (Identity(pod="shop/web-1", node="n1"), "pod shop/web-1", "pod shop/web-1"),
        (Identity(node="n1"), "node n1", "node n1"),
        (
            Identity(manager="helm"),
            "unknown (manager helm)",
            "who is not known; field manager helm, any client may choose that",
        ),
        (Identity(user="unknown", manager="x"), "unknown", "unknown"),
        (Identity(), "unknown", "who is not known"),
    ],
)
def test_who_it_was_in_words(who: Identity, short: str, full: str) -> None:
    assert (doer(who), doer_in_full(who)) == (short, full)


FINGERPRINT = "3f9a11c2d4e5f607"


@pytest.mark.parametrize(
    ("source", "sources", "events", "alert"),
    [
        ("alertmanager", (), (FINGERPRINT,), FINGERPRINT),
        ("alertmanager:webhook", (), ("0123456789abcdef", FINGERPRINT), FINGERPRINT),
        ("falco:webhook", ("falco:webhook", "alertmanager"), (FINGERPRINT, "8b1c-uuid-of-falco"), FINGERPRINT),
        ("falco:webhook", (), (FINGERPRINT,), None),
        ("alertmanager", (), (), None),
    ],
)
def test_a_finding_that_alertmanager_told_of_names_its_newest_alert(
    source: str, sources: tuple[str, ...], events: tuple[str, ...], alert: str | None
) -> None:
    one = Finding(
        "R", "t", Severity.LOW, Identity(), Target(path="x"), 1.0, 2.0, source=source, events=events, sources=sources
    )
    found = alert_of(one, "c")
    assert (found.name if found else None) == alert
    if found is not None:
        assert parse(key_of(found), cluster="c") == parse(f"alert/{alert}", cluster="c") == found


def test_what_names_nothing_is_refused_with_a_form_that_works() -> None:
    with pytest.raises(BadInput, match="Write kind/name"):
        parse(FINGERPRINT)
