"""Watches of the simulated cluster: what the contract suite cannot make happen on a real one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from console.drill.watching import BOOKMARK_EVERY
from console.ports.cluster import Request
from tests.console.drill.lab import Lab

_PATH = "/api/v1/namespaces/shop/serviceaccounts"


async def _watch(lab: Lab, query: dict[str, str]) -> list[dict[str, Any]]:
    """All events until the watch ends."""
    pairs = (("watch", "true"), *query.items())
    async with lab.transport.stream(Request("GET", _PATH, pairs), 5.0) as (reply, chunks):
        assert reply.status == 200
        return [json.loads(line) async for chunk in chunks for line in chunk.splitlines()]


async def test_a_forgotten_position_ends_in_an_error_event_410(lab: Lab) -> None:
    lab.server.store.forget()

    [event] = await _watch(lab, {"resourceVersion": "7"})

    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")


async def test_bookmarks_come_in_time_and_the_watch_ends_in_time(lab: Lab) -> None:
    query = {"resourceVersion": str(lab.server.store.revision), "allowWatchBookmarks": "true", "timeoutSeconds": "120"}
    reading = asyncio.create_task(_watch(lab, query))

    await lab.wait(2 * BOOKMARK_EVERY + 25)
    events = await reading

    assert [event["type"] for event in events] == ["BOOKMARK"] * 3
    assert set(events[0]["object"]["metadata"]) == {"resourceVersion"}


async def test_without_a_position_the_present_comes_first(lab: Lab) -> None:
    reading = asyncio.create_task(_watch(lab, {"timeoutSeconds": "5"}))

    await lab.wait(6)
    events = await reading

    assert {event["type"] for event in events} == {"ADDED"}
    assert "deployer" in {event["object"]["metadata"]["name"] for event in events}


async def test_a_closed_watch_leaves_its_end_in_the_audit_log(lab: Lab) -> None:
    async with lab.transport.stream(Request("GET", _PATH, (("watch", "1"),)), 5.0):
        started = lab.events()[-1]

    ended = lab.events()[-1]
    assert (started["verb"], started["stage"]) == ("watch", "ResponseStarted")
    assert (ended["auditID"], ended["stage"]) == (started["auditID"], "ResponseComplete")


async def test_old_pages_expire_with_410(lab: Lab) -> None:
    first = lab.send("GET", f"{_PATH}?limit=1").json()["metadata"]["continue"]
    for _ in range(70):
        lab.send("GET", f"{_PATH}?limit=1")

    reply = lab.send("GET", f"{_PATH}?limit=1&continue={first}")

    assert (reply.status, reply.json()["reason"]) == (410, "Expired")
