"""Ends a wait after some time of the injected clock, as `asyncio.timeout` does for the machine's."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

from console.errors import Unreachable
from console.ports.clock import Clock
from console.ports.tasks import Tasks


class Deadline:
    """`async with Deadline(clock, 10, "…")`: what is inside is cancelled after the time and ends as `Unreachable`.

    Args:
        seconds: of the clock's time.
        sentence: text of the error.
    """

    def __init__(self, clock: Clock, seconds: float, sentence: str) -> None:
        self._clock = clock
        self._seconds = seconds
        self._sentence = sentence
        self._expired = False
        self._timer: asyncio.Task[Any] | None = None
        self._inside: asyncio.Task[Any] | None = None

    async def __aenter__(self) -> Self:
        self._inside = asyncio.current_task()
        self._timer = Tasks().start("deadline", self._expire())
        return self

    async def _expire(self) -> None:
        await self._clock.sleep(self._seconds)
        if self._inside:
            self._expired = True
            self._inside.cancel()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        inside, timer = self._inside, self._timer
        # The timer holds us: what the task returns (a page of megabytes) must not hang in a cycle with it.
        self._inside = self._timer = None
        if timer:
            timer.cancel()
        if not self._expired or not inside:
            return
        if kind is None:
            # The work ended in the same turn: take the cancellation that is still on its way.
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                if inside.uncancel() > 0:
                    raise  # somebody else wants it ended as well
            return
        if kind is asyncio.CancelledError and inside.uncancel() == 0:
            raise Unreachable(self._sentence) from error
