"""What it costs when nothing happens: CPU of engine and seat, and bytes to the terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.seat import Seat, warroom

CPU = 2.0
"""Percent of one core."""
BYTES = 50.0
"""Per second."""


def rest(bench: Bench, pods: int) -> Iterator[Figure]:
    """Both figures over the same quiet time, `:pods` open."""
    seconds = max(bench.seconds, 20)
    with warroom(bench.cluster(pods)) as installation, Seat(installation) as seat:
        seat.first_paint()
        seat.open_pods(pods)
        time.sleep(15)  # checks judge, the heap is frozen, ages pass their first seconds
        cpu, written, began = seat.cpu_seconds(), seat.written, time.perf_counter()
        time.sleep(seconds)
        took = time.perf_counter() - began
        cpu, written = seat.cpu_seconds() - cpu, seat.written - written
    yield Figure(f"rest-cpu-{pods}", 100 * cpu / took, "%", CPU, note=f"over {took:.0f} s, engine and seat")
    yield Figure(f"rest-bytes-{pods}", written / took, "B/s", BYTES, note=f"over {took:.0f} s")
