"""`warroom`, `kubectl warroom`, `python -m console`: parse, pick a front end, import it late, end with its exit code.

Owns the last line of defence: no traceback ever reaches the terminal.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TextIO

from console.errors import BadInput, ClusterError, Untrusted, WarRoomError

_WRITING = ("contain", "undo")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    from console.cli.parsing import parse

    args = parse(sys.argv[1:] if argv is None else argv)
    module, _, function = str(args.run).partition(":")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8 is no reason to fail
    try:
        code = int(getattr(import_module(module), function)(args))
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _hush()  # what was done counts, not who read it
        return code
    except WarRoomError as error:
        _complain(str(error))
        return _exit_code(error, getattr(args, "command", ""))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _hush()  # the reader of our output has gone: nothing is left to say
        return 0
    except Exception as error:
        _complain(_defect(error))
        return 7 if getattr(args, "command", "") in _WRITING else 1


def _exit_code(error: WarRoomError, command: str) -> int:
    """The contract's codes: 7, "nothing was written", is for commands that write; all others end with 0, 1 or 2."""
    if command in _WRITING:
        return 7 if isinstance(error, ClusterError) and not isinstance(error, Untrusted) else error.exit_code
    return error.exit_code if error.exit_code <= 2 else 1


def _hush(stream: TextIO | None = None) -> None:
    """Let what is still to be flushed go nowhere."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), (stream or sys.stdout).fileno())


def screen(args: argparse.Namespace) -> int:
    """The war room itself. The engine is started before the screen is imported: there are two processors."""
    import gc
    import os

    from console.bootstrap.seating import start_early
    from console.cli.parsing import options_of

    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        _complain("there is no terminal to draw on. See `warroom status --json`, or `warroom drill --headless`.")
        return 2
    if os.environ.get("TERM", "") in ("", "dumb"):
        _complain("this terminal (TERM=dumb) cannot draw. Set TERM=xterm-256color, or see `warroom status --json`.")
        return 2
    gc.disable()  # until the screen is imported: nothing of that is ever garbage, and looking for it takes its time
    options = options_of(args)
    attach = getattr(args, "attach", False) or bool(options.incident)
    if attach:
        from console.cli.choosing import engine_of
        from console.cli.talking import run

        options = run(lambda: engine_of(options_of(args)))
    first = None if attach else start_early(options)
    from console.opening import show

    gc.freeze()
    gc.enable()
    gc.set_threshold(10_000)  # ten thousand rows in one go are no garbage either
    return show(options, first, attach=attach)


def drill(args: argparse.Namespace) -> int:
    """Practise: on the screen, or played by the built-in responder."""
    if args.stop:
        from console.cli.status import stop

        return stop(args)
    if getattr(args, "incident", "") and not args.debrief:
        raise BadInput("A drill is an incident of its own. `warroom attach --incident NAME` joins one that runs.")
    if not (args.headless or args.debrief):
        return screen(args)
    from console.bootstrap.drilling import debrief, play
    from console.cli.parsing import options_of

    if args.debrief:
        return debrief(options_of(args), args.json, sys.stdout)
    return play(options_of(args), args.play, args.json, sys.stdout)


def _defect(error: Exception) -> str:
    """A defect of ours, by kind and place. Its own words and the values around it may be secrets of the cluster."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    place = "; ".join(f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames[-3:])
    return f"it failed on {type(error).__name__}, a defect of the program. Report it with this place: {place}"


def _complain(text: str) -> None:
    from console.hygiene.exporting import Exporter

    try:
        print(f"warroom: {Exporter(b'stderr')(text)}", file=sys.stderr, flush=True)
    except BrokenPipeError:
        _hush(sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
