"""The engine's side of the socket: one Session for each connection, one pump for each subscription.

A seat that reads slowly blocks its own pumps only: the rows wait in the tables, not in a backlog.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from console import __version__
from console.errors import WarRoomError, WireError
from console.model.text import Clean
from console.ports.session import PROTOCOL, Session
from console.ports.tasks import Tasks
from console.ports.views import Answer, Refusal
from console.wire.messages import (
    Answered,
    Asked,
    Ended,
    Failed,
    FromEngine,
    Opened,
    Subscribe,
    Unsubscribe,
    Updated,
    frame,
    read_of_seat,
    read_opening,
)

PATH_LIMIT = 100
"""Longest socket path that works on every system (sun_path is 104 to 108 bytes)."""
SEATS = 64
GREETING = 10.0
"""Seconds a peer may take to open its seat: one that says nothing keeps no place."""
ASKED = 256
"""Questions of one seat that may be open at a time."""
TOPICS = 64
"""Subscriptions of one seat."""
_log = logging.getLogger("warroom.wire")


class Server:
    """Listens on a Unix socket and gives each peer a Session.

    Args:
        seat: makes a Session for a peer's uid.
        export: cleans error texts.
    """

    def __init__(self, seat: Callable[[int], Session], export: Callable[[str], Clean]) -> None:
        self._seat = seat
        self._export = export
        self._server: asyncio.Server | None = None
        self._tasks = Tasks()
        self._connections: set[asyncio.StreamWriter] = set()
        self._path: Path | None = None

    async def listen(self, path: Path, group: int | None = None) -> None:
        """Serve on `path` (0600, or 0660 for a group). A dead socket of a former engine is replaced."""
        if len(os.fsencode(path)) > PATH_LIMIT:
            raise WireError(f"Socket path {path} is longer than {PATH_LIMIT} bytes. Choose a shorter --state folder.")
        try:
            listener = _bind(path, group)
        except OSError as error:
            raise WireError(f"No seat can come to {path}: {error.strerror}. Choose another --state folder.") from error
        self._server = await asyncio.start_unix_server(self._accept, sock=listener, limit=1 << 20)
        self._path = path

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.start("seat", self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        connection = _Connection(writer, self._export)
        session: Session | None = None
        try:
            if len(self._connections) > SEATS:
                raise WireError(f"{SEATS} seats are taken. Leave one first.")
            session = self._seat(_peer_uid(writer))
            await connection.run(reader, session)
        except EOFError:
            pass  # the seat has left: nobody is there to be told anything
        except WarRoomError as error:
            with contextlib.suppress(ConnectionError):
                await connection.send(Failed(self._export(str(error)), PROTOCOL, __version__))
        finally:
            await connection.close()
            if session is not None:
                await session.close()
            await _end(writer)
            self._connections.discard(writer)

    async def close(self) -> None:
        """Stop listening and end all connections."""
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._connections):
            writer.transport.abort()  # a stalled seat must not keep the engine from ending
        await self._tasks.close()
        await asyncio.sleep(0)  # let aborted transports close their sockets
        if self._path is not None:
            _remove(self._path)


class _Connection:
    """One seat's connection: reads its messages in order, answers each as it is ready."""

    def __init__(self, writer: asyncio.StreamWriter, export: Callable[[str], Clean]) -> None:
        self._writer = writer
        self._export = export
        self._lock = asyncio.Lock()
        self._tasks = Tasks()
        self._pumps: dict[int, asyncio.Task[None]] = {}
        self._asked = 0

    async def run(self, reader: asyncio.StreamReader, session: Session) -> None:
        try:
            async with asyncio.timeout(GREETING):
                first = await read_opening(reader)
        except TimeoutError as error:
            raise WireError(f"Nothing was said for {GREETING:.0f} s. Connect again.") from error
        await self.send(Opened(await session.open(first.hello)))
        while True:
            message = await read_of_seat(reader)
            if isinstance(message, Subscribe):
                self._subscribe(session, message)
            elif isinstance(message, Unsubscribe):
                if task := self._pumps.pop(message.id, None):
                    task.cancel()
            elif isinstance(message, Asked):
                self._ask(session, message)
            else:
                raise WireError("This seat is open already.")

    def _subscribe(self, session: Session, message: Subscribe) -> None:
        if message.id in self._pumps or len(self._pumps) >= TOPICS:
            raise WireError(
                f"This seat reads {len(self._pumps)} topics already; at most {TOPICS}, each under its own id."
            )
        pump = self._pump(session, message.id, message.topic)
        self._pumps[message.id] = self._tasks.start(f"pump {message.topic[:40]}", pump)

    def _ask(self, session: Session, message: Asked) -> None:
        if self._asked >= ASKED:
            raise WireError(f"{ASKED} questions of this seat are open already. Wait for their answers.")
        self._asked += 1
        self._tasks.start("ask", self._answer(session, message))

    async def _pump(self, session: Session, number: int, topic: str) -> None:
        text = "ended"
        try:
            updates = session.subscribe(topic)
            try:
                async for update in updates:
                    await self.send(Updated(number, update))
            finally:
                if isinstance(updates, AsyncGenerator):
                    await updates.aclose()  # at once: a reader that stays on a table would be told for ever
        except WarRoomError as error:
            text = str(error)
        except ConnectionError:
            return
        except Exception as error:  # the border to the seat: rows that no longer change must not look alive
            _log.exception("topic %s failed", self._export(topic[:40]))
            text = f"This list ended by a defect of the engine ({type(error).__name__})."
        self._pumps.pop(number, None)
        with contextlib.suppress(ConnectionError):
            await self.send(Ended(number, self._export(text)))

    async def _answer(self, session: Session, message: Asked) -> None:
        try:
            answer: Answer = await session.ask(message.request)
        except Exception as error:  # an unanswered question would keep a person waiting for ever
            if not isinstance(error, WarRoomError):
                _log.exception("a question failed")
            text = str(error) if isinstance(error, WarRoomError) else f"The engine failed ({type(error).__name__})."
            answer = Refusal(self._export(text), 7)
        finally:
            self._asked -= 1
        with contextlib.suppress(ConnectionError):
            await self.send(Answered(message.id, answer))

    async def send(self, message: FromEngine) -> None:
        async with self._lock:
            self._writer.write(frame(message))
            await self._writer.drain()

    async def close(self) -> None:
        await self._tasks.close()


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        async with asyncio.timeout(1):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()  # what the peer does not read is lost with it


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _bind(path: Path, group: int | None) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old = os.umask(0o177)  # never, not even for a moment, open to others
    try:
        listener.bind(str(path))
        if group is not None:
            os.chown(path, -1, group)
            path.chmod(0o660)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(old)
    return listener


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    """uid of the process at the other end, from the kernel."""
    peer: socket.socket = writer.get_extra_info("socket")
    if hasattr(socket, "SO_PEERCRED"):
        raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", raw)[1])
    return os.getuid()  # no peer credentials here: the socket's permissions let only this user in
