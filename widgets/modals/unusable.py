"""The error screen of a cluster that cannot be opened: why, what next, approval of risky content, the drill."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.containers import Vertical

from console.errors import LoginNeeded, Unreachable, Untrusted, WarRoomError, WireError
from console.hygiene.exporting import known_safe
from widgets.modals.boxes import Dialog, Frame, Keys
from widgets.parts.leaving import answered_by_person
from widgets.parts.pages import Pages
from widgets.render.lines import Line, wrap

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from console.ports.login import TerminalLogin
    from widgets.theme import Look

_HEX = "0123456789abcdef"
TYPING = 2.0
"""Seconds after a mistyped letter of the hash in which others belong to it."""
Trust = Callable[[str], Awaitable[None]]


class Unusable(Dialog["str | None"]):
    """Answers `drill`, `again` (approved, logged in, or worth another try) or None (leave)."""

    careful = True
    BINDINGS = [Binding("escape,q", "leave", show=False)]

    def __init__(
        self, look: Look, error: WarRoomError, trust: Trust | None, login: TerminalLogin | None = None
    ) -> None:
        super().__init__(look)
        self.login = login if isinstance(error, LoginNeeded) else None
        self.error, self.trust = error, trust
        self.short = known_safe(error.short_hash) if isinstance(error, Untrusted) and trust else ""
        self.typed = ""
        self._tried = -TYPING

    def compose(self) -> ComposeResult:
        keys = [("r", "try again"), ("d", "play the drill instead"), ("q", "leave")]
        if self.short:
            keys[0] = (self.short, "type it to approve this content, once and for all")
        if self.login is not None:
            keys.insert(0, ("l", "log in here"))
        with Vertical(id="box"):
            yield Frame(self.look, "CANNOT TAKE A SEAT" if self._seatless() else "CANNOT OPEN THE CLUSTER", "danger")
            yield Pages(self.look, self._lines)
            yield Keys(self.look, tuple(keys))

    def on_mount(self) -> None:
        self.query_one(Pages).focus()

    def _lines(self, cells: int) -> list[Line]:
        lines: list[Line] = [(), *[((row, "strong"),) for row in wrap(known_safe(str(self.error)), cells)], ()]
        if isinstance(self.error, Untrusted):
            lines.append((("It wants", "dim"),))
            for want in self.error.wants:
                lines += [((f" {row}", "warn"),) for row in wrap(known_safe(want), cells - 2)]
            lines += [(), *[((row, "ink"),) for row in wrap(self._approve(), cells)]]
        else:
            lines += [((row, "ink"),) for row in wrap(self._next(), cells)]
        return lines

    def _approve(self) -> str:
        if self.short:
            return f"If that is what you expect, type {self.short}. Other content will be asked for again."
        return "Approve it with `warroom trust`, then start warroom again."

    def _seatless(self) -> bool:
        """Whether the engine is the trouble, and not the cluster."""
        return isinstance(self.error, WireError)

    def _next(self) -> str:
        if self._seatless():
            return "Nothing was changed. Press r to try again after that, or q to leave: the record is kept."
        if isinstance(self.error, LoginNeeded):
            here = "Press l to log in here, or log" if self.login is not None else "Log"
            return f"{here} in to the cluster in another terminal and press r."
        if isinstance(self.error, Unreachable):
            return "Check the network and the server's address, then press r. Nothing was sent but the attempt."
        return "Correct it, then press r; --kubeconfig and --context choose another. `warroom doctor` says more."

    async def on_key(self, event: events.Key) -> None:
        """The short hash, or one of the letters."""
        character = event.character or ""
        if self.short and character and self.short.startswith(self.typed + character):
            event.stop()
            event.prevent_default()
            self.typed += character
            if self.typed == self.short:
                await self._trusted()
            return
        if self._mistyped(character):
            return
        self.typed = ""
        if event.key == "l" and self.login is not None:
            self.run_worker(self._log_in(self.login), exclusive=True, exit_on_error=True)
        elif event.key == "d":
            self.dismiss("drill")
        elif event.key == "r" and not self.short:
            self.dismiss("again")

    def _mistyped(self, character: str) -> bool:
        """Whether this is a letter of the hash gone wrong: its `d` is no wish for the drill."""
        now = self.look.clock.monotonic()
        if not self.short or not character or character not in _HEX:
            return False
        if character == "d" and not self.typed and now - self._tried >= TYPING:
            return False
        self.typed, self._tried = "", now
        self.query_one(Keys).say(f"That is not the hash: type {self.short} to approve it, or q to leave.")
        return True

    async def _log_in(self, login: TerminalLogin) -> None:
        if said := await answered_by_person(self.app, login, ""):
            self.query_one(Keys).say(said)
        else:
            self.dismiss("again")

    async def _trusted(self) -> None:
        try:
            if self.trust is not None:
                await self.trust(self.short)
        except (WarRoomError, OSError) as error:
            self.typed = ""
            self.query_one(Keys).say(known_safe(f"The approval could not be kept: {error}"))
            return
        self.dismiss("again")

    def action_leave(self) -> None:
        self.dismiss(None)
