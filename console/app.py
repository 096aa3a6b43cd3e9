"""The seat with a screen: the Textual app, and the bridge from a session to the room.

In: a way to get a `Session`, the actions' declarations, how to draw. Out: what `run()` returns ("drill" when the
person asked for it on the error screen). Domain work and cluster access do not belong here.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from console import __version__
from console.config.keymap import Keymap
from console.ports.clock import SystemClock
from console.ports.session import PROTOCOL, Hello


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

from textual.app import App  # noqa: E402 - reads the environment above
from textual.events import Key, Paste  # noqa: E402

from widgets.messages import ArmWanted, Browsed, Moved, Ticked  # noqa: E402
from widgets.parts.guarding import Guard  # noqa: E402
from widgets.parts.link import behind  # noqa: E402
from widgets.parts.muting import Muting  # noqa: E402
from widgets.screens.declared import Declared  # noqa: E402
from widgets.screens.room import RoomScreen  # noqa: E402
from widgets.screens.seating import Seating  # noqa: E402
from widgets.theme import PALETTES, Look, ascii_wanted, chosen, textual_theme  # noqa: E402

if TYPE_CHECKING:
    from console.errors import WarRoomError
    from console.model.action import ActionSpec
    from console.ports.clock import Clock
    from console.ports.login import TerminalLogin
    from console.ports.session import Session

Connect = Callable[[], Awaitable["Session"]]
STALLED = 16
"""Frames waiting for the terminal above which nothing at all is painted: Textual would block at 30."""


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
        specs: declarations of all actions, or what gives them (called when they are first needed).
        settings: looks and names.
        clock: the seat's clock.
        trust: approves the kubeconfig content whose short hash was typed on the error screen.
        login: runs a login plugin at this terminal; None where there is nobody to log in.
    """

    TITLE = "warroom"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    INLINE_PADDING = 0

    def __init__(
        self,
        connect: Connect,
        specs: tuple[ActionSpec, ...] | Callable[[], tuple[ActionSpec, ...]] = (),
        settings: Settings | None = None,
        clock: Clock | None = None,
        trust: Callable[[str], Awaitable[None]] | None = None,
        login: TerminalLogin | None = None,
    ) -> None:
        self.settings = settings = settings or Settings()
        environment = dict(os.environ)
        palette = chosen(environment, settings.theme)
        plain = ascii_wanted(environment) if settings.ascii_only is None else settings.ascii_only
        self.look = Look(palette, plain, clock or SystemClock())
        self._guard = Guard(plain, palette.mono)
        super().__init__()
        self._connect, self._trust = connect, trust
        self._declared = Declared(specs, settings.keymap)
        self._muting = Muting(self.look.clock)
        self._saving = self._stalled = self._away = False
        self.terminal_login = login
        self.ended_by: WarRoomError | None = None
        """Why there was nothing to sit at, once the person has left for it."""
        self.room: RoomScreen = None  # type: ignore[assignment]  # both are made when the terminal is known
        self.seating: Seating = None  # type: ignore[assignment]
        self.register_theme(textual_theme(palette))
        self.theme = palette.name

    # -- start and end

    def on_load(self) -> None:
        """Speak to the engine at once: it answers on its own processor while the first frame is drawn."""
        hello = Hello(PROTOCOL, __version__, self.settings.seat, self.settings.environment)
        self.seating = Seating(self.look, self._connect, hello, self._unusable)
        self._sit()

    def get_default_screen(self) -> Any:
        """The room; whatever the engine has sent before it is drawn is in its first frame."""
        self.room = RoomScreen(self.look, self.seating.ask, self._declared)
        self.seating.raised(self.room)
        return self.room

    def on_mount(self) -> None:
        try:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.exit)
        except (NotImplementedError, RuntimeError, ValueError):
            pass  # not the main thread (tests)
        self.set_keymap(self._declared.keys.keys)
        self._next_minute()

    def _sit(self) -> None:
        self.run_worker(self.seating.sit(), name="sit", exit_on_error=True)

    def _next_minute(self) -> None:
        self.set_timer(60 - self.look.now() % 60 + 0.05, self._minute)

    def _minute(self) -> None:
        self.room.post_message(Ticked())
        self._next_minute()

    # -- the session

    def _unusable(self, error: WarRoomError) -> None:
        """The cluster cannot be opened at all: say why, and what next."""
        from widgets.modals.unusable import Unusable

        def chosen(answer: str | None) -> None:
            if answer == "drill":
                self.exit("drill")
            elif answer == "again":
                self._sit()
            else:
                self.ended_by = error
                self.exit()

        self.push_screen(Unusable(self.look, error, self._trust, self.terminal_login), chosen)

    async def on_unmount(self) -> None:
        if self.seating is not None:
            if self._saving:
                await self.seating.save_last(self.room.place().encoded())
            await self.seating.close()

    def on_browsed(self, message: Browsed) -> None:
        """Pane 2 shows another kind."""
        self.seating.browse(message.topic)

    def on_arm_wanted(self, message: ArmWanted) -> None:
        """A plan dialog needs this seat armed: the room asks for the reason."""
        self.room.arm(message.dialog)

    def on_moved(self, message: Moved) -> None:
        """Tell the engine where this seat is, at most once a second."""
        if not self._saving and self.seating.seated:
            self._saving = True
            self.set_timer(1.0, self._save)

    async def _save(self) -> None:
        self._saving = False
        await self.seating.save(self.room.place().encoded())

    # -- keys and drawing

    async def on_event(self, event: Any) -> None:
        """Drop keys nobody pressed (a broken sequence) and keys pressed before a dialog could be seen."""
        if isinstance(event, Key | Paste) and not self.screen_stack:
            return  # typed behind the key that left
        if isinstance(event, Key | Paste):
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
        if self._away:
            return  # nobody writes what is put into Textual's queue now: thirty frames, and the seat would stand still
        if behind(self) < STALLED:
            super()._display(screen, renderable)
        elif not self._stalled:
            self._stalled = True
            self.set_timer(0.25, self._unstall)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Leave the terminal to a program that a person answers; what changes meanwhile is painted afterwards.

        ctrl+c there is for that program: a handler of ours, unlike ignoring it, is not inherited.
        """
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            with self.suspend():
                self._away = True
                try:
                    yield
                finally:
                    self._away = False
        finally:
            signal.signal(signal.SIGINT, before)
            self.room.action_repaint()

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

    def action_command_palette(self) -> None:
        """Textual's palette, which must not end the seat."""
        from widgets.modals.searching import search

        search(self)

    def get_system_commands(self, screen: Any) -> Any:
        """The palette: commands and actions of the room."""
        from widgets.screens.commanding import palette

        yield from palette(self.room, screen)

    # -- the worst

    def _fatal_error(self) -> None:
        """A defect of ours: a sentence on the screen, the traceback (without variables) in a file of this user's."""
        from widgets.parts.crashing import crash_report

        self._exit_renderables.append(crash_report(self._exception, self.settings.crash_file))
        self._close_messages_no_wait()
