"""The ledger knows open streams, successful calls and groups of users, in bounded memory."""

from __future__ import annotations

import pytest

from console.rules import ledger as module
from console.rules.ledger import StreamLedger
from tests.console.rules.events import read

JANE = {"username": "jane", "groups": ["dev"]}
AT = {"requestReceivedTimestamp": "2026-11-23T07:00:00.000000Z"}


def _stream(stage: str, **more: object) -> dict[str, object]:
    on = {"resource": "pods", "subresource": "exec", "namespace": "shop", "name": "web"}
    status = {"code": 101}
    return {"auditID": "s1", "stage": stage, "objectRef": on, "responseStatus": status, "user": JANE} | AT | more


def test_a_stream_is_open_until_its_end_is_logged() -> None:
    ledger = StreamLedger()
    ledger.feed(read([_stream("ResponseStarted")]))
    assert [stream[:4] for stream in ledger.open_streams("jane")] == [("s1", "get", "shop/web", "exec")]
    assert ledger.open_streams("bob") == ()
    ledger.feed(read([_stream("ResponseComplete")]))
    assert ledger.open_streams("jane") == ()


@pytest.mark.parametrize(
    ("verb", "sub", "code"), [("get", "exec", 101), ("create", "attach", 101), ("create", "portforward", 101)]
)
def test_every_way_into_a_pod_is_a_stream(verb: str, sub: str, code: int) -> None:
    """Recorded as API servers write them; the test cluster itself has no attach."""
    on = {"resource": "pods", "namespace": "shop", "name": "web", "subresource": sub, "apiVersion": "v1"}
    uri = f"/api/v1/namespaces/shop/pods/web/{sub}?container=web&stdin=true&stdout=true&tty=true"
    ledger = StreamLedger()
    for stage, expected in (("ResponseStarted", [("s1", verb, "shop/web", sub)]), ("ResponseComplete", [])):
        ledger.feed(read([_stream(stage, verb=verb, objectRef=on, requestURI=uri, responseStatus={"code": code})]))
        assert [stream[:4] for stream in ledger.open_streams("jane")] == expected


def test_another_request_under_the_same_id_neither_ends_nor_hides_a_stream() -> None:
    ledger = StreamLedger()
    later = {"requestReceivedTimestamp": "2026-11-23T07:05:00.000000Z"}
    ledger.feed(read([_stream("ResponseStarted"), {"auditID": "s1", "user": JANE} | later]))
    assert len(ledger.open_streams("jane")) == 1
    ledger.feed(read([_stream("ResponseStarted", **later)]))
    assert len(ledger.open_streams("jane")) == 2


def test_a_stream_that_was_refused_is_not_open() -> None:
    ledger = StreamLedger()
    ledger.feed(read([_stream("ResponseStarted", responseStatus={"code": 403})]))
    assert ledger.open_streams("jane") == ()


def test_streams_of_an_impersonated_user_are_his() -> None:
    ledger = StreamLedger()
    ledger.feed(read([_stream("ResponseStarted", impersonatedUser={"username": "bob"})]))
    assert len(ledger.open_streams("bob")) == 1


def test_only_calls_that_succeeded_after_the_time_count() -> None:
    ledger = StreamLedger()
    ledger.feed(read([{"user": JANE}, {"user": JANE, "responseStatus": {"code": 403}}, {"user": JANE}]))
    start = 1_795_417_200.0  # 2026-11-23T07:00:00Z
    assert ledger.calls_since("jane", start - 1) == 2
    assert ledger.calls_since("jane", start + 1) == 1
    assert ledger.groups("jane") == ("dev",)


def test_it_tells_whether_a_request_arrived() -> None:
    ledger = StreamLedger()
    ledger.feed(read([{"auditID": "w1", "verb": "patch", "responseStatus": {"code": 409}}]))
    assert (ledger.arrived("w1"), ledger.arrived("w2")) == (409, None)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STREAMS", "USERS", "ARRIVED"):
        monkeypatch.setattr(module, name, 10)
    ledger = StreamLedger()
    ledger.feed(read([_stream("ResponseStarted", auditID=f"s{n}", user={"username": f"u{n}"}) for n in range(50)]))
    ledger.feed(read([{"user": {"username": f"u{n}"}} for n in range(50)]))
    assert max(len(ledger._open), len(ledger._calls), len(ledger._arrived)) <= 10


def test_open_streams_outlive_a_restart_and_what_it_cannot_know_is_said() -> None:
    """A stream of an intruder must not vanish from the books because the engine was started again."""
    before, after = StreamLedger(), StreamLedger()
    node = {"username": "system:node:node-1"}
    before.feed(read([_stream("ResponseStarted"), _stream("ResponseStarted", auditID="s2", user=node)]))

    after.restore(before.dump(), 1_800_000_000.0)

    assert after.open_streams("jane") == before.open_streams("jane") != ()
    assert after.open_streams("system:node:node-1") == (), "the control plane's own are not kept"
    assert after.blind_before == 1_800_000_000.0
    after.feed(read([_stream("ResponseComplete")]))
    assert after.open_streams("jane") == ()


def test_a_damaged_dump_is_an_empty_one() -> None:
    ledger = StreamLedger()
    ledger.restore("not json", 5.0)

    assert (ledger.open_streams("jane"), ledger.blind_before) == ((), 5.0)
