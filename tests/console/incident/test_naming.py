"""How people read who it was: never a user where none is known."""

from __future__ import annotations

import pytest

from console.incident.naming import doer, doer_in_full
from console.model.identity import Identity


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
