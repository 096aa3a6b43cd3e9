"""One `warroom` installation of a test: its own state folder, its own engine, commands as a person types them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import psutil

from console.bootstrap.linking import linked_socket
from console.cli.talking import rows_of
from console.config.options import Options
from console.ports.session import PROTOCOL, Hello, Snapshot
from console.ports.views import Row
from console.wire.client import SocketSession

T = TypeVar("T", bound=Row)


class Installation:
    """Commands and engines over one kubeconfig and one state folder.

    Args:
        kubeconfig: the file every command uses.
        audit: audit log the engine follows, "" for none.
    """

    def __init__(self, kubeconfig: Path, audit: Path | None = None) -> None:
        self.state = Path(tempfile.mkdtemp(prefix="wr-"))
        self.kubeconfig = kubeconfig
        self._extra = ["--audit", str(audit)] if audit else []
        self.environment = os.environ | {"KUBECONFIG": str(kubeconfig), "WARROOM_STATE": str(self.state)}

    def run(
        self, *arguments: str, environment: dict[str, str] | None = None, sources: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """One command, as typed, without a terminal; without `sources` it names none."""
        command = [sys.executable, "-m", "console", *arguments, *(self._extra if sources else ())]
        chosen = self.environment | (environment or {})
        return subprocess.run(
            command, env=chosen, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False
        )

    def json(self, *arguments: str) -> Any:
        """A command's one JSON line, which must have been printed."""
        done = self.run(*arguments, "--json")
        assert done.stdout.strip(), done.stderr
        return json.loads(done.stdout.strip().splitlines()[-1])

    def engine(self) -> psutil.Process | None:
        """The running engine's process, None when there is none."""
        for process in psutil.process_iter(["cmdline", "environ"]):
            line, environ = process.info["cmdline"] or [], process.info["environ"] or {}
            if "engine" in line and "console" in line and environ.get("WARROOM_STATE") == str(self.state):
                return process
        return None

    def kill(self) -> None:
        """End the engine as a power cut would."""
        if process := self.engine():
            process.send_signal(signal.SIGKILL)
            process.wait(10)

    def stop(self) -> None:
        """End the engine for good, whatever state it is in."""
        if process := self.engine():
            process.terminate()
            try:
                process.wait(10)
            except psutil.TimeoutExpired:
                process.kill()

    @asynccontextmanager
    async def seat(self, name: str = "ana") -> AsyncIterator[SocketSession]:
        """A seat over the socket, at the running engine."""
        old = os.environ.copy()
        os.environ.update(self.environment)
        try:
            path = linked_socket(Options())
        finally:
            os.environ.clear()
            os.environ.update(old)
        assert path is not None
        session = await SocketSession.connect(path)
        await session.open(Hello(PROTOCOL, "test", name))
        try:
            yield session
        finally:
            await session.close()


async def until(
    session: SocketSession, topic: str, kind: type[T], wanted: Callable[[list[T]], bool], known: Iterable[T] = ()
) -> list[T]:
    """Rows of a topic once they are as wanted; follows the topic, at most a minute.

    Args:
        known: rows that are expected among them, to be named when they never come.
    """
    rows: dict[str, T] = {}
    try:
        async with asyncio.timeout(60):
            async for update in session.subscribe(topic):
                news = update.rows if isinstance(update, Snapshot) else update.upserts
                if isinstance(update, Snapshot) and update.first:
                    rows.clear()
                for gone in () if isinstance(update, Snapshot) else update.removes:
                    rows.pop(gone, None)
                rows.update({row.key: row for row in news if isinstance(row, kind)})
                if wanted(list(rows.values())):
                    return list(rows.values())
    except TimeoutError:
        missing = [row for row in known if row.key not in rows]
        raise AssertionError(f"{topic}: {len(rows)} rows after a minute; missing {missing}") from None
    raise AssertionError(f"{topic} ended")


async def now(session: SocketSession, topic: str, kind: type[T]) -> list[T]:
    """Rows of a topic as they are."""
    return [row for row in await rows_of(session, topic) if isinstance(row, kind)]


Step = Callable[[], Awaitable[None]]
