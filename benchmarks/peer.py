"""k9s at the same pty, over the same cluster: the peer beside which starts and keys are measured where it is given.

In: its binary and a kubeconfig. Out: seconds until all pods are listed, milliseconds from a cursor key to its paint.
It writes no marks of ours, so its recorded output is drawn afterwards, read by read, until the bar stands on the row.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.seat import at_a_persons_pace
from tests.terminal import Terminal
from tests.terminal.rendering import Rendering


class Peer(Terminal):
    """k9s with every pod of every namespace, and nothing of the person's own settings."""

    def __init__(self, binary: Path, kubeconfig: Path, home: Path, cols: int = 120, rows: int = 40) -> None:
        self._size = (cols, rows)
        folders = {f"XDG_{name}_HOME": str(home) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        argv: list[str | Path] = [
            binary,
            "--kubeconfig",
            kubeconfig,
            "--all-namespaces",
            "--command",
            "pods",
            "--readonly",
        ]
        super().__init__(argv, cols, rows, os.environ | folders | {"HOME": str(home)})

    def pods_drawn(self, count: int, timeout: float = 120) -> float:
        """Seconds from the start until its title counts so many pods."""
        self.settle(0.5)  # as for ours
        return self.wait_drawn(rf"[Pp]ods\(all\)\[{count:,}\]", timeout) - self.started

    def keys(self, count: int, gap: float) -> list[float]:
        """Milliseconds from a cursor key to the end of the read after which the bar stands on the next row."""
        self.send("gjjj")
        self.settle(1.0, timeout=3)
        before = len(self.chunks)
        rendering = Rendering(*self._size)
        for _, data in self.chunks[:before]:
            rendering.feed(data)
        row = _barred(rendering)
        keys = [("j", row + 1) if number % 2 == 0 else ("k", row) for number in range(count)]
        sent = [self.send(key) for key, _ in at_a_persons_pace(keys, gap)]
        chunks = iter(self.chunks[before:])
        return [
            1000 * (_reached(rendering, chunks, began, key[1]) - began) for began, key in zip(sent, keys, strict=True)
        ]


def _reached(rendering: Rendering, chunks: Iterator[tuple[float, bytes]], began: float, row: int) -> float:
    """When the bar stood on that row; what was read before the key was pressed cannot have been its answer."""
    for at, data in chunks:
        rendering.feed(data)
        if at >= began and _barred(rendering) == row:
            return at
    raise RuntimeError("a key of the peer was never painted:\n" + "\n".join(rendering.lines()))


def _barred(rendering: Rendering) -> int:
    coloured = rendering.coloured()
    return max(range(len(coloured)), key=coloured.__getitem__)


@contextmanager
def peer(binary: Path, kubeconfig: Path, cols: int = 120, rows: int = 40) -> Iterator[Peer]:
    """A running k9s with an empty home of its own."""
    home = Path(tempfile.mkdtemp(prefix="peer-"))
    try:
        with Peer(binary, kubeconfig, home, cols, rows) as one:
            yield one
    finally:
        shutil.rmtree(home, ignore_errors=True)
