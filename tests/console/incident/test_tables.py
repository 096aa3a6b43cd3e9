"""Topics as tables: readers get a snapshot, then differences, and never a backlog."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st

from console.hygiene.exporting import known_safe
from console.incident.tables import REMOVALS, Table
from console.ports.clock import ManualClock
from console.ports.session import CHUNK, Delta, Snapshot, Update
from console.ports.tasks import Tasks
from console.ports.views import EntryRow


def row(number: int, text: str = "") -> EntryRow:
    return EntryRow(known_safe(str(number)), number, 0.0, known_safe("engine"), known_safe(text))


class Reader:
    """Applies updates as a seat does."""

    def __init__(self) -> None:
        self.rows: dict[str, EntryRow] = {}
        self.updates = 0

    def take(self, update: Update) -> None:
        self.updates += 1
        if isinstance(update, Snapshot):
            self.rows = {} if update.first else self.rows
            self.rows |= {one.key: one for one in update.rows if isinstance(one, EntryRow)}
        else:
            self.rows |= {one.key: one for one in update.upserts if isinstance(one, EntryRow)}
            for key in update.removes:
                self.rows.pop(key, None)


async def test_an_empty_topic_says_so_at_once() -> None:
    updates = Table("journal", ManualClock()).read()

    assert await anext(updates) == Snapshot("journal", 0, (), first=True, last=True)


async def test_equal_rows_change_nothing() -> None:
    table = Table("journal", ManualClock())
    table.put(row(1, "same"))
    table.put(row(1, "same"))

    assert table.revision == 1


async def test_many_changes_between_two_looks_arrive_as_one_delta_of_newest_rows() -> None:
    clock = ManualClock()
    table = Table("journal", clock)
    updates = table.read()
    await anext(updates)

    for wave in range(5):
        table.put(row(1, f"wave {wave}"), row(2))
    table.remove("2")
    delta = await anext(updates)

    assert isinstance(delta, Delta)
    assert [(one.key, one.text) for one in delta.upserts if isinstance(one, EntryRow)] == [("1", "wave 4")]
    assert delta.removes == ("2",)


async def test_deltas_come_at_most_four_times_a_second() -> None:
    clock = ManualClock()
    table = Table("journal", clock)
    seen: list[float] = []

    async def read() -> None:
        async for _ in table.read():
            seen.append(clock.monotonic())

    tasks = Tasks()
    tasks.start("read", read())
    for number in range(40):
        table.put(row(number))
        await clock.advance(0.05)
    await tasks.close()

    assert len(seen) <= 2 + 2.0 / 0.25
    assert all(later - earlier >= 0.25 for earlier, later in itertools.pairwise(seen[1:]))


async def test_a_reader_too_far_behind_gets_a_snapshot() -> None:
    table = Table("journal", ManualClock())
    table.put(*[row(number) for number in range(REMOVALS + 100)])
    updates = table.read()
    while not (await anext(updates)).last:  # type: ignore[union-attr]
        pass

    for number in range(REMOVALS + 50):
        table.remove(str(number))
    update = await anext(updates)

    assert isinstance(update, Snapshot)
    assert [one.key for one in update.rows] == [str(number) for number in range(REMOVALS + 50, REMOVALS + 100)]


async def test_a_change_of_most_rows_is_a_snapshot_in_chunks() -> None:
    table = Table("journal", ManualClock())
    updates = table.read()
    await anext(updates)

    table.put(*[row(number) for number in range(3 * CHUNK)])
    chunks = [await anext(updates) for _ in range(3)]

    assert [len(one.rows) for one in chunks if isinstance(one, Snapshot)] == [CHUNK, CHUNK, CHUNK]


async def test_the_last_reader_to_leave_is_noticed() -> None:
    table, left = Table("journal", ManualClock()), []
    table.on_idle = lambda: left.append(True)
    one, two = table.read(), table.read()
    await anext(one)
    await anext(two)

    await one.aclose()  # type: ignore[attr-defined]
    assert not left
    await two.aclose()  # type: ignore[attr-defined]
    assert left == [True]


Change = tuple[bool, int, int]


async def next_of(updates: AsyncIterator[Update]) -> Update:
    return await anext(updates)


@given(st.lists(st.lists(st.tuples(st.booleans(), st.integers(0, 8), st.integers(0, 3)), max_size=8), max_size=8))
def test_a_reader_ends_with_exactly_the_rows_of_the_table(rounds: list[list[Change]]) -> None:
    """Whatever is put and removed between its looks."""

    async def play() -> None:
        clock = ManualClock()
        table, reader = Table("journal", clock), Reader()
        updates = table.read()
        reader.take(await anext(updates))
        for changes in rounds:
            before = table.revision
            for put, number, text in changes:
                if put:
                    table.put(row(number, str(text)))
                else:
                    table.remove(str(number))
            if table.revision == before:
                continue
            table.put(row(99, str(table.revision)))  # something always differs, so that there is a delta to wait for
            pending = Tasks().start("look", next_of(updates))
            await clock.advance(1)
            reader.take(await pending)
        assert reader.rows == {one.key: one for one in table.rows()}

    asyncio.run(play())
