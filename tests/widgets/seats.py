"""A seat without a terminal, for tests: the app over a scripted session, a clock the test moves, the screen as text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from console.app import Settings, WarRoom
from console.ports.clock import ManualClock
from tests.widgets import scripted
from tests.widgets.scripted import Scripted

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from console.ports.session import Session


class Seat:
    """One app under test."""

    def __init__(self, app: WarRoom, pilot: Pilot[Any], session: Scripted, clock: ManualClock) -> None:
        self.app, self.pilot, self.session, self.clock = app, pilot, session, clock

    @property
    def room(self) -> Any:
        """The room screen."""
        return self.app.room

    async def press(self, *keys: str, wait: float = 1.0) -> None:
        """Keys one by one, with time to see between them."""
        for key in keys:
            await self.clock.advance(wait)
            await self.pilot.press(key)
            await self.settle()

    async def settle(self) -> None:
        """Until messages and requests are through."""
        for _ in range(4):
            await self.pilot.pause()

    def text(self) -> str:
        """The screen as a person reads it."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    def line(self, word: str) -> str:
        """The first line with that word."""
        return next((line for line in self.text().splitlines() if word in line), "")

    def asked(self, kind: type) -> list[Any]:
        """Requests of a kind so far."""
        return [request for request in self.session.asked if isinstance(request, kind)]


@asynccontextmanager
async def seat(
    size: tuple[int, int] = (120, 40), session: Scripted | None = None, **settings: Any
) -> AsyncIterator[Seat]:
    """Open a seat; everything the script holds has arrived."""
    session = session or Scripted()

    async def connect() -> Session:
        return session

    fields: dict[str, Any] = {"seat": "ana", "theme": "war-dark", "ascii_only": False} | settings
    trust, login = fields.pop("trust", None), fields.pop("login", None)
    specs = fields.pop("specs", scripted.specs())
    connecting: Any = fields.pop("connect", connect)
    clock = ManualClock(scripted.NOW)
    app = WarRoom(connecting, specs, Settings(**fields), clock, trust, login)
    async with app.run_test(size=size) as pilot:
        found = Seat(app, pilot, session, clock)
        for _ in range(20):
            await found.settle()
            if "changes" in session.subscribed and found.room.table("journal").rows.loaded:
                break
        await found.settle()
        yield found
