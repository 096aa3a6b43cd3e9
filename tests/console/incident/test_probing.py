"""The prober: paced, bounded, honest about age and failure. Time is the test's own."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from console.errors import ApiStatus, Unreachable
from console.incident.probing import CALM, DENIED, FRESH, GAP, KEPT, MOST, Prober
from console.model.facts import Ask, Known, Unknown
from console.ports.clock import ManualClock
from console.ports.tasks import Tasks


class World:
    """What the prober asks, with the times it asked at."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.asked: list[tuple[float, Ask]] = []
        self.value: object = 1
        self.fails: Exception | None = None
        self.changes = 0
        self.hold = asyncio.Event()
        self.hold.set()

    async def read(self, ask: Ask) -> Known | Unknown:
        self.asked.append((self.clock.monotonic(), ask))
        await self.hold.wait()
        if self.fails:
            raise self.fails
        return Known(self.value, self.clock.now(), "probe")

    def changed(self) -> None:
        self.changes += 1


@asynccontextmanager
async def probing() -> AsyncIterator[tuple[Prober, World, ManualClock]]:
    clock, tasks = ManualClock(), Tasks()
    world = World(clock)
    prober = Prober(world.read, clock, world.changed)
    tasks.start("run", prober.run())
    tasks.start("age", prober.age())
    try:
        yield prober, world, clock
    finally:
        await tasks.close()


def ask(number: int = 0) -> Ask:
    return Ask("allowed", (f"user-{number}",))


async def test_the_first_question_is_unknown_at_once_and_answered_soon() -> None:
    async with probing() as (prober, world, clock):
        assert prober.get(ask()) == Unknown("being asked")
        await clock.advance(0.1)
        assert prober.get(ask()) == Known(1, clock.now() - 0.1, "probe")
        assert world.changes == 1


@pytest.mark.parametrize("turns", range(6))
async def test_an_answer_that_comes_in_the_moment_of_the_end_does_not_hold_it_up(turns: int) -> None:
    """The engine could not be stopped then: its last task had eaten the word that it should end."""
    clock = ManualClock()
    world = World(clock)
    prober = Prober(world.read, clock, world.changed)
    world.hold.clear()
    prober.get(ask())
    running = Tasks().start("run", prober.run())
    await clock.advance(0.1)

    world.hold.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running], timeout=0.1)

    assert running.cancelled()


async def test_at_most_two_requests_a_second_whatever_is_asked() -> None:
    async with probing() as (prober, world, clock):
        for number in range(50):
            prober.get(ask(number))
            prober.get(ask(number))
        await clock.advance(10.0)
        times = [at for at, _ in world.asked]
        assert len(times) == 21
        assert min(after - before for before, after in itertools.pairwise(times)) >= GAP


async def test_what_a_verdict_waits_for_is_asked_before_what_is_queued_in_order_and_once() -> None:
    async with probing() as (prober, world, clock):
        for number in range(6):
            prober.get(ask(number))
        for _ in range(3):
            for number in (4, 7, 5):
                prober.get(ask(number), urgent=True)
        prober.get(ask(7))
        await clock.advance(10.0)
        assert [one for _, one in world.asked] == [ask(number) for number in (4, 7, 5, 0, 1, 2, 3)]


async def test_a_question_that_is_being_asked_is_not_asked_once_more() -> None:
    async with probing() as (prober, world, clock):
        world.hold.clear()
        prober.get(ask())
        await clock.advance(0.1)
        prober.get(ask(), urgent=True)
        prober.get(ask())
        world.hold.set()
        await clock.advance(5.0)
        assert len(world.asked) == 1


async def test_an_answer_under_way_while_something_is_written_is_asked_for_again() -> None:
    async with probing() as (prober, world, clock):
        world.hold.clear()
        prober.get(ask())
        await clock.advance(0.1)
        prober.renew("allowed")
        world.hold.set()
        await clock.advance(1.0)
        prober.get(ask())
        await clock.advance(1.0)
        assert len(world.asked) == 2


async def test_nothing_is_asked_that_nobody_wants() -> None:
    async with probing() as (prober, world, clock):
        prober.get(ask())
        await clock.advance(3600.0)
        assert len(world.asked) == 1


async def test_an_answer_in_use_is_renewed_when_it_is_old_and_less_often_while_it_stays_the_same() -> None:
    async with probing() as (prober, world, clock):
        for _ in range(1200):
            prober.get(ask())
            await clock.advance(1.0)
        times = [at for at, _ in world.asked]
        gaps = [after - before for before, after in itertools.pairwise(times)]
        assert FRESH <= gaps[0] <= FRESH + 2
        assert gaps == sorted(gaps)
        assert CALM <= gaps[-1] <= CALM + 2


async def test_growing_old_is_told_so_that_nobody_has_to_poll() -> None:
    async with probing() as (prober, world, clock):
        prober.get(ask())
        await clock.advance(1.0)
        told = world.changes
        await clock.advance(FRESH + FRESH / 6)
        assert world.changes == told + 1


async def test_a_write_makes_the_next_question_fresh() -> None:
    async with probing() as (prober, world, clock):
        prober.get(ask())
        await clock.advance(1.0)
        world.value = 2
        prober.renew("token_secrets")
        prober.get(ask())
        await clock.advance(1.0)
        assert len(world.asked) == 1
        prober.renew("allowed")
        prober.get(ask())
        await clock.advance(1.0)
        fact = prober.get(ask())
        assert isinstance(fact, Known)
        assert fact.value == 2


async def test_one_failed_renewal_keeps_the_answer_with_its_age_until_it_lapses() -> None:
    async with probing() as (prober, world, clock):
        prober.get(ask())
        await clock.advance(1.0)
        first = prober.get(ask())
        world.fails = Unreachable("the API server does not answer")
        for _ in range(int(FRESH) + 5):
            prober.get(ask())
            await clock.advance(1.0)
        assert len(world.asked) == 2
        assert prober.get(ask()) == first
        for _ in range(int(KEPT)):
            prober.get(ask())
            await clock.advance(1.0)
        lapsed = prober.get(ask())
        assert isinstance(lapsed, Unknown)
        assert "the API server does not answer" in lapsed.why


async def test_a_right_that_was_taken_from_us_unsays_the_answer_at_once_and_is_not_asked_for_often() -> None:
    async with probing() as (prober, world, clock):
        prober.get(ask())
        await clock.advance(1.0)
        world.fails = ApiStatus("subjectaccessreviews is forbidden", 403)
        prober.renew("allowed")
        prober.get(ask())
        await clock.advance(1.0)
        assert prober.get(ask()) == Unknown("forbidden: subjectaccessreviews is forbidden")
        asked = len(world.asked)
        for _ in range(int(DENIED) - 5):
            prober.get(ask())
            await clock.advance(1.0)
        assert len(world.asked) == asked


async def test_an_odd_answer_does_not_end_probing() -> None:
    async with probing() as (prober, world, clock):
        world.fails = ValueError("not what it should be")
        prober.get(ask(1))
        await clock.advance(1.0)
        assert prober.get(ask(1)) == Unknown("the answer could not be read (ValueError)")
        world.fails = None
        prober.get(ask(2))
        await clock.advance(1.0)
        assert isinstance(prober.get(ask(2)), Known)


async def test_questions_are_bounded_and_the_refusal_says_so() -> None:
    async with probing() as (prober, _, _):
        for number in range(MOST):
            prober.get(ask(number))
        refused = prober.get(ask(MOST))
        assert isinstance(refused, Unknown)
        assert "already open" in refused.why
