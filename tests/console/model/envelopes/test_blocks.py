"""A block is its lines, and a glimpse of them all at once tells what reading each would, or nothing."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.envelopes.blocks import Block
from console.model.envelopes.reading import read_lines
from console.model.glimpse import DECISION, Glimpse
from console.rules.view import outcome_of
from tests.console.rules.events import line

A, B = line({"verb": "get", "auditID": "a"}), line({"verb": "list", "auditID": "b"})


@pytest.mark.parametrize("text", [b"", b"\n", b"a", b"a\n", b"a\n\n", b"\na\nb", b"a\nb\n"])
def test_a_block_is_the_lines_of_its_text(text: bytes) -> None:
    block, lines = Block(text), text.split(b"\n")
    if not lines[-1]:
        lines.pop()

    assert list(block) == [block[at] for at in range(len(block))] == block[:] == lines
    assert [block[-1]] == lines[-1:] if lines else len(block) == 0
    with pytest.raises(IndexError):
        block[len(lines)]


def test_each_line_of_plain_events_is_glimpsed_with_or_without_a_last_end() -> None:
    for text in (A + b"\n" + B, A + b"\n" + B + b"\n"):
        assert [(one.audit_id, one.verb) for one in Block(text).glimpses()] == [("a", "get"), ("b", "list")]


@pytest.mark.parametrize(
    "text",
    [
        b'{"verb":"get","stage":"Panic","auditID":"x","requestObject":\n' + A + b"\n}\n" + B + B + B,
        b'{"verb":"get","stage":"Panic","auditID":"x","y":{\n' + A[1:] + b"\n}\n" + B + B,
        A + b"\n" + B + A,
        A + b"\n\n" + B,
        b'{"y":[{}\n' + A + b"\n" + B + B,
        A[:-1] + b"\n}\n" + B + B,
        A + b"\r\n" + B + b"\r\n",
        b" " + A,
        A + b"\n" + json.dumps({"message": B.decode()}).encode(),
        A + b"\n" + B.replace(b'"list"', b'""'),
        A + b"\n" + B.replace(b'"b"', b'""'),
        A + b"\n" + B.replace(b'"ResponseComplete"', b'""'),
        A + b"\n" + B.replace(b'"list"', b"7"),
        A + b"\n" + B.replace(b"jane", b"j\xffne"),
        A + b"\n{}",
        A + b"\n" + B[:-9],
        b"[" * 100_000,
        b"{" + b'"a":{' * 100_000 + b"}",
    ],
)
def test_a_line_that_is_no_event_or_may_hide_one_leaves_all_to_be_read(text: bytes) -> None:
    assert list(Block(text).glimpses()) == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "stage": st.sampled_from(["RequestReceived", "ResponseComplete", ""]),
        "verb": st.sampled_from(["get", "create", ""]),
        "user": st.fixed_dictionaries({}, optional={"username": st.text(max_size=4), "groups": _JSON, "extra": _JSON}),
        "impersonatedUser": st.none() | st.fixed_dictionaries({}, optional={"username": _JSON, "groups": _JSON}),
        "objectRef": st.none() | st.fixed_dictionaries({}, optional={"resource": st.text(max_size=4), "name": _JSON}),
        "responseStatus": st.fixed_dictionaries(
            {}, optional={"code": st.sampled_from([0, 200, 401, 403]), "status": st.just("Failure"), "message": _JSON}
        ),
        "requestURI": st.sampled_from(["/a", "/a?dryRun=All"]),
        "annotations": st.none() | st.dictionaries(st.sampled_from([DECISION, "x"]), st.just("forbid") | _JSON),
        "requestObject": _JSON,
    },
)


_PLAIN = {"auditID": "a", "stage": "ResponseComplete", "verb": "get", "user": {"username": "jane"}, "userAgent": "k/1"}


@given(st.lists(_FIELDS, min_size=1, max_size=4))
def test_a_glimpse_tells_of_an_event_what_reading_it_tells(fields: list[dict[str, object]]) -> None:
    text = b"\n".join(msgspec.json.encode(_PLAIN | one) for one in fields)
    glimpses = Block(text).glimpses()
    events, _ = read_lines(text.split(b"\n"))

    assert len(glimpses) in (0, len(events))
    for glimpse, event in zip(glimpses, events, strict=False):
        on = (event.object_ref.resource, event.object_ref.subresource) if event.object_ref else None
        assert (glimpse.audit_id, glimpse.stage, glimpse.verb) == (event.audit_id, event.stage, event.verb)
        assert (glimpse.user.username, glimpse.user_agent) == (event.user.username, event.user_agent)
        assert (glimpse.object_ref and msgspec.structs.astuple(glimpse.object_ref)) == on
        if glimpse.response_status is None or glimpse.response_status.code:  # else see `RuleSet.chooses_none`
            assert outcome_of(glimpse) == outcome_of(event)
        assert (glimpse.impersonated_user is None) is (event.impersonated_user is None)


def test_a_glimpse_has_no_field_that_an_event_has_not() -> None:
    wide = msgspec.json.decode(line({"annotations": {DECISION: "forbid", "x": "y"}, "level": "Metadata"}), type=Glimpse)
    assert wide.annotations is not None
    assert (wide.annotations.get(DECISION), wide.annotations.get("x")) == ("forbid", None)
