"""What the API server takes and a strict reader does not hides nothing: patches come into the log as they were sent."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.envelopes.mending import DEEPEST, LONGEST, mend
from console.rules.detector import Detector
from console.rules.offline import feed_lines, shipped_rules
from tests.console.rules.events import line

PRIVILEGED = (
    b'{"spec":{"template":{"spec":{"containers":[{"name":"web","securityContext":{"privileged":true}}]}}},'
    b'"metadata":{"annotations":{"x":%s}}}'
)
HIDING = {
    "half a surrogate pair": b'"\\ud800"',
    "bytes that are no UTF-8": b'"\xff\xfe"',
    "a number too large": b"1e999",
    "many digits": b"9" * 5000,
    "lists in lists": b"[" * 3000 + b"]" * 3000,
    "mappings in mappings": b'{"a":' * 3000 + b"1" + b"}" * 3000,
    "all at once": b'[1e999,"\xff\\ud800",' + b'[{"]}":' * 2000 + b"1" + b"}]" * 2000 + b"]",
}


def patch(value: bytes, subject: bytes = PRIVILEGED) -> bytes:
    """The API server's record of a patch: the body stands in it byte for byte."""
    event = line(
        {
            "verb": "patch",
            "objectRef": {"resource": "deployments", "apiGroup": "apps", "namespace": "shop", "name": "web"},
            "requestObject": {},
        }
    )
    assert b'"requestObject":{}' in event
    return event.replace(b'"requestObject":{}', b'"requestObject":' + subject % value)


@pytest.mark.parametrize("value", HIDING.values(), ids=HIDING)
def test_a_privileged_patch_is_found_whatever_else_is_in_it(value: bytes) -> None:
    detector = Detector(shipped_rules())
    assert feed_lines([patch(value)], detector) == 0
    assert "K8S-PRIVILEGED" in {one.rule for one in detector.findings()}


@pytest.mark.parametrize("value", HIDING.values(), ids=HIDING)
def test_a_privileged_patch_of_operations_is_found_too(value: bytes) -> None:
    operations = (
        b'[{"op":"add","path":"/metadata/annotations/x","value":%s},{"op":"replace",'
        b'"path":"/spec/template/spec/containers/0/securityContext","value":{"privileged":true}}]'
    )
    detector = Detector(shipped_rules())
    assert feed_lines([patch(value, operations)], detector) == 0
    assert "K8S-PRIVILEGED" in {one.rule for one in detector.findings()}


def test_what_is_kept_says_what_it_said() -> None:
    text = b'{"a":"\\ud83d\\ude00 \\\\ud800 \\" \\ud800","b":[1.5e3,-2,true,null],"c":"1e999"}'
    mended = mend(text)
    assert mended is not None
    assert json.loads(mended) == {"a": '😀 \\ud800 " \ufffd', "b": [1500.0, -2, True, None], "c": "1e999"}
    deep = mend(b"[" * (DEEPEST + 5) + b'"x"' + b"]" * (DEEPEST + 5))
    assert deep == b"[" * DEEPEST + b"null" + b"]" * DEEPEST


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(-1e100, 1e100) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=30,
    )
)
def test_what_a_strict_reader_takes_is_left_alone(value: Any) -> None:
    assert mend(msgspec.json.encode(value)) is None


@given(st.binary(max_size=300) | st.text('[]{}",:\\ud8001eE.-', max_size=200).map(str.encode))
def test_any_bytes_are_mended_or_left(record: bytes) -> None:
    mended = mend(record)
    assert mended is None or mend(mended) is None, "mended once is mended"


@pytest.mark.parametrize("filling", [b" " * LONGEST, b"[" * 20_000, b"[]" * 500_000], ids=["long", "deep", "much"])
def test_what_the_api_server_never_took_or_would_take_too_long_is_left(filling: bytes) -> None:
    assert mend(b'"\xff"') is not None
    assert mend(b'"\xff"' + filling) is None
