"""Another person of this host: a process of another uid that takes a seat over the real socket.

In: requests. Out: the engine's answers. Only root can start one. It imports as root, since the interpreter may be out
of that user's reach, then gives up every right before it connects.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from console.ports.session import Ask
from console.ports.views import Answer

NOBODY = 65534

_SEAT = """
import asyncio, concurrent.futures.thread, os, pathlib, sys
import msgspec
from console.ports.session import *
from console.ports.views import Answer
from console.wire.client import SocketSession

async def main(path, seat):
    session = await SocketSession.connect(path)
    await session.open(Hello(PROTOCOL, "test", seat))
    print("seated", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        answer = await session.ask(msgspec.json.decode(line, type=Ask))
        print(msgspec.json.encode(answer).decode(), flush=True)
    await session.close()

os.setgroups([])
os.setgid(int(sys.argv[3]))
os.setuid(int(sys.argv[4]))
asyncio.run(main(pathlib.Path(sys.argv[1]), sys.argv[2]))
"""


class Neighbour:
    """The other end of that process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, request: Ask) -> Answer:
        """Ask from that seat."""
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(request).decode() + "\n")
        self._process.stdin.flush()
        answer: Answer = msgspec.json.decode(self.line(), type=Answer)
        return answer

    def line(self) -> str:
        """What it says next; an error carries why it ended."""
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said:
            assert self._process.stderr is not None
            raise AssertionError(f"the neighbour has gone: {self._process.stderr.read()[-800:]}")
        return said


@contextlib.contextmanager
def neighbour(socket: Path, seat: str, group: int, uid: int = NOBODY) -> Iterator[Neighbour]:
    """A seat of another user, taken for the length of the block."""
    with subprocess.Popen(
        [sys.executable, "-c", _SEAT, str(socket), seat, str(group), str(uid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        one = Neighbour(process)
        try:
            assert one.line() == "seated\n"
            yield one
        finally:
            process.kill()
