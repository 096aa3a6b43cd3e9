"""What an incident is, in the few words in which a person tells it from others.

In: the state folder and ids. Out: one `Candidate` for each: asked of its engine where one runs (its folder may be
another user's), else read from its record. An engine or a record that cannot be asked says why, and holds up nobody.
"""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import msgspec

from console import __version__
from console.errors import WarRoomError
from console.hygiene.exporting import Exporter, known_safe
from console.journal.sqlite import SqliteJournal
from console.model.entry import Declared, Opened
from console.model.text import Clean
from console.ports.session import PROTOCOL, Hello, Snapshot
from console.ports.views import HeaderView
from console.wire.client import SocketSession

_WITHIN = 3.0
"""Seconds an engine may take to say what it is about."""
_READ = 5000
"""Entries of a record that are looked through for its name."""
_export = Exporter(b"describing")


class Candidate(msgspec.Struct, frozen=True):
    """One incident to choose."""

    incident: Clean
    name: Clean = Clean("")
    """As declared, "" while undeclared."""
    cluster: Clean = Clean("")
    """Context and server."""
    drill: bool = False
    since: float = 0.0
    """When it was opened, epoch seconds; 0.0 when that cannot be known."""
    running: bool = False
    why: Clean = Clean("")
    """Why no more is known of it."""


async def described(state: Path, incidents: tuple[str, ...]) -> tuple[Candidate, ...]:
    """Each of these incidents of a state folder, in their order."""
    return tuple(await asyncio.gather(*(_one(state / name) for name in incidents)))


async def _one(folder: Path) -> Candidate:
    name = known_safe(folder.name)
    try:
        session = await SocketSession.connect(folder / "engine.sock")
    except WarRoomError:
        return await asyncio.to_thread(_recorded, folder, name)
    try:
        async with asyncio.timeout(_WITHIN):
            await session.open(Hello(PROTOCOL, __version__, "looking", screen=False))
            async for update in session.subscribe("header"):
                rows = update.rows if isinstance(update, Snapshot) else update.upserts
                for row in rows:
                    if isinstance(row, HeaderView):
                        cluster = _export(f"{row.context} {row.server}")
                        return Candidate(name, row.incident, cluster, row.drill, row.opened, True)
    except WarRoomError as error:
        return Candidate(name, running=True, why=_export(str(error)))
    except TimeoutError:
        return Candidate(name, running=True, why=known_safe(f"its engine did not answer within {_WITHIN:.0f} s"))
    finally:
        await session.close()
    return Candidate(name, running=True, why=known_safe("its engine ended just now"))


def _recorded(folder: Path, name: Clean) -> Candidate:
    found = Candidate(name)
    try:
        journal = SqliteJournal(folder / "journal.db", reading=True)
    except WarRoomError as error:
        return msgspec.structs.replace(found, why=_export(str(error)))
    try:
        for entry in itertools.islice(journal.read(), _READ):
            one = entry.record
            if isinstance(one, Opened):
                cluster = _export(f"{one.context} {one.server}")
                found = msgspec.structs.replace(found, cluster=cluster, drill=one.drill, since=entry.at)
            elif isinstance(one, Declared):
                found = msgspec.structs.replace(found, name=one.name)
    except WarRoomError as error:
        return msgspec.structs.replace(found, why=_export(str(error)))
    finally:
        journal.close()
    return found
