"""A scripted API server and a cluster over it, for the fault matrix."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from console.cluster.live import LiveCluster
from tests.console.cluster.faults import FaultServer, SkippingClock, serving, transport_to

SECRET = bytes(range(32))


@pytest.fixture
def clock() -> SkippingClock:
    return SkippingClock()


@pytest.fixture
async def server(clock: SkippingClock) -> AsyncIterator[FaultServer]:
    async with serving(clock) as started:
        yield started


@pytest.fixture
async def cluster(server: FaultServer, clock: SkippingClock) -> AsyncIterator[LiveCluster]:
    made = LiveCluster(transport_to(server, clock), clock, SECRET, chance=lambda: 0.0)
    yield made
    await made.close()
