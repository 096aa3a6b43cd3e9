"""What the way to Alertmanager's silences promises, of a real server and of the scripted one that knows faults too."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from console.errors import ApiStatus, Unreachable
from console.model.silence import Matcher
from console.ports.cluster import Reply, Request
from console.sources.alertmanager.silences import AlertmanagerSilences
from console.sources.fetching import Access
from tests.console.sources.alertmanager.test_polling import alert
from tests.means import alertmanager as real
from tests.means import scripted_alertmanager as scripted

Server = real.Alertmanager | scripted.ScriptedAlertmanager
MARKER = "[cabcdefghij]"


@pytest.fixture(params=["real", "scripted"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "real":
        yield request.getfixturevalue("alertmanager")
        return
    with scripted.running() as one:
        yield one


@pytest.fixture
def faulty() -> Iterator[scripted.ScriptedAlertmanager]:
    with scripted.running() as one:
        one.post(alert("Slow"))
        yield one


@asynccontextmanager
async def reaching(server: Server, token: str = "") -> AsyncIterator[AlertmanagerSilences]:
    one = AlertmanagerSilences(server.url, Access(token))
    try:
        yield one
    finally:
        await one.close()


def made(*matchers: Matcher, comment: str = f"x {MARKER}") -> Request:
    body = {
        "matchers": [{"name": m.name, "value": m.value, "isRegex": m.regex, "isEqual": m.equal} for m in matchers],
        "startsAt": "2020-01-01T00:00:00.000Z", "endsAt": "2090-01-01T00:00:00.000Z", "createdBy": "ana",
        "comment": comment,
    }  # fmt: skip
    return Request("POST", "/api/v2/silences", body=json.dumps(body).encode())


async def test_what_fires_is_found_by_matchers_and_by_fingerprint(server: Server) -> None:
    server.post(alert("Slow", pod='a"b\\c'), alert("Slow", pod="d"), alert("KubeAPIDown"))
    async with reaching(server) as one:
        everything = await one.firing()
        found = await one.firing((Matcher("alertname", "Slow"), Matcher("pod", 'a"b\\c')))
        assert (len(everything), [dict(one.labels)["pod"] for one in found]) == (3, ['a"b\\c'])
        assert (found[0].name, found[0].state, found[0].silenced_by) == ("Slow", "active", ())
        assert await one.alert(found[0].fingerprint) == found[0]
        assert await one.alert("0" * 16) is None


async def test_a_silence_is_made_found_by_its_marker_and_ended(server: Server) -> None:
    server.post(alert("Slow"), alert("KubeAPIDown"))
    async with reaching(server) as one:
        assert await one.find(MARKER) is None
        reply = await one.send(made(Matcher("alertname", "Slow")))
        found = await one.find(MARKER)
        assert found is not None
        assert (reply.status, reply.json()) == (200, {"silenceID": found.id})
        assert (found.state, found.by, found.matchers) == ("active", "ana", (Matcher("alertname", "Slow"),))
        assert found == await one.silence(found.id)
        (slow,) = await one.firing((Matcher("alertname", "Slow"),))
        assert (slow.state, slow.silenced_by) == ("suppressed", (found.id,))

        delete = Request("DELETE", f"/api/v2/silence/{found.id}")
        assert (await one.send(delete)).status == 200
        ended = await one.silence(found.id)
        assert ended is not None
        assert ended.state == "expired"
        assert (await one.send(delete)).status == 200, "what is over ends again"
        assert [alert.state for alert in await one.firing()] == ["active", "active"]


async def test_of_two_that_bear_the_marker_the_active_one_counts(server: Server) -> None:
    async with reaching(server) as one:
        first = (await one.send(made(Matcher("a", "b")))).json()["silenceID"]
        await one.send(Request("DELETE", f"/api/v2/silence/{first}"))
        second = (await one.send(made(Matcher("a", "c")))).json()["silenceID"]
        found = await one.find(MARKER)
        assert (found.id if found else "") == second


async def test_what_is_not_there_and_what_is_wrong_is_told_apart(server: Server) -> None:
    async with reaching(server) as one:
        assert await one.silence("3d2f0c1e-1111-4222-8333-444455556666") is None
        assert (await one.send(made())).status == 422
        assert await one.find("") is None


# Faults that no real server can be asked to have.


@pytest.mark.parametrize(
    ("fault", "said", "code"),
    [("refused", "refuses us", 401), ("redirected", "it redirects", 302), ("broken", "no leader", 503)],
)
async def test_a_refusal_is_told_with_its_number_and_without_the_token(
    faulty: scripted.ScriptedAlertmanager, fault: str, said: str, code: int
) -> None:
    faulty.fault = fault
    async with reaching(faulty, token="hunter2") as one:
        with pytest.raises(ApiStatus, match=said) as caught:
            await one.firing()
        assert (await one.send(made(Matcher("a", "b")))).status == code
    assert caught.value.code == code
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("fault", ["cut", "cut after", "garbage"])
async def test_no_answer_and_no_sense_are_no_answer(faulty: scripted.ScriptedAlertmanager, fault: str) -> None:
    faulty.fault = fault
    async with reaching(faulty) as one:
        with pytest.raises(Unreachable, match=r"Alertmanager"):
            await one.firing()
        with pytest.raises(Unreachable, match=r"Alertmanager"):
            await one.find(MARKER)


@pytest.mark.parametrize(("fault", "there"), [("cut", 0), ("cut after", 1), ("slow", 1)])
async def test_a_write_is_sent_once_whether_it_was_carried_out_or_not(
    faulty: scripted.ScriptedAlertmanager, fault: str, there: int
) -> None:
    faulty.fault = fault
    async with reaching(faulty) as one:
        with pytest.raises(Unreachable):
            await one.send(made(Matcher("a", "b")), within=0.3)
        faulty.fault = ""
        assert faulty.arrived == ["POST /api/v2/silences"]
        found = await one.find(MARKER)
    assert len(faulty.silences) == there
    assert (found is not None) is bool(there)


async def test_a_reply_that_is_no_json_is_no_success_of_anything(faulty: scripted.ScriptedAlertmanager) -> None:
    faulty.fault = "garbage"
    async with reaching(faulty) as one:
        reply: Reply = await one.send(made(Matcher("a", "b")))
    with pytest.raises(Unreachable):
        reply.json()
