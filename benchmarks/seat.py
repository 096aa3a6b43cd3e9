"""`warroom` at a real pty with a state folder of its own, and how long a key takes there.

In: a kubeconfig. Out: times by the stamps of the reading thread, memory and CPU of engine and seat together. Times are
told from the recorded output afterwards: nothing is parsed while something is measured.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil

from benchmarks.bare import FIRST
from tests.engine.running import Installation
from tests.terminal import Terminal

T = TypeVar("T")
FRAME_END = b"\x1b[?2026l"
_CURSOR = "▌".encode()


class Seat(Terminal):
    """A person at a terminal."""

    def __init__(
        self, installation: Installation, cols: int = 120, rows: int = 40, *more: str, link: float = 0
    ) -> None:
        self.installation = installation
        super().__init__([sys.executable, "-m", "console", *more], cols, rows, installation.environment, link=link)

    def first_paint(self) -> float:
        """Seconds from the start until the first frame of ours, the panes."""
        return self.wait_for_bytes(b"Suspicious activity", 60) - self.started

    def open_pods(self, count: int) -> float:
        """`:pods`; seconds from the start until all were counted there."""
        for key in ":pods\r":
            self.send(key)
            time.sleep(0.005)
        return self.pods_drawn(count)

    def pods_drawn(self, count: int, timeout: float = 60) -> float:
        """Seconds from the start until so many pods were listed and the list was complete."""
        self.settle(0.5)  # drawing it here takes a processor from those who are measured: afterwards, by the stamps
        return self.wait_drawn(rf"2 :pods +{count} +esc", timeout) - self.started

    def zoom(self) -> None:
        """Pane 2 over the whole screen."""
        self.send("2")
        self.settle(0.5)
        self.send("z")
        self.settle(0.5)

    @property
    def row(self) -> int:
        """Screen row (from 1) of the cursor of the focused table."""
        return next(number for number, line in enumerate(self.screen(), 1) if "▌" in line)

    def processes(self) -> list[psutil.Process]:
        """Engine and seat."""
        engine = self.installation.engine()
        return [*self._tree(), *([engine] if engine else [])]

    def memory(self) -> list[float]:
        """MiB resident of each process, the largest first: engine or seat."""
        return sorted((process.memory_info().rss / (1 << 20) for process in self.processes()), reverse=True)

    def cpu_seconds(self) -> float:
        """CPU of engine and seat so far."""
        times = [process.cpu_times() for process in self.processes()]
        return sum(one.user + one.system for one in times)


@contextmanager
def warroom(kubeconfig: Path, audit: Path | None = None) -> Iterator[Installation]:
    """An installation without an engine yet; afterwards its engine is ended and its state removed."""
    installation = Installation(kubeconfig, audit)
    try:
        yield installation
    finally:
        installation.stop()
        shutil.rmtree(installation.state, ignore_errors=True)


def bare(cols: int = 120, rows: int = 40, link: float = 0) -> Terminal:
    """The baseline at a pty."""
    return Terminal([sys.executable, "-m", "benchmarks.bare"], cols, rows, link=link)


def bare_paint(cols: int = 120, rows: int = 40) -> float:
    """Seconds until a bare Textual app has painted."""
    with bare(cols, rows) as terminal:
        return terminal.wait_for_bytes(FIRST.encode(), 60) - terminal.started


def bare_keys(count: int, gap: float, cols: int = 120, rows: int = 40, link: float = 0) -> list[float]:
    """Milliseconds from a key to its paint in a bare Textual app."""
    with bare(cols, rows, link) as terminal:
        terminal.wait_for_bytes(FIRST.encode(), 60)
        terminal.settle()
        marks = [b"key=%d;" % number for number in range(1, count + 1)]
        return _typed(terminal, ["j"] * count, marks, gap)


def seat_keys(seat: Seat, count: int, gap: float) -> list[float]:
    """Milliseconds from a cursor key to the frame in which the cursor stands on the next row."""
    seat.send("gjjj")
    seat.settle(1.0, timeout=3)
    row = seat.row
    keys = [("j", row + 1) if number % 2 == 0 else ("k", row) for number in range(count)]
    marks = [rb"\x1b\[%d;\d+H(?:(?!\x1b\[\d+;\d+H).)*?" % target + _CURSOR for _, target in keys]
    return _typed(seat, [key for key, _ in keys], marks, gap)


def _typed(terminal: Terminal, keys: Sequence[str], marks: Sequence[bytes], gap: float) -> list[float]:
    """Types at a person's pace; finds afterwards when each mark's frame was complete."""
    sent = []
    for key in at_a_persons_pace(keys, gap):
        at = terminal.written
        sent.append((at, terminal.send(key)))
    return [1000 * (_painted(terminal, at, mark) - began) for (at, began), mark in zip(sent, marks, strict=True)]


def at_a_persons_pace(keys: Sequence[T], gap: float) -> Iterator[T]:
    """Each key when it is due, not in step with any timer; the last one is left time to be answered."""
    for number, key in enumerate(keys):
        yield key
        time.sleep(gap * (0.8 + 0.4 * (number % 7) / 6))
    time.sleep(1.0)


def _painted(terminal: Terminal, start: int, mark: bytes) -> float:
    found = re.compile(mark, re.DOTALL).search(terminal.bytes, start)
    if found is None:
        raise RuntimeError(f"a key was never painted; the screen:\n{terminal.text()}")
    return terminal.wait_for_bytes(FRAME_END, 1, found.end())
