"""Start: the first frame, and all pods in `:pods`, without and with an engine running; beside a bare Textual app."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.figures import Figure, spread
from benchmarks.peer import peer
from benchmarks.seat import Seat, bare_paint, warroom

COLD = {1_000: 2.5, 10_000: 6.0}
"""Bars, as multiples of a bare Textual app's first paint."""
PEER = {1_000: 0.6, 10_000: 0.35}
"""Bars, as multiples of k9s."""
WARM = 1.4
PAINT = 1.25


def start(bench: Bench, pods: int) -> Iterator[Figure]:
    """Three figures of one cluster size. The runs alternate with the baseline's, so that both see the same machine."""
    kubeconfig = bench.cluster(pods)
    bare_paint()  # compiles, and warms the page cache
    bare, paint, cold, warm, other = [], [], [], [], []
    for _ in range(bench.rounds):
        bare.append(bare_paint())
        with warroom(kubeconfig) as installation:
            with Seat(installation) as seat:
                paint.append(seat.first_paint())
                cold.append(seat.open_pods(pods))
                time.sleep(1.5)  # a seat tells the engine its place at most once a second
            bare.append(bare_paint())
            with Seat(installation) as seat:
                warm.append(seat.pods_drawn(pods))
        if bench.k9s:
            with peer(bench.k9s, kubeconfig) as one:
                other.append(one.pods_drawn(pods))
    base = statistics.median(bare)
    k9s, beside = (statistics.median(other), f"; k9s {spread(other)}") if other else (None, "")
    for name, values, bar, than_peer in (
        ("paint", paint, PAINT, None),
        ("cold", cold, COLD[pods], PEER[pods]),
        ("warm", warm, WARM, None),
    ):
        yield Figure(
            f"start-{name}-{pods}",
            statistics.median(values),
            "s",
            None,
            base,
            bar,
            f"{spread(values)}; bare {spread(bare)}{beside if than_peer else ''}",
            peer=k9s,
            peer_bar=than_peer,
        )
