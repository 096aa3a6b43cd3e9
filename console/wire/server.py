"""The engine's side of the socket: one Session for each connection, one pump for each subscription.

A seat that reads slowly blocks its own pumps only: the rows wait in the tables, not in a backlog.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from console.errors import WarRoomError, WireError
from console.model.text import Clean
from console.ports.session import Session
from console.ports.tasks import Tasks
from console.wire.messages import (
    Answered,
    Asked,
    Ended,
    Failed,
    FromEngine,
    Open,
    Opened,
    Subscribe,
    Unsubscribe,
    Updated,
    frame,
    read_of_seat,
)

PATH_LIMIT = 100
"""Longest socket path that works on every system (sun_path is 104 to 108 bytes)."""
SEATS = 64


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
        listener = _bind(path, group)
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
            pass
        except WarRoomError as error:
            with contextlib.suppress(ConnectionError):
                await connection.send(Failed(self._export(str(error))))
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

    async def run(self, reader: asyncio.StreamReader, session: Session) -> None:
        first = await read_of_seat(reader)
        if not isinstance(first, Open):
            raise WireError("The first message of a seat must open it.")
        await self.send(Opened(await session.open(first.hello)))
        while True:
            message = await read_of_seat(reader)
            if isinstance(message, Subscribe):
                pump = self._pump(session, message.id, message.topic)
                self._pumps[message.id] = self._tasks.start(f"pump {message.topic}", pump)
            elif isinstance(message, Unsubscribe):
                if task := self._pumps.pop(message.id, None):
                    task.cancel()
            elif isinstance(message, Asked):
                self._tasks.start("ask", self._answer(session, message))
            else:
                raise WireError("This seat is open already.")

    async def _pump(self, session: Session, number: int, topic: str) -> None:
        text = "ended"
        try:
            async for update in session.subscribe(topic):
                await self.send(Updated(number, update))
        except WarRoomError as error:
            text = str(error)
        except ConnectionError:
            return
        await self.send(Ended(number, self._export(text)))

    async def _answer(self, session: Session, message: Asked) -> None:
        with contextlib.suppress(ConnectionError):
            await self.send(Answered(message.id, await session.ask(message.request)))

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
    finally:
        os.umask(old)
    if group is not None:
        os.chown(path, -1, group)
        path.chmod(0o660)
    return listener


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    """uid of the process at the other end, from the kernel."""
    peer: socket.socket = writer.get_extra_info("socket")
    if hasattr(socket, "SO_PEERCRED"):
        raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", raw)[1])
    return os.getuid()  # no peer credentials here: the socket's permissions let only this user in
