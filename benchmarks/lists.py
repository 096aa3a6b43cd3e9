"""The first list of all pods beside fetching the same pages without looking into them, and what a watch takes in."""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figure, spread
from benchmarks.listing import fetch_pages, first_list, watch_rate
from console.cluster.connecting import connect
from console.cluster.options import ConnectOptions
from console.ports.clock import SystemClock

RATIO = 3.0
WATCH = 20_000.0
"""Events per second of CPU."""
STALL = 10.0
"""Milliseconds the event loop may be held at a time."""


def lists(bench: Bench, pods: int) -> Iterator[Figure]:
    """Seconds until the view is live, how long the loop is held for that, and how many events a watch takes in."""
    took, bare, holds, rate = asyncio.run(_measure(bench.cluster(pods), bench.rounds))
    note = f"{spread(took)}; pages alone {spread(bare)}"
    yield Figure(f"list-{pods}", statistics.median(took), "s", None, statistics.median(bare), RATIO, note)
    note = f"longest hold of the loop while the pods are listed, CPU time: {spread(holds)}"
    yield Figure(f"stall-{pods}", statistics.median(holds), "ms", STALL, note=note)
    yield Figure(f"watch-{pods}", rate, "ev/s", WATCH, note="recorded lines, of CPU time", at_least=True)


async def _measure(kubeconfig: Path, rounds: int) -> tuple[list[float], list[float], list[float], float]:
    took, bare, holds = [], [], []
    page: list[bytes] = []
    with tempfile.TemporaryDirectory() as folder:
        options = ConnectOptions((kubeconfig,), Path(folder))
        for _ in range(rounds):
            raw = await connect(options, SystemClock())
            seconds, _, page = await fetch_pages(raw)
            await raw.close()
            bare.append(seconds)
            gc.collect()
            seconds, _, hold, cluster = await first_list(await connect(options, SystemClock()))
            await cluster.close()
            took.append(seconds)
            holds.append(1000 * hold)
    return took, bare, holds, watch_rate(page[0])
