"""`warroom`, `kubectl warroom`, `python -m console`: parse, pick a front end, import it late, end with its exit code.

Owns the last line of defence: no traceback ever reaches the terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from console.errors import WarRoomError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    from console.cli.parsing import parse

    args = parse(sys.argv[1:] if argv is None else argv)
    module, _, function = str(args.run).partition(":")
    try:
        return int(getattr(import_module(module), function)(args))
    except WarRoomError as error:
        from console.hygiene.exporting import Exporter

        print(f"warroom: {Exporter(b'stderr')(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone: nothing is left to say
        return 0


if __name__ == "__main__":
    sys.exit(main())
