"""Start an engine in a process of its own that outlives the terminal, and hear from it whether it is ready.

The engine says one JSON line on a pipe: where its socket is, or which error ended it. No polling, no sleeping.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import msgspec

from console.config.options import Options, state_root
from console.errors import ClusterError, LoginNeeded, Unreachable, Untrusted, WarRoomError, WireError

PATIENCE = 45.0
"""Seconds an engine may take until it is ready or says why not."""


class Ready(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a started engine says on its pipe."""

    socket: str = ""
    error: str = ""
    kind: str = ""
    """Class of the error, for the ones a seat treats differently."""
    short_hash: str = ""
    wants: tuple[str, ...] = ()
    exit_code: int = 2

    @classmethod
    def failed(cls, error: WarRoomError) -> Ready:
        """The line for an error. Its text must have passed `export()`."""
        short, wants = (error.short_hash, error.wants) if isinstance(error, Untrusted) else ("", ())
        return cls("", str(error), type(error).__name__, short, wants, error.exit_code)

    def raise_error(self) -> None:
        """Raise the error again on this side of the pipe."""
        if not self.error:
            return
        if self.kind == "Untrusted":
            raise Untrusted(self.error, self.short_hash, self.wants)
        known = {"LoginNeeded": LoginNeeded, "Unreachable": Unreachable, "ClusterError": ClusterError}
        error = known.get(self.kind, WarRoomError)(self.error)
        error.exit_code = self.exit_code
        raise error


class Starting:
    """An engine that is being started. `wait()` gives its socket or raises what ended it."""

    def __init__(self, process: subprocess.Popen[bytes], pipe: int, log: Path) -> None:
        self._process = process
        self._pipe = pipe
        self._log = log

    async def wait(self) -> Path:
        """Socket path once the engine listens. Raises its error, or `WireError` when it died without a word."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(self._pipe, "rb")
        )
        try:
            async with asyncio.timeout(PATIENCE):
                line = await reader.readline()
        except TimeoutError as error:
            raise WireError(f"The engine is not ready after {PATIENCE:.0f} s. See {self._log}.") from error
        finally:
            transport.close()
        if not line:
            raise WireError(f"The engine ended before it was ready. See {self._log}.")
        ready = msgspec.json.decode(line, type=Ready)
        ready.raise_error()
        return Path(ready.socket)


def spawn(options: Options) -> Starting:
    """Start `python -m console engine` detached: no terminal, own session, output to a log only we can read."""
    root = state_root(options)
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = root / "engine.log"
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise WarRoomError(
            f"The state folder {root} cannot be used: {error.strerror}. Choose another with --state."
        ) from error
    read, write = os.pipe()
    said = msgspec.json.encode(options).decode()
    command = [sys.executable, "-m", "console", "engine", "--detached", "--ready-fd", str(write), "--options", said]
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, pass_fds=(write,), start_new_session=True
        )
    finally:
        os.close(out)
        os.close(write)
    return Starting(process, read, log)
