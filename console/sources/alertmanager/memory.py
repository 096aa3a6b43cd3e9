"""Which alerts were told: each once for each time it began to fire, over restarts too.

In: alerts as the server lists them. Out: whether one is new, and all of it as a position. Bounded: what was listed
longest ago is forgotten first, which never is one that still fires.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable

import msgspec

MOST = 8192


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """A position: what an earlier engine knew."""

    told: tuple[str, ...] = ()
    watchdog: str = ""
    """Name of the watchdog that was seen."""
    gone: bool = False
    """Whether it was told that the watchdog is gone."""
    silences: bool = False
    """Whether silences were listed."""


def parse_mark(position: str) -> Mark:
    """An empty one for "" and for what is no position of ours."""
    try:
        return msgspec.json.decode(position, type=Mark)
    except msgspec.MsgspecError:
        return Mark()


class Memory:
    """Alerts that were told, as short digests."""

    def __init__(self, told: Iterable[str] = ()) -> None:
        self._told: OrderedDict[str, None] = OrderedDict.fromkeys(told)

    def new(self, *identity: str) -> bool:
        """Whether it was not told yet; from now on it was."""
        key = hashlib.blake2b("\0".join(identity).encode("utf-8", "replace"), digest_size=8).hexdigest()
        fresh = key not in self._told
        self._told[key] = None
        self._told.move_to_end(key)
        if len(self._told) > MOST:
            self._told.popitem(last=False)
        return fresh

    def all(self) -> tuple[str, ...]:
        """For the position."""
        return tuple(self._told)
