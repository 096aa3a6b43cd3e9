"""The prober: answers questions no watch can, one at a time, at most two a second, and keeps the answers for a while.

In: questions (`Ask`) that checks had no answer to. Out: facts, and a call of `on_change` when one changed or grew old.
It only reads: access reviews, metadata, metric queries. It never decides what to ask, and an answer that is missing
is `Unknown` with the reason, never a guess.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from console.errors import ApiStatus, WarRoomError
from console.model.facts import Ask, Fact, Known, Unknown
from console.ports.clock import Clock

GAP = 0.5
"""Seconds between two requests: at most two a second."""
FRESH = 30.0
"""Seconds an answer is good for; asked for again after that."""
CALM = 120.0
"""Seconds it is good for at most, while each renewal brings the same."""
DENIED = 300.0
"""Seconds until a question the API server forbids is tried again."""
KEPT = 300.0
"""Seconds after which an answer that could not be renewed is no answer any more."""
MOST = 2000
"""Questions kept at a time; more are refused, aloud."""
LIMIT = 15.0
"""Seconds one question may take."""

Reader = Callable[[Ask], Awaitable[Known | Unknown]]
"""Asks the outside world once. May raise `WarRoomError`."""


class _Page(msgspec.Struct):
    """One question and how it stands. Times are monotonic seconds."""

    fact: Fact
    wanted: float
    """When somebody last asked."""
    due: float
    """When it is to be asked again."""
    answered: float = 0.0
    interval: float = FRESH
    queued: bool = False
    """Whether it waits to be asked, or is being asked."""
    doubted: bool = False
    """Whether the answer that is under way may be older than a write."""
    old: bool = False
    """Whether its growing old was announced."""
    trouble: str = ""
    """Why the newest attempt to renew it failed."""


class Prober:
    """Bounded, paced reading of facts. `run()` does the work; `get()` never waits."""

    def __init__(self, read: Reader, clock: Clock, on_change: Callable[[], None]) -> None:
        self._read = read
        self._clock = clock
        self._on_change = on_change
        self._pages: dict[Ask, _Page] = {}
        self._urgent: dict[Ask, None] = {}
        self._queue: dict[Ask, None] = {}
        self._work = asyncio.Event()

    def get(self, ask: Ask, urgent: bool = False) -> Fact:
        """The newest answer. Asking queues the question when there is none, or none that is fresh.

        Args:
            urgent: somebody waits for it: it is asked before everything that only keeps the checklist fresh.
        """
        now = self._clock.monotonic()
        page = self._pages.get(ask)
        if page is None:
            if len(self._pages) >= MOST:
                return Unknown(f"{MOST} questions to the cluster are already open; it is asked when one is done")
            page = self._pages[ask] = _Page(Unknown("being asked"), now, now)
        page.wanted = now
        if now >= page.due:
            self._enqueue(ask, page, urgent)
        if isinstance(page.fact, Known) and now - page.answered > KEPT:
            return Unknown(
                f"the last answer is {now - page.answered:.0f} s old; since then: {page.trouble or 'no try'}"
            )
        return page.fact

    def renew(self, fact: str) -> None:
        """Everything known of this name may have changed: ask again as soon as somebody wants it."""
        now = self._clock.monotonic()
        for ask, page in self._pages.items():
            if ask.fact == fact:
                page.due, page.interval, page.doubted = now, FRESH, True

    async def run(self) -> None:
        """Ask what is queued, for ever."""
        while True:
            if not self._urgent and not self._queue:
                self._work.clear()
                await self._work.wait()
            queue = self._urgent or self._queue
            ask = next(iter(queue))
            del queue[ask]
            if page := self._pages.get(ask):
                await self._renew(ask, page)
            await self._clock.sleep(GAP)

    async def age(self) -> None:
        """Say when answers in use have grown old, so that whoever needs them asks again; forget the others."""
        while True:
            await self._clock.sleep(FRESH / 6)
            now = self._clock.monotonic()
            for ask in [ask for ask, page in self._pages.items() if now - page.wanted > 4 * CALM and not page.queued]:
                del self._pages[ask]
            aged = [page for page in self._pages.values() if now >= page.due and not page.queued and not page.old]
            for page in aged:
                page.old = True
            if aged:
                self._on_change()

    def _enqueue(self, ask: Ask, page: _Page, urgent: bool) -> None:
        """In order of asking, the urgent ones first: what is asked again and again must not pass what waits longer."""
        if not page.queued:
            (self._urgent if urgent else self._queue)[ask] = None
        elif urgent and ask in self._queue:
            del self._queue[ask]
            self._urgent[ask] = None
        page.queued = True
        self._work.set()

    async def _renew(self, ask: Ask, page: _Page) -> None:
        page.doubted = False
        fact, answered = await self._answer(ask)
        page.queued = False
        self._keep(page, fact, answered)
        if page.doubted:
            page.due = self._clock.monotonic()

    async def _answer(self, ask: Ask) -> tuple[Fact, bool]:
        """The answer, and whether it is one: a failure to ask is not."""
        try:
            # Not wait_for: in Python 3.11 it gives the answer and forgets that it was cancelled when both come at once.
            async with asyncio.timeout(LIMIT):
                return await self._read(ask), True
        except ApiStatus as error:
            return Unknown(f"forbidden: {error}" if error.code == 403 else str(error)), error.code == 403
        except WarRoomError as error:
            return Unknown(str(error)), False
        except TimeoutError:
            return Unknown(f"no answer within {LIMIT:.0f} s"), False
        except Exception as error:  # the boundary: one odd answer must not end all probing
            return Unknown(f"the answer could not be read ({type(error).__name__})"), False

    def _keep(self, page: _Page, fact: Fact, answered: bool) -> None:
        now = self._clock.monotonic()
        page.old = False
        if not answered and isinstance(page.fact, Known):
            # One failed renewal does not unsay what was seen; `get` lets it lapse.
            page.trouble = fact.why if isinstance(fact, Unknown) else ""
            page.due = now + FRESH
            return
        forbidden = answered and isinstance(fact, Unknown) and fact.why.startswith("forbidden")
        changed = _value(fact) != _value(page.fact)
        page.interval = DENIED if forbidden else FRESH if changed else min(2 * page.interval, CALM)
        page.due, page.fact, page.answered, page.trouble = now + page.interval, fact, now, ""
        if changed:
            self._on_change()


def _value(fact: Fact) -> Any:
    return (True, fact.value) if isinstance(fact, Known) else (False, fact.why)
