"""One measured figure beside what it must not exceed, as a line for people and a record for programs.

A row holds when its absolute bar does or, on a slower machine, its ratio to a baseline taken in the same run.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a row measured."""

    row: str
    value: float
    unit: str
    bar: float | None = None
    """The absolute bar; None when only the ratio counts."""
    baseline: float | None = None
    """The same thing of something simpler, measured in the same run, in the same unit."""
    ratio_bar: float | None = None
    note: str = ""
    at_least: bool = False
    """Whether more is better: the value must reach the bar."""
    peer: float | None = None
    """The same thing of k9s, where one was given; measured in the same run, in the same unit."""
    peer_bar: float | None = None

    @property
    def ratio(self) -> float | None:
        """Value to baseline."""
        return self.value / self.baseline if self.baseline else None

    @property
    def holds(self) -> bool:
        """Whether one of its bars holds; a figure without a bar always does."""
        verdicts = []
        if self.bar is not None:
            verdicts.append(self.value >= self.bar if self.at_least else self.value <= self.bar)
        if self.ratio_bar is not None and self.ratio is not None:
            verdicts.append(self.ratio <= self.ratio_bar)
        if self.peer_bar is not None and self.peer is not None:
            verdicts.append(self.value <= self.peer_bar * self.peer)
        return any(verdicts) or not verdicts

    def line(self) -> str:
        """Figure, baseline, ratio, bar, verdict and what else is to be said."""
        sign = "≥" if self.at_least else "≤"
        bars = [f"{sign} {_short(self.bar)} {self.unit}"] if self.bar is not None else []
        bars += [f"≤ {self.ratio_bar:g} x"] if self.ratio_bar is not None else []
        if self.peer_bar is not None and self.peer is not None:
            bars.append(f"≤ {self.peer_bar:g} k9s ({_short(self.peer)} {self.unit})")
        baseline = f"{_short(self.baseline)} {self.unit}" if self.baseline is not None else "-"
        ratio = f"{self.ratio:.2f} x" if self.ratio is not None else "-"
        verdict = ("pass" if self.holds else "FAIL") if bars else "    "
        return (
            f"{self.row:24} {_short(self.value):>8} {self.unit:6} baseline {baseline:14} ratio {ratio:8} "
            f"bar {' or '.join(bars) or '-':22} {verdict}  {self.note}"
        ).rstrip()

    def record(self) -> dict[str, object]:
        """For the JSON file."""
        return {**msgspec.to_builtins(self), "ratio": self.ratio, "holds": self.holds}


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def p95(values: Sequence[float]) -> float:
    """The value that 19 of 20 do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, -(-len(ordered) * 95 // 100) - 1)]


def spread(values: Sequence[float]) -> str:
    """Median and extremes, for a note."""
    return f"median {statistics.median(values):.3g}, {min(values):.3g}-{max(values):.3g}, n={len(values)}"
