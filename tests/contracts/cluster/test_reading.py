"""Lists, pages, gets and watches."""

from __future__ import annotations

import json
from typing import Any

from console.ports.cluster import Request
from tests.contracts.cluster.ground import Ground
from tests.contracts.cluster.objects import account, pod, policy


async def test_a_get_of_what_is_not_there_is_404_with_a_status(cluster_under_test: Ground) -> None:
    reply = await cluster_under_test.send("GET", cluster_under_test.path("Pod", "nobody"))

    status = json.loads(reply.body)
    assert (reply.status, status["kind"], status["reason"]) == (404, "Status", "NotFound")


async def test_a_created_object_has_identity_and_version(cluster_under_test: Ground) -> None:
    made = await cluster_under_test.create(pod("web"))

    meta = made["metadata"]
    assert made["kind"] == "Pod"
    assert meta["namespace"] == cluster_under_test.namespace
    assert all(meta[key] for key in ("uid", "resourceVersion", "creationTimestamp"))
    assert (await cluster_under_test.get("Pod", "web") or {})["metadata"]["uid"] == meta["uid"]


async def test_a_list_is_given_in_pages_without_gap_or_double(cluster_under_test: Ground) -> None:
    names = [f"account-{number}" for number in range(7)]
    await cluster_under_test.create(*map(account, names))

    found: list[str] = []
    token = ""
    pages = 0
    while pages == 0 or token:
        query = (("limit", "3"), *((("continue", token),) if token else ()))
        page = cluster_under_test.read(
            await cluster_under_test.send("GET", cluster_under_test.path("ServiceAccount"), query=query)
        )
        assert page["kind"] == "ServiceAccountList"
        found += [item["metadata"]["name"] for item in page["items"]]
        token = page["metadata"].get("continue", "")
        pages += 1

    assert pages == 3
    assert sorted(found) == sorted(["default", *names])


async def test_a_list_without_namespace_covers_all(cluster_under_test: Ground) -> None:
    await cluster_under_test.create(account("here"))

    reply = await cluster_under_test.send("GET", "/api/v1/serviceaccounts")

    found = {(i["metadata"]["namespace"], i["metadata"]["name"]) for i in cluster_under_test.read(reply)["items"]}
    assert (cluster_under_test.namespace, "here") in found


async def test_a_label_selector_narrows_a_list(cluster_under_test: Ground) -> None:
    await cluster_under_test.create(pod("a", {"app": "a"}), pod("b", {"app": "b"}))

    found = await cluster_under_test.items("Pod", (("labelSelector", "app=a"),))

    assert [item["metadata"]["name"] for item in found] == ["a"]


async def test_a_watch_tells_every_change_after_a_version_in_order(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    before = ground.read(await ground.send("GET", ground.path("NetworkPolicy")))["metadata"]["resourceVersion"]
    made = await ground.create(policy("wall", {"app": "web"}))
    await ground.patch("NetworkPolicy", "wall", {"metadata": {"labels": {"seen": "1"}}})
    await ground.delete("NetworkPolicy", "wall")

    query = (("watch", "true"), ("resourceVersion", before), ("allowWatchBookmarks", "true"), ("timeoutSeconds", "20"))
    events = await _first_events(ground, Request("GET", ground.path("NetworkPolicy"), query), 3)

    assert [event["type"] for event in events] == ["ADDED", "MODIFIED", "DELETED"]
    assert {event["object"]["metadata"]["uid"] for event in events} == {made["metadata"]["uid"]}
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert versions == sorted(set(versions))


async def _first_events(ground: Ground, request: Request, count: int) -> list[dict[str, Any]]:
    """The first events that are no bookmarks."""
    events: list[dict[str, Any]] = []
    tail = b""
    async with ground.transport.stream(request, 30.0) as (reply, chunks):
        assert reply.status == 200
        async for chunk in chunks:
            *lines, tail = (tail + chunk).split(b"\n")
            events += [event for line in lines if line and (event := json.loads(line))["type"] != "BOOKMARK"]
            if len(events) >= count:
                break
    return events
