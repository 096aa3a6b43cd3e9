"""From a key to its paint at the pty: a cursor key in `:pods`, beside a bare Textual app's key under the same load."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figure, p95, spread
from benchmarks.loading import Load, load
from benchmarks.seat import Seat, bare_keys, seat_keys, warroom

RATIO = 3.0
CHURN = 100.0
"""Pod status updates a second."""
EVENTS = 1000.0
"""Audit events a second."""
_GAP = 0.15


def keys(
    bench: Bench, row: str, pods: int, size: tuple[int, int], bar: float, churn: float = 0, events: float = 0
) -> Iterator[Figure]:
    """p95 with pane 2 in its usual place and over the whole screen: the slower one counts."""
    count = max(40, int(bench.seconds / _GAP))
    kubeconfig = bench.cluster(pods)
    with ExitStack() as stack:
        installation = stack.enter_context(warroom(kubeconfig))
        log = Path(installation.state) / "audit.log"
        log.touch()
        seat = stack.enter_context(Seat(installation, *size, *(["--audit", str(log)] if events else [])))
        seat.first_paint()
        seat.open_pods(pods)
        seat.send("2")
        seat.settle(2, timeout=6)
        loads: list[Load] = []
        if churn:
            loads.append(stack.enter_context(load("churn", kubeconfig, churn)))
        if events:
            loads.append(stack.enter_context(load("audit", log, events)))
        usual = seat_keys(seat, count, _GAP)
        baseline = bare_keys(count, _GAP, *size)
        seat.zoom()
        zoomed = seat_keys(seat, count, _GAP)
        rates = "".join(f"; load {one.rate:.0f}/s" for one in loads)
    slower = max(usual, zoomed, key=p95)
    note = f"in its pane: p95 {p95(usual):.3g}, {spread(usual)}; zoomed: p95 {p95(zoomed):.3g}, {spread(zoomed)}{rates}"
    yield Figure(row, p95(slower), "ms", bar, p95(baseline), RATIO, note)
