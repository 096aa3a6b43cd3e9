"""A record that is kept is whole JSON, so that whatever is secret in it is still known by its place."""

from __future__ import annotations

import json

import pytest

from console.hygiene.exporting import Exporter
from console.rules.detector import Detector
from console.rules.keeping import LIMIT, kept
from console.rules.offline import shipped_rules
from tests.console.rules.events import line, read

SECRET = {"resource": "secrets", "namespace": "shop", "name": "db"}


def test_a_small_record_is_kept_as_it_came() -> None:
    record = line({"auditID": "a"})

    assert kept(record) is record


@pytest.mark.parametrize("body", ["requestObject", "responseObject"])
def test_a_large_body_is_left_out_aloud_and_the_rest_stays(body: str) -> None:
    record = line({"auditID": "a", "verb": "create", body: {"x": "y" * LIMIT}})

    found = json.loads(kept(record))

    assert (found["auditID"], found["verb"]) == ("a", "create")
    assert found[body].endswith("bytes, left out here")


@pytest.mark.parametrize("record", [b"{" * (LIMIT + 1), b"x" * (LIMIT + 1), b'["' + b"x" * LIMIT + b'"]'])
def test_what_cannot_be_made_smaller_is_not_kept(record: bytes) -> None:
    assert kept(record) == b""


def test_a_record_too_large_to_keep_shows_no_value_of_a_secret() -> None:
    """Cut in the middle it was no JSON any more, and the values were shown as lines of text."""
    made = {"kind": "Secret", "data": {"password": "cGxhaW53b3JkY2FuYXJ5", "filling": "A" * LIMIT}}
    event = {"verb": "create", "objectRef": SECRET, "requestObject": made, "user": {"username": "eve"}}
    detector = Detector(shipped_rules())
    detector.feed(read([event]), [line(event)])

    found = [one.evidence for one in detector.findings()]

    assert found
    for evidence in found:
        shown = "\n".join(Exporter(b"incident").document(json.loads(evidence)))
        assert "cGxhaW53b3JkY2FuYXJ5" not in shown
        assert "eve" in shown
