"""Who sits at this incident: unique names, uids from the kernel, the place each left.

In: seats that come and go. Out: names, records of who came and left, the login variables of the engine's own user.
A name is no proof of anything: only the uid is. No seat may be taken for the engine itself, or for another seat.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping

from console.hygiene.exporting import known_safe
from console.model import entry as e
from console.model.state import IncidentState
from console.ports.session import LOGIN_VARIABLES

PLACES = 256
"""Places remembered; the one not seen longest is forgotten."""
PLACE_LIMIT = 16 * 1024
"""Bytes of a place."""
_TAKEN = ("engine",)
"""Names that stand for somebody else in the record."""
_VALUE = 4096


class Seats:
    """The seats of one engine.

    Args:
        uid: of the engine's own user.
        record: puts on record that must be kept; raises `JournalError`.
        note: puts on record what happened anyway.
    """

    def __init__(
        self,
        uid: int,
        state: Callable[[], IncidentState],
        record: Callable[[e.Record, str], object],
        note: Callable[[e.Record], None],
    ) -> None:
        self.uid, self._state, self._record, self._note = uid, state, record, note
        self._seats: dict[str, tuple[int, bool]] = {}
        self._places: OrderedDict[tuple[int, str], str] = OrderedDict()

    def sit(self, wanted: str, uid: int, screen: bool) -> str:
        """Give a seat its unique name. `~` is ours: nobody calls himself the second of somebody."""
        wanted = wanted.replace("~", "-")
        seat, number = wanted, 1
        while seat in self._seats or seat in _TAKEN:
            number += 1
            seat = f"{wanted}~{number}"
        if screen:
            self._record(e.SeatJoined(known_safe(seat), uid), seat)
        self._seats[seat] = (uid, screen)
        return seat

    def leave(self, seat: str) -> None:
        """A seat has gone: the next one of that name sits there disarmed. What it approved goes on."""
        _, screen = self._seats.pop(seat, (0, False))
        if screen:
            self._note(e.SeatLeft(known_safe(seat)))
        elif seat in self._state().armed:
            self._note(e.Disarmed(known_safe(seat)))

    def others(self, seat: str) -> dict[str, int]:
        """Everybody else who sits at a screen, with uid."""
        return {name: uid for name, (uid, screen) in self._seats.items() if screen and name != seat}

    def place(self, uid: int, seat: str) -> str:
        """Where the last seat of that uid and name was, "" if it never said."""
        return self._places.get((uid, _plain(seat)), "")

    def keep_place(self, uid: int, seat: str, place: str) -> None:
        """Remember where a seat is. Longer ones than it may send are ignored."""
        if len(place.encode("utf-8", "replace")) > PLACE_LIMIT:
            return
        key = (uid, _plain(seat))
        self._places[key] = place
        self._places.move_to_end(key)
        if len(self._places) > PLACES:
            self._places.popitem(last=False)

    def lend(self, uid: int, given: Mapping[str, str], *, anew: bool = False) -> bool:
        """Take over variables that a login plugin may need. Only from our own user, and only those of a login.

        Args:
            anew: replace what there is (after LOGIN NEEDED); else only what is missing is taken.

        Returns:
            whether this seat may lend at all.
        """
        if uid != self.uid:
            return False
        for name in LOGIN_VARIABLES:
            value = given.get(name, "")
            if value and len(value) <= _VALUE and "\x00" not in value and (anew or name not in os.environ):
                os.environ[name] = value
        return True


def _plain(seat: str) -> str:
    return seat.partition("~")[0]
