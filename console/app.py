"""The seat with a screen: the Textual app, and the bridge from a session to the room.

In: a way to get a `Session`, the actions' declarations, how to draw. Out: what `run()` returns ("drill" when the
person asked for it on the error screen). Domain work and cluster access do not belong here.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec

from console import __version__
from console.config.keymap import Keymap, keymap
from console.errors import WarRoomError, WireError
from console.ports.clock import SystemClock
from console.ports.session import PROTOCOL, Hello, Place
from console.ports.tasks import Tasks
from console.ports.views import Refusal


def prepare_environment(environment: dict[str, str] | os._Environ[str] = os.environ) -> None:
    """Defaults that Textual reads when it is imported; call before importing this module's neighbours.

    Kitty's keyboard protocol leaves the local shell in a state after a lost connection; a split arrow key needs the
    longer delay; animations are traffic.
    """
    if environment.get("SSH_TTY") or environment.get("SSH_CONNECTION"):
        environment.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    environment.setdefault("ESCDELAY", "500")
    environment.setdefault("TEXTUAL_ANIMATIONS", "none")


prepare_environment()
gc.disable()  # nothing of what is imported now is ever garbage: looking for it takes a tenth of the first frame's time

from textual.app import App  # noqa: E402 - reads the environment above
from textual.events import Key, Paste  # noqa: E402

from widgets.messages import Browsed, Linked, Moved, Ticked, Updated  # noqa: E402
from widgets.parts.guarding import Guard  # noqa: E402
from widgets.parts.link import behind  # noqa: E402
from widgets.parts.muting import Muting  # noqa: E402
from widgets.screens.places import decoded  # noqa: E402
from widgets.screens.room import RoomScreen  # noqa: E402
from widgets.theme import PALETTES, Look, ascii_wanted, chosen, textual_theme  # noqa: E402

gc.freeze()
gc.enable()

if TYPE_CHECKING:
    from console.model.action import ActionSpec
    from console.model.text import Clean
    from console.ports.clock import Clock
    from console.ports.session import Ask, Session
    from console.ports.views import Answer

Connect = Callable[[], Awaitable["Session"]]
TOPICS = ("header", "findings", "resources", "checklist", "journal", "undo", "changes")
STALLED = 16
"""Frames waiting for the terminal above which nothing at all is painted: Textual would block at 30."""


def _said(text: str) -> Clean:
    """A sentence of ours; the border is imported when there is one to say, not before the first frame."""
    from console.hygiene.exporting import known_safe

    return known_safe(text)


class Settings(msgspec.Struct, frozen=True):
    """How a seat looks and is called."""

    seat: str = ""
    theme: str = ""
    ascii_only: bool | None = None
    """None: by the terminal."""
    keymap: Keymap | None = None
    environment: dict[str, str] = {}
    """Allow-listed variables handed to the engine for login plugins."""
    crash_file: str = ""
    """Where a traceback goes (mode 0600); "" for none."""


class WarRoom(App[str]):
    """One seat.

    Args:
        connect: gives a fresh session; called again after the engine was lost.
        specs: declarations of all actions.
        settings: looks and names.
        clock: the seat's clock.
        trust: approves the kubeconfig content whose short hash was typed on the error screen.
    """

    TITLE = "warroom"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    INLINE_PADDING = 0

    def __init__(
        self,
        connect: Connect,
        specs: tuple[ActionSpec, ...] = (),
        settings: Settings | None = None,
        clock: Clock | None = None,
        trust: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self.settings = settings = settings or Settings()
        environment = dict(os.environ)
        palette = chosen(environment, settings.theme)
        plain = ascii_wanted(environment) if settings.ascii_only is None else settings.ascii_only
        self.look = Look(palette, plain, clock or SystemClock())
        self._guard = Guard(plain, palette.mono)
        super().__init__()
        self._connect, self._trust = connect, trust
        self.specs = specs
        self.keymap = settings.keymap or keymap({}, specs)
        self.session: Session | None = None
        self._muting = Muting(self.look.clock)
        self._tasks = Tasks()
        self._browsing: asyncio.Task[Any] | None = None
        self._seated = self._saving = self._stalled = self._early = False
        self._saved = ""
        self.room = RoomScreen(self.look, self.ask, specs, self.keymap)
        self.register_theme(textual_theme(palette))
        self.theme = palette.name

    # -- start and end

    def get_default_screen(self) -> RoomScreen:
        """The room is the first screen."""
        return self.room

    def on_mount(self) -> None:
        self.set_keymap(self.keymap.keys)
        try:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.exit)
        except (NotImplementedError, RuntimeError, ValueError):
            pass  # not the main thread (tests)
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        self.run_worker(self._sit(), name="sit", exit_on_error=True)
        self._next_minute()

    def _next_minute(self) -> None:
        self.set_timer(60 - self.look.now() % 60 + 0.05, self._minute)

    def _minute(self) -> None:
        self.room.post_message(Ticked())
        self._next_minute()

    # -- the session

    async def ask(self, request: Ask) -> Answer:
        """Send a request; a missing engine is a refusal, never an exception."""
        if self.session is None:
            return Refusal(_said("The engine is not there yet; wait for the connection."), 7)
        try:
            return await self.session.ask(request)
        except WireError as error:
            return Refusal(_said(f"The engine did not answer: {error}"), 7)

    async def _sit(self) -> None:
        """Take the seat, and take it again whenever the engine was lost."""
        delay = 0.5
        while True:
            try:
                self.session = await self._connect()
                await self._follow(self.session)
                delay, lost = 0.5, "The engine ended the connection."
            except WarRoomError as error:
                if self.session is None and not isinstance(error, WireError):
                    self._unusable(error)
                    return
                lost = str(error)
            await self._drop()
            self.room.post_message(Linked(_said(f"ENGINE LOST, trying again: {lost}")))
            await self.look.clock.sleep(delay * (1 + random.random() / 4))  # noqa: S311 - jitter, not a secret
            delay = min(delay * 2, 10)

    async def _follow(self, session: Session) -> None:
        """Subscribe to everything; returns when the engine ended a subscription."""
        look, room = self.look, self.room
        welcome = await session.open(Hello(PROTOCOL, __version__, self.settings.seat, self.settings.environment))
        look.skew = welcome.clock - look.clock.now() if welcome.clock else 0.0
        room.seat = welcome.seat
        room.post_message(Linked())
        if not self._seated:
            self._seated = True
            self._saved = welcome.place
            if self._early:
                self.on_moved(Moved())  # what the person chose meanwhile is the place now
            else:
                room.restore(decoded(welcome.place))
        ended = asyncio.Event()
        for topic in TOPICS:
            self._tasks.start(topic, self._pump(session, topic, ended))
        self.browse(room.resources.topic)
        try:
            await ended.wait()
        finally:
            await self._tasks.close()

    async def _pump(self, session: Session, topic: str, ended: asyncio.Event | None) -> None:
        """Session updates to messages, until the engine ends them."""
        try:
            async for update in session.subscribe(topic):
                self.room.post_message(Updated(update))
        except WireError:
            pass  # said once for the whole connection
        if ended is not None:
            ended.set()

    def browse(self, topic: str) -> None:
        """Subscribe to a browser topic instead of the one before; "" to none."""
        if self._browsing is not None:
            self._browsing.cancel()
            self._browsing = None
        if topic and self.session is not None:
            self._browsing = self._tasks.start(topic, self._pump(self.session, topic, None))

    async def _drop(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            await session.close()

    def _unusable(self, error: WarRoomError) -> None:
        """The cluster cannot be opened at all: say why, and what next."""
        from widgets.modals.unusable import Unusable

        def chosen(answer: str | None) -> None:
            if answer == "drill":
                self.exit("drill")
            elif answer == "again":
                self.run_worker(self._sit(), name="sit", exit_on_error=True)
            else:
                self.exit()

        self.push_screen(Unusable(self.look, error, self._trust), chosen)

    async def on_unmount(self) -> None:
        await self._tasks.close()
        await self._drop()

    def on_browsed(self, message: Browsed) -> None:
        """Pane 2 shows another kind."""
        self._early = self._early or not self._seated
        self.browse(message.topic)

    # -- place

    def on_moved(self, message: Moved) -> None:
        """Tell the engine where this seat is, at most once a second."""
        if not self._saving and self._seated:
            self._saving = True
            self.set_timer(1.0, self._save)

    async def _save(self) -> None:
        self._saving = False
        place = self.room.place().encoded()
        if place and place != self._saved and self.session is not None:
            self._saved = place
            await self.ask(Place(place))

    # -- keys and drawing

    async def on_event(self, event: Any) -> None:
        """Drop keys nobody pressed (a broken sequence) and keys pressed before a dialog could be seen."""
        if isinstance(event, Key | Paste) and self.screen_stack:
            screen = self.screen
            deaf = getattr(screen, "deaf", None)
            typing = getattr(self.focused, "typing", False) or hasattr(self.focused, "cursor_position")
            if isinstance(event, Key) and self._muting.drops(event.key, typing):
                return
            if deaf is not None and deaf():
                return
            if screen is self.room and isinstance(event, Key):
                self.room.say("")
        await super().on_event(event)

    def get_line_filters(self) -> list[Any]:
        """Textual's filters, then ours as the last guard of the terminal."""
        return [*super().get_line_filters(), self._guard]

    def _display(self, screen: Any, renderable: Any) -> None:
        """Paint, unless the terminal has stalled: then once, completely, when it takes frames again."""
        if behind(self) < STALLED:
            super()._display(screen, renderable)
        elif not self._stalled:
            self._stalled = True
            self.set_timer(0.25, self._unstall)

    def _unstall(self) -> None:
        if behind(self):
            self.set_timer(0.25, self._unstall)
        else:
            self._stalled = False
            self.screen.refresh()

    def set_look(self, name: str) -> None:
        """Another theme."""
        palette = PALETTES[name]
        self.look.palette = palette
        self._guard.mono = palette.mono
        self.register_theme(textual_theme(palette))
        self.theme = name
        self.room.action_repaint()

    def get_system_commands(self, screen: Any) -> Any:
        """The palette: commands and actions of the room."""
        from widgets.screens.commanding import palette

        yield from palette(self.room)

    # -- the worst

    def _fatal_error(self) -> None:
        """A defect of ours: a sentence on the screen, the traceback (without variables) in a file of this user's."""
        from widgets.parts.crashing import crash_report

        self._exit_renderables.append(crash_report(self._exception, self.settings.crash_file))
        self._close_messages_no_wait()
