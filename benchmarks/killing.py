"""kill -9 at each failpoint of a write, again and again: acknowledged entries lost, writes sent twice or unrecorded."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from console.actions.failpoints import POINTS
from tests.controlplane import ControlPlane
from tests.failpoints.killing import Report, kill_and_recover


def killing(bench: Bench, runs: int) -> Iterator[Figure]:
    """Counts over all runs."""
    plane = bench.plane(0)
    lost = again = unknown = broken = alive = 0
    for number in range(runs):
        report = _one(plane, f"killed-{number:03}", POINTS[number % len(POINTS)])
        lost += len(report.lost)
        again += sum(count - 1 for count in report.sent.values()) + max(0, len(report.sent) - 1)
        unknown += len(report.unknown)
        broken += bool(report.problem)
        alive += not report.died
    note = f"{runs} runs over {len(POINTS)} failpoints; {alive} did not die, {broken} broken chains"
    yield Figure("kill-lost", float(lost + broken + alive), "", 0, note=f"acknowledged entries; {note}")
    yield Figure("kill-resent", float(again + unknown), "", 0, note=f"sent twice {again}, without an intent {unknown}")


def _one(plane: ControlPlane, name: str, point: str) -> Report:
    plane.nodes(1, name)
    try:
        with tempfile.TemporaryDirectory(prefix="wr-") as folder:
            return asyncio.run(kill_and_recover(plane, Path(folder), f"{name}-0", point))
    finally:
        plane.kubectl("delete", "node", f"{name}-0", "--wait=false")
