"""What may wait: pods are what a person who opens the console looks for, so their list comes before everything else.

In: the cluster. Out: the moment at which the rest may begin. Rules and cards cost a tenth of a second of processor
time, and twenty more lists compete for the API server; all of that begins when pods are listed, or soon anyway.
"""

from __future__ import annotations

from console.ports.clock import Clock
from console.ports.cluster import Cluster

FIRST = "Pod"
PATIENCE = 3.0
"""Seconds that the rest waits at most."""
_LOOK = 0.02


async def first_list(cluster: Cluster, clock: Clock) -> None:
    """Wait until it came, failed or took too long; a view has no event to wait for."""
    view, end = cluster.view(FIRST), clock.monotonic() + PATIENCE
    while view.health.state == "loading" and not view.health.why and clock.monotonic() < end:
        await clock.sleep(_LOOK)
