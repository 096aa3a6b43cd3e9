"""The checklist's room: judged again whenever a fact changed, drawn in pane 3, put on record when something moved.

In: facts, through the book. Out: rows of the topic `checklist` and `ItemObserved` entries. Nothing here ticks by a
person's word alone where a check exists, and nothing polls: it waits for the book or for the end of a hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import cached_property

from console.actions.case import Case
from console.checks.shipped import shipped
from console.errors import BadInput
from console.incident.board import Board
from console.incident.factbook import FactBook
from console.model.entry import Record
from console.ports.tasks import Tasks
from console.runbooks.checklist import Checklist
from console.runbooks.loading import load_items

PAUSE = 1.0
"""Seconds between two rounds at least: judging 86 items costs some milliseconds of every one of them."""


class Checking:
    """Keeps the checklist of one incident up to date."""

    def __init__(self, case: Case, book: FactBook, board: Board, note: Callable[[Record], None]) -> None:
        self._case, self._book, self._board, self._note = case, book, board, note
        self._keys: Mapping[str, str] = {spec.id: spec.keys for spec in case.registry.specs()}

    @cached_property
    def checklist(self) -> Checklist:
        """The cards with their checks; read from their files when first asked for."""
        checks = shipped()
        return Checklist(load_items(checks), checks)

    def load(self) -> None:
        """Read the cards now; may be called in a thread."""
        _ = self.checklist

    async def run(self) -> None:
        """Judge for ever."""
        tasks = Tasks()
        try:
            while True:
                seen = self._book.revision
                await self.round()
                await self._case.clock.sleep(PAUSE)
                await self._wait(seen, tasks)
        finally:
            await tasks.close()

    async def round(self) -> None:
        """Judge every item once, draw the rows and record what moved."""
        case, checklist = self._case, self.checklist
        facts = self._book.reading()
        states = await checklist.review(facts, case.state, self._board.members(), facts.now())
        self._board.tables["checklist"].replace(checklist.rows(states, case.export, self._keys))
        for record in checklist.to_record(states, case.state, case.export):
            self._note(record)

    async def _wait(self, seen: int, tasks: Tasks) -> None:
        """Until a fact changed after that revision, or time itself may change a verdict."""
        change = tasks.start("checklist:change", self._book.wait_change(seen))
        waits = {change}
        if self.checklist.due is not None:
            pause = max(0.0, self.checklist.due - self._case.clock.now())
            waits.add(tasks.start("checklist:due", self._case.clock.sleep(pause)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def refuse(self, item: str, state: str, reason: str) -> None:
        """Raises `BadInput` with the reason when a person may not mark this item so."""
        if why := self.checklist.refuse(item, state, reason):
            raise BadInput(why)
