"""Browsers of ten thousand objects: made in slices, shown as a whole, and what changes meanwhile counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from itertools import pairwise
from typing import cast

import pytest

from console.hygiene.exporting import Exporter
from console.incident.browsers import GATHERED, SLICE, Browsers
from console.model.objects import Metadata, Pod
from console.ports.clock import ManualClock
from console.ports.cluster import Cluster
from console.ports.session import Delta, Snapshot, Update
from console.ports.tasks import Tasks
from tests.console.incident.test_factbook import ScriptedCluster, Watched

MANY = 10_000
TOPIC = "browse:pods"


def pod(number: int, phase: str = "Running") -> Pod:
    made = Pod(metadata=Metadata(f"web-{number:05}", "shop", f"u-{number}", "1"))
    made.status.phase = phase
    return made


class Room:
    """A loaded watch of many pods, and its browsers."""

    def __init__(self, count: int = MANY) -> None:
        self.cluster, self.clock, self.tasks = ScriptedCluster(), ManualClock(), Tasks()
        self.pods = [pod(number) for number in range(count)]
        self.cluster.views["Pod"] = Watched("Pod", self.pods)
        self.browsers = Browsers(cast(Cluster, self.cluster), self.clock, Exporter(b"test"), self.tasks)

    @property
    def rows(self) -> int:
        """Rows made so far, the head left out; 0 when nobody browses."""
        browser = self.browsers._open.get(TOPIC)
        return len(browser.table) - 1 if browser else 0

    async def turn(self, until: Callable[[], bool]) -> list[int]:
        """Rows after each turn of the loop until then."""
        seen = [self.rows]
        async with asyncio.timeout(20):
            while not until():
                await asyncio.sleep(0)
                seen.append(self.rows)
        return seen


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    made = Room()
    yield made
    await made.tasks.close()


async def whole(updates: AsyncIterator[Update]) -> list[str]:
    """Keys of the first snapshot, all its chunks."""
    keys: list[str] = []
    async for update in updates:
        assert isinstance(update, Snapshot)
        keys += [row.key for row in update.rows]
        if update.last:
            return keys
    raise AssertionError("it ended")


async def test_rows_are_made_in_slices_with_turns_of_the_loop_between_and_shown_as_a_whole(room: Room) -> None:
    reading = asyncio.ensure_future(whole(room.browsers.read(TOPIC)))

    seen = await room.turn(reading.done)

    steps = [after - before for before, after in pairwise(seen)]
    assert max(steps) <= SLICE
    assert len(await reading) == MANY + 1


async def test_what_changes_while_the_rows_are_made_counts(room: Room) -> None:
    """A pod that went, one that changed and one that came: none of them is as it was when the making began."""
    reading = asyncio.ensure_future(whole(room.browsers.read(TOPIC)))
    await room.turn(lambda: room.rows >= SLICE)
    assert room.rows < MANY

    room.cluster.listener("deleted", "Pod", room.pods[-1], None)
    room.cluster.listener("updated", "Pod", pod(MANY - 2, "Failed"), None)
    room.cluster.listener("created", "Pod", pod(MANY), None)
    keys = await reading

    assert f"Pod/shop/web-{MANY - 1:05}" not in keys
    assert f"Pod/shop/web-{MANY:05}" in keys
    changed = room.browsers._open[TOPIC].table.get(f"Pod/shop/web-{MANY - 2:05}")
    assert "Failed" in changed.cells  # type: ignore[union-attr]  # every row of a browser has cells


async def test_a_reader_that_goes_before_the_rows_are_made_leaves_nothing_behind(room: Room) -> None:
    reading = asyncio.ensure_future(whole(room.browsers.read(TOPIC)))
    await room.turn(lambda: room.rows >= SLICE)

    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await room.turn(lambda: not room.browsers._open)

    assert room.rows == 0


async def test_a_storm_of_changes_is_taken_in_slices_too(room: Room) -> None:
    updates = room.browsers.read(TOPIC)
    await whole(updates)
    for number in range(MANY, MANY + 3000):
        room.cluster.listener("created", "Pod", pod(number), None)

    seen = await room.turn(lambda: room.rows == MANY + 3000)

    assert max(after - before for before, after in pairwise(seen)) <= SLICE
    reading = asyncio.ensure_future(anext(updates))
    await room.clock.advance(1)
    assert isinstance(await reading, (Delta, Snapshot))


async def _look(room: Room, topic: str) -> list[str]:
    """Read a browser once and leave it."""
    updates = room.browsers.read(topic)
    keys = await whole(updates)
    await cast(AsyncGenerator[Update], updates).aclose()
    return keys


async def test_whoever_comes_back_finds_the_rows_made_and_up_to_date(room: Room) -> None:
    await _look(room, TOPIC)
    room.cluster.listener("created", "Pod", pod(MANY), None)
    room.cluster.listener("deleted", "Pod", room.pods[0], None)
    for _ in range(20):
        await asyncio.sleep(0)
    assert room.rows == MANY, "rows were made again for nobody"

    async with asyncio.timeout(5):
        keys = await _look(room, TOPIC)

    assert f"Pod/shop/web-{MANY:05}" in keys
    assert "Pod/shop/web-00000" not in keys


async def test_what_is_gathered_for_nobody_is_bounded(room: Room) -> None:
    await _look(room, TOPIC)
    for number in range(MANY, MANY + GATHERED):
        room.cluster.listener("created", "Pod", pod(number), None)
        room.cluster.listener("deleted", "Pod", pod(number), None)
    room.cluster.listener("created", "Pod", pod(MANY), None)

    await room.turn(lambda: room.rows == MANY + 1)

    assert not room.browsers._open[TOPIC]._changed


async def test_of_the_browsers_nobody_reads_only_the_last_is_kept(room: Room) -> None:
    await _look(room, TOPIC)
    await _look(room, "browse:pods:shop")
    assert list(room.browsers._open) == ["browse:pods:shop"]
    await _look(room, TOPIC)
    assert list(room.browsers._open) == [TOPIC]


async def test_one_that_somebody_still_reads_is_not_given_up(room: Room) -> None:
    stays = room.browsers.read(TOPIC)
    await whole(stays)
    await _look(room, TOPIC)
    await _look(room, "browse:pods:shop")
    await _look(room, "browse:pods:staging")
    assert set(room.browsers._open) == {TOPIC, "browse:pods:staging"}
