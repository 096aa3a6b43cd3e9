"""`warroom engine`: run the engine in this process, in the foreground or (started by a seat) detached."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal

import msgspec

from console.bootstrap.starting import Ready
from console.cli.parsing import options_of
from console.config.options import Options
from console.errors import BadInput, WarRoomError
from console.hygiene.exporting import Exporter

_COLLECT = 10_000
"""Objects between two looks for garbage in cycles: a batch of events is more than the usual 700, and all of it goes."""


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop. Exit 0 on a clean end, the error's code when it could not start."""
    options = options_of(args) if args.options_fd < 0 else _handed_over(args.options_fd)
    if options.incident:
        raise BadInput("An engine opens the incident of its cluster: leave --incident out, `warroom attach` takes it.")
    tell = _Telling(args.ready_fd)
    os.umask(0o077)  # what the engine writes is nobody else's, whatever the login's habit is
    gc.set_threshold(_COLLECT)
    if args.detached:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the login that started us may end
    try:
        from console.bootstrap.engine import serve

        asyncio.run(serve(options, tell.ready, tell.taken))
    except WarRoomError as error:
        tell.failed(error)
        if args.detached:
            return error.exit_code
        raise
    return 0


def _handed_over(fd: int) -> Options:
    """What the seat that starts us says on a pipe: arguments are everybody's to read, and a URL may hold a password."""
    try:
        with open(fd, "rb") as pipe:
            return msgspec.json.decode(pipe.read(), type=Options)
    except (OSError, msgspec.DecodeError) as error:
        raise BadInput("Whoever started this engine ended before it said what to open. Start it again.") from error


class _Telling:
    """The pipe to the seat that started us, written at most once."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def ready(self, socket: str) -> None:
        if self._fd < 0:
            print(f"engine listening at {Exporter(b'stdout')(socket)}", flush=True)
        self._say(Ready(socket))

    def taken(self, socket: str) -> None:
        """Another engine serves this incident: as good for a seat, but not for whoever wanted to run this one."""
        if self._fd < 0:
            next_ = "`warroom` takes a seat at it, `warroom stop` ends it"
            error = WarRoomError(f"An engine serves this incident already, at {socket}: {next_}.")
            error.exit_code = 1
            raise error
        self._say(Ready(socket))

    def failed(self, error: WarRoomError) -> None:
        clean = Ready.failed(error)
        export = Exporter(b"pipe")
        self._say(msgspec.structs.replace(clean, error=export(clean.error), wants=export.many(clean.wants)))

    def _say(self, line: Ready) -> None:
        if self._fd < 0:
            return
        try:
            os.write(self._fd, msgspec.json.encode(line) + b"\n")
            os.close(self._fd)
        except OSError:
            pass  # the seat has gone meanwhile; the engine goes on for the next one
        self._fd = -1
