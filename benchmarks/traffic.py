"""Bytes to the terminal while pods change or events storm, and how soon a change is on the screen."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figure, p95, spread
from benchmarks.loading import Patcher, load
from benchmarks.seat import Seat, warroom

SHOWN = 500.0
"""Milliseconds within which a change must show."""


def churn(bench: Bench, pods: int, size: tuple[int, int], bar: float, rate: float = 100.0) -> Iterator[Figure]:
    """kB/s in its pane or over the whole screen, whichever is more; then how late single changes show meanwhile."""
    name = f"{size[0]}x{size[1]}"
    kubeconfig = bench.cluster(pods)
    with warroom(kubeconfig) as installation, Seat(installation, *size) as seat:
        seat.first_paint()
        seat.open_pods(pods)
        seat.send("2")
        seat.settle(2, timeout=6)
        with load("churn", kubeconfig, rate) as running:
            usual = _rate(seat, bench.seconds)
            seat.zoom()
            zoomed = _rate(seat, bench.seconds)
            late = asyncio.run(_lateness(seat, kubeconfig))
            sent = running.rate
    note = f"in its pane {usual:.3g}, zoomed {zoomed:.3g}; {sent:.0f} updates/s"
    yield Figure(f"bytes-churn-{name}", max(usual, zoomed), "kB/s", bar, note=note)
    yield Figure(f"change-shown-{name}", p95(late), "ms", SHOWN, note=f"p95; {spread(late)}")


def storm(bench: Bench, size: tuple[int, int], bar: float, rate: float = 1000.0) -> Iterator[Figure]:
    """kB/s while so many audit events come each second, in the room as it opens."""
    with warroom(bench.cluster(1_000)) as installation:
        log = Path(installation.state) / "audit.log"
        log.touch()
        with Seat(installation, *size, "--audit", str(log)) as seat:
            seat.first_paint()
            seat.settle(5, timeout=15)
            with load("audit", log, rate) as running:
                time.sleep(3)
                measured = _rate(seat, bench.seconds)
                sent = running.rate
    yield Figure(f"bytes-storm-{size[0]}x{size[1]}", measured, "kB/s", bar, note=f"{sent:,.0f} audit events/s")


def _rate(seat: Seat, seconds: float) -> float:
    time.sleep(1)
    written, began = seat.written, time.perf_counter()
    time.sleep(seconds)
    return (seat.written - written) / (time.perf_counter() - began) / 1000


async def _lateness(seat: Seat, kubeconfig: Path) -> list[float]:
    """Milliseconds from the request that changes a pod in sight to its new number on the screen."""
    marks = []
    async with Patcher(kubeconfig) as patcher:
        (first,) = await patcher.pods(limit=1)
        for number in range(27):
            count = 111 * (number % 9 + 1)  # all digits differ from the last number's, so all are written
            marks.append((count, seat.written, time.perf_counter()))
            await patcher.restarts(first, count)
            await asyncio.sleep(0.7 + 0.05 * (number % 5))
    await asyncio.sleep(1)
    return [1000 * (_shown(seat, count, at) - began) for count, at, began in marks]


def _shown(seat: Seat, count: int, start: int) -> float:
    found = re.compile(rb"[m ]%d\x1b" % count).search(seat.bytes, start)
    if found is None:
        return float("inf")
    return seat.wait_for_bytes(found.group(), 1, start)
