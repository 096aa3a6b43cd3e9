"""Requests of one watch while the API server refuses everything, on a clock that is moved and not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from benchmarks.figures import Figure
from console.cluster.live import LiveCluster
from tests.console.cluster.faults import SkippingClock, refuse, serving, transport_to

BAR = 8.0
_SPAN = 600.0


async def requests(code: int, headers: dict[str, str] | None = None) -> int:
    """Most requests in any minute of ten, with the least jitter there can be."""
    clock = SkippingClock()
    async with serving(clock) as server:
        server.put("web")
        cluster = LiveCluster(transport_to(server, clock), clock, bytes(32), chance=lambda: 0.0)
        try:
            view = cluster.view("Pod")
            while view.health.state != "live" or not any(seen.watches for seen in server.seen):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            before, began = len(server.seen), clock.monotonic()
            server.always = refuse(code, headers=headers)
            await server.hang_up()
            while clock.monotonic() - began < _SPAN:  # noqa: ASYNC110 - this is what moves the clock
                await asyncio.sleep(0)
            times = [seen.at for seen in server.seen[before:]]
            return max(sum(start <= at < start + 60 for at in times) for start in times)
        finally:
            await cluster.close()


def outage() -> Iterator[Figure]:
    """The worst minute of several kinds of outage."""
    kinds = {"503": (503, None), "429, try again at once": (429, {"Retry-After": "0"}), "500": (500, None)}
    most = {name: asyncio.run(requests(*how)) for name, how in kinds.items()}
    note = "; ".join(f"{name}: {count}" for name, count in most.items())
    yield Figure("outage", float(max(most.values())), "/min", BAR, note=f"one watch, worst minute of ten; {note}")
