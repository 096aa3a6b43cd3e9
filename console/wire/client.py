"""The seat's side of the socket: the Session port, answered by an engine in another process."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from socket import socket

from console.errors import WarRoomError, WireError
from console.ports.session import Ask, Hello, Update, Welcome
from console.ports.tasks import Tasks
from console.ports.views import Answer
from console.wire.messages import (
    Answered,
    Asked,
    Ended,
    Failed,
    FromSeat,
    Open,
    Opened,
    Subscribe,
    Unsubscribe,
    Updated,
    frame,
    read_of_engine,
    read_welcome,
)

Judge = Callable[[Welcome], Welcome]
WELCOME = 20.0
"""Seconds an engine may take to welcome a seat."""
_GONE = "The engine has gone. Start `warroom` again: the record is kept and nothing is done twice."


class SocketSession:
    """A Session over a connected socket. After the engine has gone every call raises `WireError`.

    Args:
        judge: gives the welcome as the seat shall have it, or raises why it cannot sit there.
        greeted: the hello that was sent on this connection before; None for none.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        judge: Judge = lambda welcome: welcome,
        greeted: Hello | None = None,
    ) -> None:
        self._judge = judge
        self._greeted = greeted
        self._reader = reader
        self._writer = writer
        self._tasks = Tasks()
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._updates: dict[int, asyncio.Queue[Update | WireError]] = {}
        self._gone = ""

    @classmethod
    async def connect(cls, path: Path, judge: Judge = lambda welcome: welcome) -> SocketSession:
        """Connect to an engine's socket. Raises `WireError` when nobody listens there."""
        try:
            reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 22)
        except (OSError, ValueError) as error:
            raise WireError(f"No engine answers at {path}.") from error
        return cls(reader, writer, judge)

    @classmethod
    async def greeted(cls, connection: socket, hello: Hello, judge: Judge = lambda welcome: welcome) -> SocketSession:
        """Go on with a connection on which that hello was sent. Raises `WireError` when the engine has gone."""
        try:
            reader, writer = await asyncio.open_unix_connection(sock=connection, limit=1 << 22)
        except OSError as error:
            raise WireError(_GONE) from error
        return cls(reader, writer, judge, hello)

    async def open(self, hello: Hello) -> Welcome:
        if hello != self._greeted:
            await self._send(Open(hello))
        try:
            async with asyncio.timeout(WELCOME):
                welcome = self._judge(await read_welcome(self._reader, hello))
        except EOFError as error:
            await self.close()
            raise WireError(_GONE) from error
        except TimeoutError as error:
            await self.close()
            stuck = f"The engine did not welcome this seat within {WELCOME:.0f} s. See its log, or `warroom stop`."
            raise WireError(stuck) from error
        except WarRoomError:
            await self.close()
            raise
        self._tasks.start("wire", self._read())
        return welcome

    async def _read(self) -> None:
        text = _GONE
        try:
            while True:
                await self._take(await read_of_engine(self._reader))
        except EOFError:
            pass  # the engine has gone: that is what is told if nothing else was
        except WireError as error:
            text = str(error)
        finally:
            self._end(text)

    async def _take(self, message: Opened | Failed | Updated | Ended | Answered) -> None:
        if isinstance(message, Answered):
            if (future := self._answers.pop(message.id, None)) and not future.done():
                future.set_result(message.answer)
        elif isinstance(message, Updated):
            if queue := self._updates.get(message.id):
                await queue.put(message.update)  # full: this seat is slow, so the engine waits for it
        elif isinstance(message, Ended):
            if queue := self._updates.get(message.id):
                await queue.put(WireError(message.text))
        elif isinstance(message, Failed):
            raise WireError(message.text)

    def _end(self, text: str) -> None:
        self._gone = self._gone or text
        self._writer.close()
        for future in self._answers.values():
            if not future.done():
                future.set_exception(WireError(text))
        self._answers.clear()
        for queue in self._updates.values():
            while queue.full():
                queue.get_nowait()
            queue.put_nowait(WireError(text))

    async def subscribe(self, topic: str) -> AsyncIterator[Update]:
        number = next(self._ids)
        queue: asyncio.Queue[Update | WireError] = asyncio.Queue(256)
        self._updates[number] = queue
        try:
            await self._send(Subscribe(number, topic))
            while True:
                update = await queue.get()
                if isinstance(update, WireError):
                    raise update
                yield update
        finally:
            self._updates.pop(number, None)
            if not self._gone:
                self._write(Unsubscribe(number))

    async def ask(self, request: Ask) -> Answer:
        number = next(self._ids)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[number] = future
        try:
            await self._send(Asked(number, request))
            return await future
        finally:
            self._answers.pop(number, None)

    def _write(self, message: FromSeat) -> None:
        if self._gone:
            raise WireError(self._gone)
        self._writer.write(frame(message))

    async def _send(self, message: FromSeat) -> None:
        self._write(message)
        try:
            await self._writer.drain()
        except ConnectionError as error:
            raise WireError(_GONE) from error

    async def close(self) -> None:
        self._gone = self._gone or "This seat is closed."
        await self._tasks.close()
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
