"""The port to Alertmanager's silences: what fires, what is silenced, and the way to change that.

Two adapters stand behind it, Alertmanager's API v2 and the tests' own. Values are raw. Reading raises `Unreachable`
when there is no answer, `ApiStatus` when the server refuses, `LoginNeeded` never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, runtime_checkable

from console.model.silence import Firing, Matcher, Silence
from console.ports.cluster import Reply, Request

Ours = Callable[[str], bool]
"""Whether a silence with this comment is one that this incident made."""


@runtime_checkable
class Recognising(Protocol):
    """Something that must tell this incident's silences from other people's; the engine gives it the way to."""

    ours: Ours


def recognise(those: Iterable[object], ours: Ours) -> None:
    """Give the way to all of these that want it."""
    for one in those:
        if isinstance(one, Recognising):
            one.ours = ours


class Alerts(Protocol):
    """What planning may use: reads only."""

    ours: Ours
    where: str
    """The server, for people: `Alertmanager am.example:9093`."""
    url: str
    """Its address without user or query."""
    watchdog: str
    """Name of the alert that always fires, "" for none."""

    async def firing(self, matchers: Sequence[Matcher] = ()) -> tuple[Firing, ...]:
        """Alerts that have not ended, silenced ones too, which the server itself finds to match."""
        ...

    async def alert(self, fingerprint: str) -> Firing | None:
        """The alert of that fingerprint; None when it has ended."""
        ...

    async def silence(self, id: str) -> Silence | None:  # noqa: A002 - the field's name
        """The silence of that id, expired ones too; None when there is none."""
        ...

    async def find(self, marker: str) -> Silence | None:
        """The silence whose comment holds this marker, as it is by its id now; None when there is none."""
        ...


class Silences(Alerts, Protocol):
    """The whole port. Only the action runner sends."""

    async def send(self, request: Request, within: float = 10.0) -> Reply:
        """One request, one answer whatever its status. Raises `Unreachable`: then it may have been carried out."""
        ...

    async def close(self) -> None:
        """Drop all connections."""
        ...
