"""Endless rounds and what others make us write: a defect ends no round, a flood does not fill the record."""

from __future__ import annotations

from console.incident.keeping import FIRST, LONGEST, kept
from console.incident.rationing import Ration
from console.ports.clock import ManualClock
from console.ports.tasks import Tasks


class Round:
    """Fails as often as told, then ends."""

    def __init__(self, clock: ManualClock, *failures: Exception) -> None:
        self.clock, self.failures = clock, list(failures)
        self.begun: list[float] = []

    async def run(self) -> None:
        self.begun.append(self.clock.monotonic())
        if self.failures:
            raise self.failures.pop(0)


async def lived(round_: Round, seconds: float) -> list[tuple[str, bool]]:
    told: list[tuple[str, bool]] = []
    tasks = Tasks()
    tasks.start("round", kept(round_.run, round_.clock, lambda error, new: told.append((type(error).__name__, new))))
    await round_.clock.advance(seconds)
    await tasks.close()
    return told


async def test_a_round_that_fails_is_begun_again_after_pauses_that_grow() -> None:
    round_ = Round(ManualClock(), KeyError("a"), KeyError("a"), ValueError("b"))

    told = await lived(round_, 3600)

    assert round_.begun == [0.0, FIRST, 3 * FIRST, 7 * FIRST]
    assert told == [("KeyError", True), ("KeyError", False), ("ValueError", True)]


async def test_the_pause_ends_growing() -> None:
    round_ = Round(ManualClock(), *[KeyError("a")] * 12)

    await lived(round_, 3600)

    pauses = [later - earlier for earlier, later in zip(round_.begun, round_.begun[1:], strict=False)]
    assert max(pauses) == LONGEST


async def test_a_flood_is_told_in_a_burst_and_then_as_a_number() -> None:
    clock = ManualClock()
    ration = Ration(clock, burst=3, every=5.0)

    burst = [ration.take() for _ in range(10)]
    await clock.advance(5)
    later = ration.take()

    assert burst == [True] * 3 + [False] * 7
    assert (later, ration.told(), ration.told()) == (True, 7, 0)
