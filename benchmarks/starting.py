"""Start: the first frame, and all pods in `:pods`, without and with an engine running; beside a bare Textual app."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.figures import Figure, spread
from benchmarks.seat import Seat, bare_paint, warroom

COLD = {1_000: 2.5, 10_000: 6.0}
"""Bars, as multiples of a bare Textual app's first paint."""
WARM = 1.4
PAINT = 1.25


def start(bench: Bench, pods: int) -> Iterator[Figure]:
    """Four figures of one cluster size. The runs alternate with the baseline's, so that both see the same machine."""
    kubeconfig = bench.cluster(pods)
    bare_paint()  # compiles, and warms the page cache
    bare, frame, room, cold, warm = [], [], [], [], []
    for _ in range(bench.rounds):
        bare.append(bare_paint())
        with warroom(kubeconfig) as installation:
            with Seat(installation) as seat:
                frame.append(seat.first_frame())
                room.append(seat.first_paint())
                cold.append(seat.open_pods(pods))
                time.sleep(1.5)  # a seat tells the engine its place at most once a second
            bare.append(bare_paint())
            with Seat(installation) as seat:
                warm.append(seat.pods_drawn(pods))
    base = statistics.median(bare)
    for name, values, bar in (
        ("paint", frame, PAINT),
        ("room", room, None),
        ("cold", cold, COLD[pods]),
        ("warm", warm, WARM),
    ):
        yield Figure(
            f"start-{name}-{pods}",
            statistics.median(values),
            "s",
            None,
            base,
            bar,
            f"{spread(values)}; bare {spread(bare)}",
        )
