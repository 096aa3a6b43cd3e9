"""The fault matrix of a watch, over real sockets: whatever the server does, the cache is right again or says it is not.

Waits are skipped by the clock and counted, so an outage of a minute takes a moment.
"""

from __future__ import annotations

import random

import pytest
from aiohttp import web

from console.cluster.live import LiveCluster
from console.model.objects import Obj
from tests.console.cluster.conftest import SECRET
from tests.console.cluster.faults import (
    Fault,
    FaultServer,
    SkippingClock,
    begin,
    bookmark,
    error_line,
    line,
    pod,
    refuse,
    say,
    say_and_go_on,
    status,
    transport_to,
    until,
)
from tests.console.cluster.hearing import Heard, live, names


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(say(), id="clean end"),
        pytest.param(say(reset=True), id="connection reset"),
        pytest.param(say(line("ADDED", pod("half", 7))[:40]), id="half a line, then a clean end"),
        pytest.param(say(line("ADDED", pod("half", 7))[:40], reset=True), id="half a line, then a reset"),
        pytest.param(say(error_line(410, "Expired", "too old resource version")), id="410 in the stream"),
        pytest.param(refuse(410, "Expired"), id="410 as status"),
        pytest.param(say(error_line(500, "InternalError", "etcd is tired")), id="500 in the stream"),
        pytest.param(refuse(429, "TooManyRequests", {"Retry-After": "2"}), id="429 with Retry-After"),
        pytest.param(refuse(500), id="500 as status"),
        pytest.param(refuse(503), id="503 as status"),
        pytest.param(refuse(504, "Timeout"), id="504 as status"),
        pytest.param(refuse(401, "Unauthorized"), id="401 once"),
        pytest.param(say(b"this is not JSON\n"), id="a garbage line"),
        pytest.param(say(b'{"type":"ADDED"}\n'), id="a line without object"),
        pytest.param(say(b"[" * 100_000 + b"\n"), id="a line nested 100,000 deep"),
        pytest.param(say(b'{"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"\xff"}}}\n'), id="not UTF-8"),
        pytest.param(say_and_go_on(line("TELEPORTED", pod("odd", 7))), id="an unknown event type"),
        pytest.param(
            say_and_go_on(b'{"type":"ADDED","object":{"kind":"Node","metadata":{"name":"n"}}}\n'), id="wrong kind"
        ),
        pytest.param(say_and_go_on(bookmark(150)), id="a bookmark with nulls"),
        pytest.param(say_and_go_on(b"\n\n"), id="empty lines"),
    ],
)
async def test_a_watch_survives(server: FaultServer, cluster: LiveCluster, fault: Fault) -> None:
    server.put("old")
    server.watches.append(fault)
    view = await live(cluster)
    await until(lambda: not server.watches)

    server.version += 100
    server.put("new")

    await until(lambda: names(view) == {"old", "new"})
    await until(lambda: view.health.state == "live")


async def test_no_event_is_lost_or_doubled_by_a_thousand_cuts(server: FaultServer, cluster: LiveCluster) -> None:
    """F1: the stream ends at any byte; every object change is told exactly once, versions never go back."""
    chance = random.Random(20261123)

    async def cut(server: FaultServer, request: web.Request) -> web.StreamResponse:
        if len(cuts) < 1000:
            server.put(f"pod-{len(cuts) % 7}", phase=f"phase {len(cuts)}")
        text = server.pending(int(request.query["resourceVersion"]))
        cuts.append(chance.randrange(len(text) + 1))
        response = await begin(request)
        await response.write(text[: cuts[-1]])
        if chance.random() < 0.5 and request.transport:
            request.transport.abort()
        return response

    cuts: list[int] = []
    heard = Heard(cluster)
    server.put("start")
    server.watches.extend([cut] * 1000)
    view = await live(cluster)

    await until(lambda: len(cuts) >= 1000, 60)
    final = server.put("pod-0", phase="final")

    await until(
        lambda: (
            (found := view.get("shop", "pod-0")) is not None
            and found.metadata.resource_version == final["metadata"]["resourceVersion"]
        )
    )
    assert heard.of("listed") == ["start"]
    assert heard.went_back == 0
    told = len(heard.of("created")) + len(heard.of("updated"))
    assert told == 1001


async def test_what_vanished_while_history_was_lost_is_told_as_deleted(
    server: FaultServer, cluster: LiveCluster
) -> None:
    """F2: 410 leads to a new list, and to a `deleted` for each object that is no longer there."""
    server.put("stays")
    server.put("goes")
    heard = Heard(cluster)
    view = await live(cluster)

    async def expire(server: FaultServer, request: web.Request) -> web.StreamResponse:
        server.remove("goes")
        server.put("comes")
        server.forget_history()
        return status(410, "Expired", "too old resource version")

    await server.watched()
    server.watches.append(expire)
    await server.hang_up()

    await until(lambda: names(view) == {"stays", "comes"})
    assert heard.of("deleted") == ["goes"]
    assert heard.of("created") == ["comes"]


async def test_an_object_made_again_under_its_name_is_deleted_and_created(
    server: FaultServer, cluster: LiveCluster
) -> None:
    server.put("web")
    heard = Heard(cluster)
    view = await live(cluster)
    before = view.get("shop", "web")

    del server.pods["web"]
    server.put("web")

    await until(lambda: len(heard.changes) == 3)
    after = view.get("shop", "web")
    assert heard.changes == [("listed", "web"), ("deleted", "web"), ("created", "web")]
    assert before is not None
    assert after is not None
    assert before.metadata.uid != after.metadata.uid
    assert len(view) == 1


async def test_a_list_that_expires_between_pages_starts_again(server: FaultServer, cluster: LiveCluster) -> None:
    for number in range(1200):
        server.pods[f"pod-{number:04}"] = pod(f"pod-{number:04}", number + 1)
    heard = Heard(cluster)

    async def expired(server: FaultServer, request: web.Request) -> web.StreamResponse:
        return status(410, "Expired", "The provided continue parameter is too old")

    server.lists.extend([FaultServer.list, expired])
    view = await live(cluster)

    assert len(view) == 1200
    assert len(heard.of("listed")) == 1200


async def test_strange_objects_are_counted_and_kept_by_name(server: FaultServer, cluster: LiveCluster) -> None:
    """F7: an object that is not as it should be must not be hidden, nor hide others."""
    odd = pod("odd", 7)
    odd["spec"] = {"containers": None, "volumes": "none", "hostNetwork": "very"}
    server.pods["odd"] = odd
    server.put("good")

    view = await live(cluster)

    assert names(view) == {"odd", "good"}


async def test_an_object_of_1_5_mb_and_a_line_of_17_mb_are_survived(server: FaultServer, cluster: LiveCluster) -> None:
    big = pod("big", 101)
    big["metadata"]["annotations"] = {"note": "x" * 1_500_000}
    huge = pod("huge", 102)
    huge["metadata"]["annotations"] = {"note": "x" * (17 << 20)}
    server.watches.append(say_and_go_on(line("ADDED", big), line("ADDED", huge)))
    heard = Heard(cluster)

    view = await live(cluster)
    await until(lambda: "big" in heard.of("created"))
    server.put("after")

    await until(lambda: names(view) == {"after"}, 30)


async def test_a_page_over_the_limit_is_asked_for_again_at_half_the_size(
    server: FaultServer, clock: SkippingClock
) -> None:
    """S5: large objects shrink the page, never the pane."""
    for number in range(30):
        server.put(f"pod-{number}", annotations={"note": "x" * 100_000})
    cluster = LiveCluster(transport_to(server, clock, max_body=1 << 20), clock, SECRET)

    view = await live(cluster)

    limits = [int(seen.query["limit"]) for seen in server.seen if not seen.watches]
    assert len(view) == 30
    assert limits == [400, 200, 100, 50, 25, 12, 6, 6, 6, 6, 6]
    await cluster.close()


async def test_a_list_of_another_kind_is_garbage_and_tried_again(server: FaultServer, cluster: LiveCluster) -> None:
    async def nodes(server: FaultServer, request: web.Request) -> web.StreamResponse:
        return web.json_response({"kind": "NodeList", "metadata": {"resourceVersion": "1"}, "items": []})

    server.lists.append(nodes)
    server.put("web")

    view = await live(cluster)

    assert names(view) == {"web"}


async def test_null_lists_are_empty_lists(server: FaultServer, cluster: LiveCluster) -> None:
    async def null(server: FaultServer, request: web.Request) -> web.StreamResponse:
        return web.json_response({"kind": "PodList", "metadata": {"resourceVersion": "5"}, "items": None})

    server.lists.append(null)

    view = await live(cluster)

    assert len(view) == 0


async def test_a_listener_that_fails_does_not_end_the_watch(server: FaultServer, cluster: LiveCluster) -> None:
    def broken(verb: str, kind: str, obj: Obj, previous: Obj | None) -> None:
        raise ValueError("a defect")

    cluster.listen(broken)
    heard = Heard(cluster)
    server.put("web")

    view = await live(cluster)
    server.put("more")

    await until(lambda: names(view) == {"web", "more"})
    assert heard.changes == [("listed", "web"), ("created", "more")]


async def test_a_defect_of_ours_marks_the_kind_and_is_tried_again(
    server: FaultServer, cluster: LiveCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("web")
    view = await live(cluster)

    def defect(self: object, line: bytes) -> object:
        raise KeyError("x")

    monkeypatch.setattr("console.cluster.decoding.KindDecoder.change", defect)
    server.put("more")
    await until(lambda: view.health.state == "stale" or len(view) == 2)
    monkeypatch.undo()

    await until(lambda: names(view) == {"web", "more"})


async def test_last_applied_and_managed_field_names_are_dropped_at_decode(
    server: FaultServer, cluster: LiveCluster
) -> None:
    secret = "planted-secret-1"
    server.put(
        "web",
        annotations={"kubectl.kubernetes.io/last-applied-configuration": secret, "note": "kept"},
        managedFields=[
            {"manager": "kubectl", "operation": "Apply", "time": "2026-11-20T08:00:00Z", "fieldsV1": {"f:x": {}}}
        ],
    )

    view = await live(cluster)

    found = view.get("shop", "web")
    assert found is not None
    assert found.metadata.annotations == {"note": "kept"}
    assert [field.manager for field in found.metadata.managed_fields or ()] == ["kubectl"]
    assert secret not in repr(found)


async def test_every_request_carries_a_different_id_of_ours(server: FaultServer, cluster: LiveCluster) -> None:
    server.watches.extend([say(), say()])
    await live(cluster)
    await until(lambda: len(server.seen) >= 4)

    ids = [seen.headers["Audit-ID"] for seen in server.seen]
    assert len(set(ids)) == len(ids)
    assert all(map(cluster.owns, ids))
    assert not cluster.owns("6a1b2c3d-0000-4000-8000-000000000000")
