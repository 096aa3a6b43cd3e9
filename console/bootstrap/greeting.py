"""Greeting a running engine before the screen is imported: it answers while that takes its fifth of a second.

In: an engine's socket and the hello of a seat. Out: a session that is opened with the same hello. Nothing else is said
on the connection before that.
"""

from __future__ import annotations

from pathlib import Path
from socket import socket

from console.bootstrap.linking import reached
from console.ports.session import Hello
from console.wire.client import Judge, SocketSession
from console.wire.messages import Open, frame


class Greeted:
    """An engine that was said hello to. `session()` goes on from there, once."""

    def __init__(self, connection: socket, hello: Hello) -> None:
        self._connection = connection
        self._hello = hello

    async def session(self, judge: Judge) -> SocketSession:
        """The session on that connection, still to be opened. Raises `WireError` when the engine has gone."""
        return await SocketSession.greeted(self._connection, self._hello, judge)


def greet(path: Path, hello: Hello) -> Greeted | None:
    """Say hello to the engine at a socket; None when nobody listens there."""
    connection = reached(path)
    if connection is None:
        return None
    try:
        connection.sendall(frame(Open(hello)))
    except OSError:
        connection.close()
        return None
    return Greeted(connection, hello)
