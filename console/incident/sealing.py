"""Whether sealed bytes are still there and unaltered, told at once and hashed in a thread: a log may be 64 MiB.

In: names of blobs, as they are asked for. Out: yes, no, or not known yet, and a call of `on_change` when that changed.
Nothing is hashed on the loop, and each blob again only after a while. It reads; it never decides what that means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from console.ports.clock import Clock

INTACT_FOR = 300.0
"""Seconds a blob that was hashed counts as unaltered, or as gone."""


class Seals:
    """Answers about blobs. `run()` does the work; `holds()` never waits.

    Args:
        intact: reads and hashes; called in a thread. None: nothing is looked at, all counts as there.
    """

    def __init__(self, intact: Callable[[str], bool] | None, clock: Clock, on_change: Callable[[], None]) -> None:
        self._intact, self._clock, self._on_change = intact, clock, on_change
        self._found: dict[str, bool] = {}
        self._looked: dict[str, float] = {}
        self._queue: dict[str, None] = {}
        self._work = asyncio.Event()

    def holds(self, blob: str, own: bool = False) -> bool | None:
        """Whether it is there and unaltered; None while nobody has looked.

        Args:
            own: this very process sealed it, and hashed it then: it counts until a look says otherwise.
        """
        if self._intact is None:
            return True
        looked = self._looked.get(blob)
        if looked is None or self._clock.monotonic() - looked >= INTACT_FOR:
            self._queue[blob] = None
            self._work.set()
        return self._found.get(blob, True if own else None)

    async def run(self) -> None:
        """Look at what is queued, for ever."""
        while True:
            if not self._queue:
                self._work.clear()
                await self._work.wait()
            blob = next(iter(self._queue))
            if self._intact is not None:
                await self._look(self._intact, blob)
            self._queue.pop(blob, None)

    async def _look(self, intact: Callable[[str], bool], blob: str) -> None:
        found = await asyncio.to_thread(intact, blob)
        before = self._found.get(blob)
        self._found[blob], self._looked[blob] = found, self._clock.monotonic()
        if found is not before:
            self._on_change()
