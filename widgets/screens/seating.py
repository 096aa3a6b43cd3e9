"""Taking a seat: opens the session, turns its updates into messages, takes the seat again when the engine was lost.

In: a way to get a `Session`. Out: messages to the room, answers to its requests. It draws nothing.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from console.errors import VersionSkew, WarRoomError, WireError
from console.ports.session import Place, Snapshot
from console.ports.tasks import Tasks
from console.ports.views import Refusal
from widgets.messages import Ended, Linked, Moved, Updated

if TYPE_CHECKING:
    from console.model.text import Clean
    from console.ports.session import Ask, Hello, Session, Update
    from console.ports.views import Answer
    from widgets.screens.room import RoomScreen
    from widgets.theme import Look

TOPICS = ("header", "findings", "resources", "checklist", "journal", "undo")
LAST = "changes"
"""Asked for after what the pane shows: the engine looks through every object for it."""
LEAVING = 1.0
"""Seconds the engine gets to hear where a seat was left."""
PATIENCE = 2.0
"""Seconds what is asked for last waits for the rows of pane 2."""
LONGEST = 10.0
"""Seconds between two tries at most."""


def _said(text: str) -> Clean:
    """A sentence of ours; the border is imported when there is one to say, not before the first frame."""
    from console.hygiene.exporting import known_safe

    return known_safe(text)


class Seating:
    """One seat's connection, for as long as the app runs.

    Args:
        look: holds the clock, and learns how far the engine's is ahead.
        connect: gives a fresh session; called again after the engine was lost.
        hello: who sits down.
        unusable: told when the cluster cannot be opened at all.
    """

    room: RoomScreen

    def __init__(
        self,
        look: Look,
        connect: Callable[[], Awaitable[Session]],
        hello: Hello,
        unusable: Callable[[WarRoomError], None],
    ) -> None:
        self.look, self._connect, self._hello, self._unusable = look, connect, hello, unusable
        self.session: Session | None = None
        self.seated = False
        self._early = False
        """Whether a pane was opened before the engine could say where this seat was."""
        self._saved = ""
        self._tasks = Tasks()
        self._browsing: asyncio.Task[Any] | None = None
        self._ahead = ""
        """The browser topic asked for before there was a room to show it in."""
        self._raised = asyncio.Event()
        self._whole = asyncio.Event()
        """Whether nothing that pane 2 shows is still to come."""
        self._whole.set()

    def raised(self, room: RoomScreen) -> None:
        """The room is there: what came meanwhile goes to it. The engine is spoken to before, while it is imported."""
        self.room = room
        self._raised.set()

    async def ask(self, request: Ask) -> Answer:
        """Send a request; a missing engine is a refusal, never an exception."""
        if self.session is None:
            return Refusal(_said("The engine is not there yet; wait for the connection."), 7)
        try:
            return await self.session.ask(request)
        except WireError as error:
            return Refusal(_said(f"The engine did not answer: {error}"), 7)

    async def sit(self) -> None:
        """Take the seat, and take it again whenever the engine was lost; never where that cannot help."""
        delay = 0.5
        while True:
            try:
                self.session = await self._connect()
                await self._follow(self.session)
                delay, lost = 0.5, "The engine ended the connection."
            except WarRoomError as error:
                await self._raised.wait()
                if not self.seated or isinstance(error, VersionSkew) or not isinstance(error, WireError):
                    await self._drop()
                    self._unusable(error)
                    return
                lost = str(error)
            await self._drop()
            self.room.post_message(Linked(_said(f"ENGINE LOST, trying again: {lost}")))
            await self.look.clock.sleep(delay * (1 + random.random() / 4))  # noqa: S311 - jitter, not a secret
            delay = min(delay * 2, LONGEST)

    async def _follow(self, session: Session) -> None:
        """Subscribe to everything; returns when the engine ended a subscription."""
        look = self.look
        welcome = await session.open(self._hello)
        look.skew = welcome.clock - look.clock.now() if welcome.clock else 0.0
        ended, ready = asyncio.Event(), asyncio.Event()
        for topic in TOPICS:
            self._tasks.start(topic, self._pump(session, topic, ready, ended))
        if not self.seated and not self._early:
            self._browse_ahead(session, welcome.place, ready)
        await self._raised.wait()
        room = self.room
        room.seat = welcome.seat
        if self.seated:
            room.post_message(Linked())
        if welcome.notice:
            room.say(welcome.notice, "bad")
        if not self.seated:
            self.seated = True
            self._saved = welcome.place
            if self._early:
                room.post_message(Moved())  # what the person chose meanwhile is the place now
            else:
                room.restore(welcome.place)
        ready.set()
        if room.resources.topic or self._ahead:
            self.browse(room.resources.topic)
        self._tasks.start(LAST, self._pump_last(session, ready, ended))
        try:
            await ended.wait()
        finally:
            await self._tasks.close()

    async def _pump(
        self, session: Session, topic: str, ready: asyncio.Event, ended: asyncio.Event | None = None
    ) -> None:
        """Session updates to messages, once the room is where this seat was; until the engine ends them."""
        try:
            async for update in session.subscribe(topic):
                await ready.wait()
                self._give(update)
                if ended is None and isinstance(update, Snapshot) and update.last:
                    self._whole.set()
            why = _said("The engine ended this list.")
        except WarRoomError as error:
            why = _said(str(error))
        if ended is not None:
            ended.set()  # said once for the whole connection
        else:
            self._whole.set()
            await ready.wait()
            self.room.post_message(Ended(topic, why))

    def _give(self, update: Update) -> None:
        """To the room: what comes before its first frame is drawn in it, what comes later in its turn."""
        if self.room.early is None:
            self.room.post_message(Updated(update))
        else:
            self.room.early.append(update)

    async def _pump_last(self, session: Session, ready: asyncio.Event, ended: asyncio.Event) -> None:
        """What can wait, after what somebody looks at; but not for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._whole.wait()
        await self._pump(session, LAST, ready, ended)

    def _browse_ahead(self, session: Session, place: str, ready: asyncio.Event) -> None:
        """What this seat browsed when it was left: the engine gathers the rows while the room is imported."""
        from widgets.screens.places import decoded

        self._ahead = decoded(place).browsed
        if self._ahead:
            self._whole.clear()
            self._browsing = self._tasks.start(self._ahead, self._pump(session, self._ahead, ready))

    def browse(self, topic: str) -> None:
        """Subscribe to a browser topic instead of the one before; "" to none."""
        self._early = self._early or not self.seated
        ahead, self._ahead = self._ahead, ""
        if topic and topic == ahead:
            return
        if self._browsing is not None:
            self._browsing.cancel()
            self._browsing = None
        self._whole.set()
        if topic and self.session is not None:
            self._whole.clear()
            self._browsing = self._tasks.start(topic, self._pump(self.session, topic, self._raised))

    async def _drop(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            await session.close()

    async def save(self, place: str) -> None:
        """Tell the engine where this seat is, if that changed."""
        if place and place != self._saved and self.session is not None:
            self._saved = place
            await self.ask(Place(place))

    async def save_last(self, place: str) -> None:
        """The same on the way out, where an engine that does not answer holds nobody up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVING):
                await self.save(place)

    async def close(self) -> None:
        """Leave the seat; the engine goes on."""
        await self._tasks.close()
        await self._drop()
