"""Memory of engine and seat together while `:pods` shows everything."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.seat import Seat, warroom

BARS = {1_000: 180.0, 10_000: 280.0, 50_000: 600.0}
"""MiB."""


def memory(bench: Bench, pods: int) -> Iterator[Figure]:
    """Resident memory ten quiet seconds after the last pod came."""
    with warroom(bench.cluster(pods)) as installation, Seat(installation) as seat:
        seat.first_paint()
        seat.open_pods(pods)
        seat.settle(10, timeout=30)
        parts = seat.memory()
    note = "processes " + " + ".join(f"{part:.0f}" for part in parts)
    yield Figure(f"memory-{pods}", sum(parts), "MiB", BARS[pods], note=note)
