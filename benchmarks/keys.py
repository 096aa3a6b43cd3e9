"""From a key to its paint at the pty: a cursor key in `:pods`, beside a bare Textual app's key under the same load."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figure, p95, spread
from benchmarks.loading import Load, load
from benchmarks.peer import peer
from benchmarks.seat import Seat, bare_keys, seat_keys, warroom

RATIO = 3.0
PEER = 1.3
"""Times a key in k9s, where one is given."""
CHURN = 100.0
"""Pod status updates a second."""
EVENTS = 1000.0
"""Audit events a second."""
LINK = 64_000.0
"""Bytes a second of a slow link."""
_GAP = 0.15


def keys(
    bench: Bench,
    row: str,
    pods: int,
    size: tuple[int, int],
    bar: float,
    churn: float = 0,
    events: float = 0,
    link: float = 0,
) -> Iterator[Figure]:
    """p95 with pane 2 in its usual place and over the whole screen: the slower one counts."""
    count = max(40, int(bench.seconds / _GAP))
    kubeconfig = bench.cluster(pods)
    with warroom(kubeconfig) as installation:
        log = Path(installation.state) / "audit.log"
        log.touch()
        with Seat(installation, *size, *(["--audit", str(log)] if events else []), link=link) as seat:
            seat.first_paint()
            seat.open_pods(pods)
            seat.send("2")
            seat.settle(2, timeout=6)
            with _loads(kubeconfig, churn, log, events) as loads:
                usual = seat_keys(seat, count, _GAP)
                baseline = bare_keys(count, _GAP, *size, link)
                seat.zoom()
                zoomed = seat_keys(seat, count, _GAP)
                rates = "".join(f"; load {one.rate:.0f}/s" for one in loads)
    slower = max(usual, zoomed, key=p95)
    note = f"in its pane: p95 {p95(usual):.3g}, {spread(usual)}; zoomed: p95 {p95(zoomed):.3g}, {spread(zoomed)}{rates}"
    other = [] if link else _peer(bench, kubeconfig, size, pods, count, churn)
    if other:
        note += f"; k9s: p95 {p95(other):.3g}, {spread(other)}"
    peer_p95 = p95(other) if other else None
    yield Figure(row, p95(slower), "ms", bar, p95(baseline), RATIO, note, peer=peer_p95, peer_bar=PEER)


@contextmanager
def _loads(kubeconfig: Path, churn: float, log: Path, events: float) -> Iterator[list[Load]]:
    with ExitStack() as stack:
        loads: list[Load] = []
        if churn:
            loads.append(stack.enter_context(load("churn", kubeconfig, churn)))
        if events:
            loads.append(stack.enter_context(load("audit", log, events)))
        yield loads


def _peer(bench: Bench, kubeconfig: Path, size: tuple[int, int], pods: int, count: int, churn: float) -> list[float]:
    """The same keys in k9s under the same churn, ours being gone; audit events it cannot read. None without one."""
    if bench.k9s is None:
        return []
    with peer(bench.k9s, kubeconfig, *size) as one:
        one.pods_drawn(pods)
        one.settle(2, timeout=6)
        with _loads(kubeconfig, churn, Path(os.devnull), 0):
            return one.keys(count, _GAP)
