"""Matchers are written so that Alertmanager and amtool read back what was meant; security is told by labels."""

from __future__ import annotations

import pytest

from console.model.envelopes.alertmanager import signal_of
from console.model.silence import Firing, Matcher


@pytest.mark.parametrize(
    ("matcher", "text"),
    [
        (Matcher("alertname", "KubeAPIDown"), 'alertname="KubeAPIDown"'),
        (Matcher("a", 'x"y\\z\n', regex=True), 'a=~"x\\"y\\\\z\\n"'),
        (Matcher("a", "b", equal=False), 'a!="b"'),
        (Matcher("a", "b|c", regex=True, equal=False), 'a!~"b|c"'),
        (Matcher('odd "name', "b"), '"odd \\"name"="b"'),
    ],
)
def test_a_matcher_is_written_so_that_nothing_breaks_out_of_it(matcher: Matcher, text: str) -> None:
    assert str(matcher) == text


@pytest.mark.parametrize(
    ("labels", "security"),
    [
        ({}, False),
        ({"tags": "prod,web"}, False),
        ({"category": "security"}, True),
        ({"tags": "mitre_credential_access"}, True),
        ({"technique": "T1552.001"}, True),
        ({"tactic": "Lateral-Movement"}, True),
        ({"source": "falco", "rule": "Terminal shell in container", "priority": "Notice"}, True),
    ],
)
def test_what_is_about_security_is_told_by_its_labels(labels: dict[str, str], security: bool) -> None:
    record = {"labels": {"alertname": "a", **labels}, "startsAt": "2026-11-23T07:01:00Z", "fingerprint": "f"}
    assert Firing("f", (), alert=signal_of(record)).is_security is security


def test_an_alert_nobody_can_read_is_not_taken_for_security() -> None:
    assert not Firing("f", (("alertname", "a"),)).is_security
    assert (Firing("f", (("alertname", "a"),)).name, Firing("f", ()).name) == ("a", "f")
