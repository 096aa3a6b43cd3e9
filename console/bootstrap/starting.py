"""Start an engine in a process of its own that outlives the terminal, and hear from it whether it is ready.

The engine says one JSON line on a pipe: where its socket is, or which error ended it. No polling, no sleeping. What it
is to open goes to it on another pipe and not with its arguments, which every user of the host can read.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec

from console.bootstrap.linking import home
from console.bootstrap.sharing import shared_with
from console.bootstrap.surroundings import handed_on, isolation
from console.config.options import Options, state_root
from console.errors import ClusterError, LoginNeeded, Unreachable, Untrusted, WarRoomError, WireError

LOG = 1024 * 1024
"""Bytes after which the log is put aside."""
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

    def __init__(self, pipe: int, log: Path) -> None:
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
    shared_with(options)  # before the folder is made for us alone
    log, out = _open_log(home(options))
    read, write = os.pipe()
    taken, given = os.pipe()
    command = [sys.executable, *isolation(), "-m", "console", "engine", "--detached"]
    # The folder is for whoever looks for an engine in a list of processes; what counts comes through the pipe.
    named = ["--state", str(state_root(options)), "--ready-fd", str(write), "--options-fd", str(taken)]
    try:
        process = subprocess.Popen(
            [*command, *named],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            pass_fds=(write, taken),
            start_new_session=True,
            env=handed_on(os.environ),
        )
    except OSError as error:
        os.close(read)
        os.close(given)
        raise WarRoomError(f"The engine cannot be started with {sys.executable}: {error.strerror}.") from error
    finally:
        os.close(out)
        os.close(write)
        os.close(taken)
    _hand_over(given, options)
    # Its parent is this seat: whoever ends first, nothing may stay behind as a zombie.
    threading.Thread(target=process.wait, name="engine", daemon=True).start()
    return Starting(read, log)


def _hand_over(pipe: int, options: Options) -> None:
    """Say what to open. An engine that has ended meanwhile says so by its silence: see `Starting.wait`."""
    with contextlib.suppress(BrokenPipeError), open(pipe, "wb") as said:
        said.write(msgspec.json.encode(options))


def _open_log(folder: Path) -> tuple[Path, int]:
    """The engines' log, open for appending, 0600; a long one is put aside first."""
    log = folder / "engine.log"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            if log.stat().st_size > LOG:
                log.replace(log.with_suffix(".log.1"))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        return log, os.open(log, flags, 0o600)
    except OSError as error:
        raise WarRoomError(
            f"The state folder {folder} cannot be used: {error.strerror}. Choose another with --state."
        ) from error
