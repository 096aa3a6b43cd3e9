"""Silences and alerts with their status out of Alertmanager's lists, whatever else stands in them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.envelopes.silences import firing_of, silence_of
from console.model.silence import Matcher, Silence

LISTED: dict[str, Any] = {
    "id": "e87c8fd6-ea23-4282-94c3-7e9c4dcb9544",
    "status": {"state": "active"},
    "updatedAt": "2026-11-24T06:18:00.000Z",
    "comment": "quiet",
    "createdBy": "ana",
    "startsAt": "2026-11-24T06:18:00.000Z",
    "endsAt": "2026-11-24T08:18:00.000Z",
    "matchers": [
        {"isEqual": True, "isRegex": False, "name": "alertname", "value": "Slow"},
        {"isRegex": True, "name": "pod", "value": "web-.*"},
        {"isEqual": False, "isRegex": False, "name": "team", "value": "a"},
    ],
}
"""As Alertmanager 0.25 lists it; the second matcher as servers before 0.22 do."""
ALERT: dict[str, Any] = {
    "labels": {"alertname": "Slow", "pod": "web-1"}, "fingerprint": "3f9a11c2d4e5f607",
    "startsAt": "2026-11-23T07:01:00.936Z",
    "status": {"inhibitedBy": ["x"], "silencedBy": ["y", "z"], "state": "suppressed"},
}  # fmt: skip


def test_a_silence_is_read_with_its_matchers_and_times() -> None:
    one = silence_of(LISTED)
    assert one is not None
    assert (one.id, one.state, one.by, one.comment, one.ends - one.starts) == (
        LISTED["id"], "active", "ana", "quiet", 7200.0,
    )  # fmt: skip
    assert one.matchers == (
        Matcher("alertname", "Slow"), Matcher("pod", "web-.*", regex=True), Matcher("team", "a", equal=False),
    )  # fmt: skip


def test_an_alert_is_read_with_what_keeps_it_quiet() -> None:
    one = firing_of(ALERT)
    assert one is not None
    assert (one.name, one.state, one.silenced_by, one.inhibited_by) == ("Slow", "suppressed", ("y", "z"), ("x",))
    assert one.alert is not None
    assert one.alert.id == one.fingerprint == "3f9a11c2d4e5f607"


@pytest.mark.parametrize("field", ["id", "status"])
def test_what_is_no_silence_is_none(field: str) -> None:
    assert silence_of({**LISTED, field: None}) is None
    assert silence_of(ALERT) is None
    assert firing_of(LISTED) is None


def test_odd_fields_stay_empty() -> None:
    odd = {"id": "1", "status": {"state": "active"}, "matchers": {"a": 1}, "endsAt": "9" * 40, "createdBy": []}
    assert silence_of(odd) == Silence("1", "active", ())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*LISTED, *ALERT]), JSON) | JSON)
def test_no_json_ends_it(value: Any) -> None:
    silence_of(value)
    firing_of(value)
