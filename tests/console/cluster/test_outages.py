"""A watch in trouble that lasts: outages, silence, lost history, missing rights; how often it asks and what it says.

Waits are skipped by the clock and counted, so an outage of a minute takes a moment.
"""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import pairwise

import pytest
from aiohttp import web

from console.cluster.live import LiveCluster
from console.ports.clock import ManualClock
from tests.console.cluster.conftest import SECRET
from tests.console.cluster.faults import (
    Fault,
    FaultServer,
    SkippingClock,
    begin,
    bookmark,
    line,
    pod,
    refuse,
    say,
    say_and_fall_silent,
    serving,
    status,
    transport_to,
    until,
)
from tests.console.cluster.hearing import live, names


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}], ids=["plain", "with Retry-After"])
async def test_an_outage_costs_at_most_eight_requests_a_minute(
    server: FaultServer, cluster: LiveCluster, clock: SkippingClock, headers: dict[str, str]
) -> None:
    """F3, with the least jitter there can be."""
    server.put("web")
    view = await live(cluster)
    await server.watched()
    before = len(server.seen)
    began = clock.monotonic()
    server.always = refuse(503, headers=headers)
    await server.hang_up()

    await until(lambda: clock.monotonic() - began > 300)
    ended, after = clock.monotonic(), len(server.seen)
    server.always = None
    server.put("after")
    await until(lambda: names(view) == {"web", "after"})

    times = [seen.at for seen in server.seen[before:after]]
    assert max(sum(start <= at < start + 60 for at in times) for start in times) <= 8
    assert server.seen[after].at - ended <= 35


async def test_during_an_outage_the_data_stays_and_says_since_when_it_is_stale(
    server: FaultServer, cluster: LiveCluster, clock: SkippingClock
) -> None:
    server.put("web")
    view = await live(cluster)
    await server.watched()
    server.always = refuse(503)
    began = clock.now()
    await server.hang_up()

    await until(lambda: clock.now() - began > 100)

    assert view.health.state == "stale"
    assert view.health.since == pytest.approx(began, abs=1)
    assert "503" in view.health.why
    assert names(view) == {"web"}


async def test_retry_after_is_waited_for(server: FaultServer, cluster: LiveCluster) -> None:
    server.watches.append(refuse(429, "TooManyRequests", {"Retry-After": "7"}))

    await live(cluster)
    await until(lambda: sum(seen.watches for seen in server.seen) == 2)

    first, second = [seen.at for seen in server.seen if seen.watches]
    assert second - first >= 7


async def test_a_silent_watch_is_given_up_and_said_to_be_stale() -> None:
    """F4, on a clock that the test moves: two missed bookmarks."""
    clock = ManualClock()
    async with serving(clock) as server:
        cluster = LiveCluster(transport_to(server, clock), clock, SECRET, chance=lambda: 0.0)
        server.put("web")
        server.watches.append(say_and_fall_silent(line("ADDED", pod("last", 200))))
        view = cluster.view("Pod")
        await until(lambda: len(view) == 2)
        heard_at = clock.now()

        await clock.advance(124)
        before = view.health.state
        await clock.advance(1.5)
        await until(lambda: view.health.state == "stale")
        stale = view.health
        await clock.advance(1)
        server.version = 300
        server.put("after")
        await until(lambda: "after" in names(view))

        assert before == "live"
        assert stale.since == heard_at
        assert "nothing for 125 s" in stale.why
        assert view.health.state == "live"
        await cluster.close()


async def test_a_bookmark_keeps_a_quiet_watch_alive() -> None:
    clock = ManualClock()
    async with serving(clock) as server:
        cluster = LiveCluster(transport_to(server, clock), clock, SECRET, chance=lambda: 0.0)
        wishes: list[int] = [200]
        server.watches.append(_bookmarks_on_demand(wishes))
        view = cluster.view("Pod")
        for number in range(4):
            await until(lambda: not wishes)
            await clock.advance(100)
            wishes.append(201 + number)

        assert view.health.state == "live"
        assert sum(seen.watches for seen in server.seen) == 1
        await cluster.close()


def _bookmarks_on_demand(wishes: list[int]) -> Fault:
    async def fault(server: FaultServer, request: web.Request) -> web.StreamResponse:
        response = await begin(request)
        while True:
            while wishes:
                await response.write(bookmark(wishes[0]))
                await asyncio.sleep(0.05)  # the client has read it when the wish is taken off
                wishes.pop(0)
            await asyncio.sleep(0.001)

    return fault


async def test_a_reconnect_goes_on_from_the_last_bookmark(server: FaultServer, cluster: LiveCluster) -> None:
    server.watches.append(say(bookmark(7000)))
    server.version = 7000

    await live(cluster)
    await until(lambda: sum(seen.watches for seen in server.seen) == 2)

    assert [seen.query["resourceVersion"] for seen in server.seen if seen.watches][1] == "7000"
    assert sum(not seen.watches for seen in server.seen) == 1


async def test_versions_that_go_back_lead_to_a_new_list(server: FaultServer, cluster: LiveCluster) -> None:
    """F9: the API server was restored from a backup."""
    server.version = 5000
    server.put("new")
    view = await live(cluster)
    await server.watched()
    server.restore_backup(900, "restored")
    server.watches.append(say(bookmark(901)))
    await server.hang_up()

    await until(lambda: names(view) == {"restored"})


@pytest.mark.parametrize("code", [400, 504])
async def test_a_version_the_server_does_not_know_yet_leads_to_a_new_list(
    server: FaultServer, cluster: LiveCluster, code: int
) -> None:
    async def too_large(server: FaultServer, request: web.Request) -> web.StreamResponse:
        return status(code, "Timeout", "Too large resource version: 100, current: 7")

    server.watches.append(too_large)
    await live(cluster)

    await until(lambda: sum(not seen.watches for seen in server.seen) == 2)


async def test_a_forbidden_kind_says_so_and_leaves_others_alone(server: FaultServer, cluster: LiveCluster) -> None:
    """F8."""

    async def only_pods(server: FaultServer, request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/pods"):
            return await (server.watch(request) if "watch" in request.query else server.list(request))
        return status(403, "Forbidden", 'nodes is forbidden: User "tester" cannot list')

    server.always = only_pods
    server.put("web")
    nodes = cluster.view("Node")
    view = await live(cluster)

    await until(lambda: nodes.health.state == "forbidden")
    assert "cannot list" in nodes.health.why
    assert view.health.state == "live"
    assert [health.kind for health in cluster.healths()] == ["Node", "Pod"]


async def test_a_forbidden_kind_is_asked_for_again_slowly(
    server: FaultServer, cluster: LiveCluster, clock: SkippingClock
) -> None:
    server.lists.extend([refuse(403, "Forbidden")] * 3)
    server.put("web")

    view = await live(cluster)

    times = [seen.at for seen in server.seen if seen.path.endswith("/pods") and not seen.watches]
    assert len(times) >= 4
    assert all(later - earlier >= 300 for earlier, later in pairwise(times))
    assert names(view) == {"web"}


async def test_a_kind_that_is_not_served_is_absent() -> None:
    clock = ManualClock()
    async with serving(clock) as server:
        server.always = refuse(404, "NotFound")
        cluster = LiveCluster(transport_to(server, clock), clock, SECRET)
        view = cluster.view("Pod")

        await until(lambda: view.health.state == "absent")
        await clock.advance(599)

        assert len(server.seen) == 1
        await cluster.close()


async def test_all_waits_are_on_monotonic_time(server: FaultServer, cluster: LiveCluster, clock: SkippingClock) -> None:
    """F6: the wall clock jumps an hour back and forth; requests go on as before."""
    server.put("web")
    view = await live(cluster)
    for turn, jump in enumerate((3600.0, -7200.0, 3600.0), start=2):
        clock._start += jump
        await server.watched()
        server.watches.append(refuse(503))
        await server.hang_up()
        began = clock.monotonic()
        await until(lambda: not server.watches)
        server.put(f"after {turn}")
        await until(partial(view.get, "shop", f"after {turn}"))
        assert clock.monotonic() - began < 40


async def test_a_login_that_ran_out_is_said_and_forgotten_when_it_is_good_again(
    server: FaultServer, cluster: LiveCluster
) -> None:
    view = await live(cluster)
    await server.watched()
    server.always = refuse(401, "Unauthorized")
    await server.hang_up()
    await until(lambda: cluster.login_needed)
    said, health = cluster.login_needed, view.health
    server.always = None
    await until(lambda: view.health.state == "live")

    assert "Log in again" in said
    assert (health.state, health.why) == ("stale", said)
    assert cluster.login_needed == ""
