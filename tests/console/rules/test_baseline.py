"""What is seen for the first time: of identities and addresses that are known, and of nobody else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from console.model.audit import AuditEvent
from console.model.envelopes.reading import read_lines
from console.rules import baseline as module
from console.rules.baseline import Baseline, News, hour_of, network_of, program_of
from console.rules.deeds import deed_of
from console.rules.detector import Detector
from console.rules.offline import shipped_rules
from tests.console.rules.events import line, whole

JANE: dict[str, Any] = {"user": {"username": "jane", "groups": ["dev"]}}
API: dict[str, Any] = {
    "user": {"username": "system:serviceaccount:shop:api"},
    "userAgent": "api/1.0",
    "sourceIPs": ["10.244.1.9"],
}
NODE: dict[str, Any] = {
    "user": {"username": "system:node:n1"},
    "userAgent": "kubelet/v1.33.1",
    "sourceIPs": ["10.0.0.4"],
}
LAST = 71
"""The last hour of the three days of habits."""


def at(partial: dict[str, Any], hour: int, minute: int = 0) -> AuditEvent:
    """The event in an hour after the first of November."""
    moment = f"2026-11-{1 + hour // 24:02}T{hour % 24:02}:{minute:02}:00.000000Z"
    event = whole(partial | {"requestReceivedTimestamp": moment, "stageTimestamp": moment})
    ((read,), _) = read_lines([msgspec.json.encode(event)])
    return read


def used_to(*partials: dict[str, Any], hours: Iterable[int] = range(LAST + 1)) -> Baseline:
    """A baseline that saw these in every hour of three days."""
    usual = Baseline()
    for hour in hours:
        for one in partials:
            usual.meet(at(one, hour))
    return usual


def test_the_usual_is_no_news_and_an_upgrade_neither() -> None:
    usual = used_to(JANE, API)

    assert usual.meet(at(JANE, 72)) is None
    assert usual.meet(at(API | {"userAgent": "api/2.7.1 (linux/arm64)"}, 72)) is None
    assert usual.meet(at(API | {"sourceIPs": ["10.244.200.3"]}, 72)) is None


@pytest.mark.parametrize(
    ("other", "news"),
    [
        ({"userAgent": "curl/8.5.0"}, News(agent="curl", usual=("api",))),
        ({"sourceIPs": ["198.51.99.7"]}, News(network="198.51.99.0/24", usual=("10.244.0.0/16",))),
        ({"user": API["user"] | {"groups": ["ops"]}}, News(groups=("ops",))),
        ({"verb": "get", "objectRef": {"resource": "secrets", "name": "db"}}, News(deed="read secrets")),
        ({"verb": "create", "objectRef": {"resource": "pods", "subresource": "exec"}}, News(deed="exec pods")),
        ({"verb": "list", "objectRef": {"resource": "services"}}, None),
    ],
)
def test_each_thing_that_a_known_workload_does_otherwise_is_news(other: dict[str, Any], news: News | None) -> None:
    assert used_to(API).meet(at(API | other, 72)) == news


def test_news_stays_news_for_all_of_the_day_and_for_every_request() -> None:
    usual = used_to(API)
    stolen = API | {"userAgent": "curl/8.5.0"}

    met = [usual.meet(at(stolen, 72 + hour, minute)) for hour in range(24) for minute in range(0, 60, 7)]

    assert all(one is not None and one.agent == "curl" for one in met)


def test_of_who_is_new_nothing_is_news_and_nobody_without_a_credential_is_anybody() -> None:
    usual = used_to(API)
    anonymous = {"user": {"username": "system:anonymous"}, "sourceIPs": ["198.51.99.7"]}
    refused = API | {"userAgent": "curl/8", "responseStatus": {"code": 401}}

    assert usual.meet(at({"user": {"username": "new"}, "sourceIPs": ["10.9.9.9"]}, 72)) is None
    assert [usual.meet(at(one, 72)) for one in (anonymous, refused)] == [None, None]


def test_another_identity_in_the_place_of_a_workload_is_news_while_that_is_there() -> None:
    usual = used_to(API)
    other = {"user": {"username": "system:serviceaccount:shop:admin"}, "userAgent": "api/1.0"}
    beside = at(other | {"sourceIPs": API["sourceIPs"]}, 73)

    assert usual.meet(beside) == News(caller="system:serviceaccount:shop:admin", beside=("account",))
    assert used_to(API).meet(at(other | {"sourceIPs": API["sourceIPs"]}, 90)) is None, (
        "the pod's address went to another"
    )
    assert used_to(API).meet(at(other | {"sourceIPs": ["10.244.1.10"]}, 72)) is None


def test_a_gateway_of_many_callers_says_nothing_of_one_more() -> None:
    many = [JANE | {"user": {"username": f"person-{number}"}} for number in range(module.CALLERS + 1)]

    assert used_to(*many).meet(at(JANE | {"user": {"username": "one more"}}, 72)) is None


def test_what_is_known_is_known_to_the_next_engine_too() -> None:
    usual, later = used_to(JANE, NODE), Baseline()
    before = usual.dump()
    later.remember(before)

    assert later.dump() == before
    assert (later.known, later.young) == (usual.known, usual.young) == (4, 0)
    assert later.meet(at(JANE, 72)) is None
    assert later.meet(at(JANE | {"userAgent": "k9s/0.32"}, 72)) == News(agent="k9s", usual=("kubectl",))
    assert later.dump() != before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"user jane": 7}', '{"user jane": [[1, 2, 3], true, {"agent": 1}]}'])
def test_a_memory_that_cannot_be_read_is_learned_anew(text: str) -> None:
    usual = Baseline()
    usual.remember(text)

    assert usual.meet(at(JANE, 72)) is None


def test_a_flood_of_identities_pushes_out_none_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SUBJECTS", 50)
    usual = used_to(API)
    for number in range(500):
        usual.meet(
            at({"user": {"username": f"made-up-{number}"}, "sourceIPs": [f"10.3.{number // 250}.{number % 250}"]}, 72)
        )

    assert usual.young == 50
    assert usual.meet(at(API | {"userAgent": "curl/8"}, 72)) == News(agent="curl", usual=("api",))


def test_programs_made_up_by_the_thousand_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MET", 100)
    usual = used_to(API)
    met = [
        usual.meet(at(API | {"userAgent": f"tool{letter}{number}x/{'y' * 400}"}, 72))
        for letter in "abc"
        for number in range(200)
    ]

    assert all(one is not None for one in met)
    assert len(usual._met) <= 100
    assert len(usual.dump()) < 20_000


def test_an_event_without_a_time_teaches_nothing() -> None:
    usual = used_to(API)
    timeless = at(API | {"userAgent": "curl/8"}, 72)
    timeless.request_received_timestamp = timeless.stage_timestamp = "yesterday"

    assert hour_of(timeless) == 0
    assert usual.meet(timeless) is None


@pytest.mark.parametrize(
    ("agent", "program"),
    [
        ("kubectl/v1.33.1 (linux/amd64) kubernetes/8adc0f0", "kubectl"),
        ("Helm/3.15.1", "helm"),
        ("rancher-agent-1.2.3", "rancher-agent"),
        ("kube-state-metrics/v2.9 (linux/amd64)", "kube-state-metrics"),
        ("Go-http-client/2.0", "go-http-client"),
        ("Mozilla/5.0 (X11)", "mozilla"),
        ("", "(none)"),
        ("123 weird", "123 weird"),
    ],
)
def test_a_program_is_named_without_its_version(agent: str, program: str) -> None:
    assert program_of(agent) == program


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("10.1.2.3", "10.1.0.0/16"),
        ("::ffff:10.1.2.3", "10.1.0.0/16"),
        ("81.2.69.142", "81.2.69.0/24"),
        ("2001:4860:4860::8888", "2001:4860:4860::/48"),
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("not an address", ""),
    ],
)
def test_a_network_is_as_large_as_what_moves_in_it_every_day(ip: str, network: str) -> None:
    assert network_of(ip) == network


def test_informers_that_list_once_and_watch_for_days_do_one_deed() -> None:
    assert deed_of("list", "secrets", "") == deed_of("watch", "secrets", "") == "list secrets"
    assert deed_of("get", "secrets", "") == "read secrets"
    assert deed_of("patch", "clusterroles", "") == deed_of("create", "clusterroles", "") == "write clusterroles"
    assert deed_of("get", "pods", "exec") == "exec pods"
    assert deed_of("update", "pods", "status") == deed_of("get", "pods", "") == ""


def test_a_credential_that_was_stolen_is_found_and_its_owner_goes_on_in_peace() -> None:
    detector = Detector(shipped_rules())
    for hour in range(LAST + 1):
        detector.feed([at(API, hour), at(NODE, hour)])
    assert detector.findings() == []

    detector.feed([at(API, 72), at(NODE, 72)])
    detector.feed(
        [
            at(
                API | {"verb": "get", "objectRef": {"resource": "secrets", "namespace": "shop", "name": "db"}} | stolen,
                72,
            )
            for stolen in ({"userAgent": "curl/8.5.0"}, {"userAgent": "curl/8.5.0", "sourceIPs": ["198.51.99.7"]})
        ]
    )

    found = {one.rule: one for one in detector.findings() if one.rule.startswith("K8S-FIRST")}
    assert set(found) == {"K8S-FIRST-AGENT", "K8S-FIRST-NETWORK", "K8S-FIRST-DEED", "K8S-FIRST-SECRET-READER"}
    assert found["K8S-FIRST-AGENT"].note == "first.agent: curl; first.usual: api"
    assert found["K8S-FIRST-SECRET-READER"].severity == "high"
    assert {one.who.user for one in found.values()} == {API["user"]["username"]}


def test_skimming_and_reading_in_full_find_the_same_news(tmp_path: Any) -> None:
    from console.rules.offline import feed_file

    def moment(hour: int) -> dict[str, str]:
        text = f"2026-11-{1 + hour // 24:02}T{hour % 24:02}:00:00.000000Z"
        return {"requestReceivedTimestamp": text, "stageTimestamp": text}

    everyday = [one | moment(hour) for hour in range(LAST + 1) for one in (API, NODE, JANE) for _ in range(3)]
    stolen = [API | {"userAgent": "curl/8"} | moment(72), *[one | moment(73) for one in (API, NODE, JANE)] * 3]
    lines = [line(one) for one in (*everyday, *stolen)]
    path = tmp_path / "audit.log"
    path.write_bytes(b"\n".join(lines))
    skimmed, whole_ = Detector(shipped_rules()), Detector(shipped_rules())

    feed_file(str(path), skimmed)
    whole_.feed(*read_lines(lines))

    assert [(one.rule, one.count) for one in skimmed.findings()] == [(one.rule, one.count) for one in whole_.findings()]
    assert {one.rule for one in skimmed.findings()} >= {"K8S-FIRST-AGENT"}
    assert skimmed.baseline.dump() == whole_.baseline.dump()
