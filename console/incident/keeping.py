"""Keep the engine's endless rounds alive: a defect in one is told and logged, and the round goes on.

What ends silently looks like calm: a checklist nobody judges any more stays green, a pipeline that is dead finds
nothing. Each round is started again after a pause that grows, and a defect is told once until it is another one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from console.ports.clock import Clock

FIRST, LONGEST = 1.0, 60.0
"""Seconds to the next try."""


async def kept(
    work: Callable[[], Awaitable[None]], clock: Clock, on_failure: Callable[[BaseException, bool], None]
) -> None:
    """Run `work` until it ends by itself.

    Args:
        on_failure: called with each failure, and whether it is another one than before.
    """
    pause, before = FIRST, ""
    while True:
        started = clock.monotonic()
        try:
            await work()
            return
        except Exception as error:  # the border of a round: whatever it is, the next round must come
            same = f"{type(error).__name__}: {error}"
            pause = FIRST if clock.monotonic() - started > LONGEST else pause
            on_failure(error, same != before)
            before = same
        await clock.sleep(pause)
        pause = min(2 * pause, LONGEST)
