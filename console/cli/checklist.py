"""`warroom checklist`: every item with its observed value, as JSON lines or to print."""

from __future__ import annotations

import argparse
import time

from console.cli.parsing import options_of
from console.cli.talking import filled, say, seat
from console.cli.talking import run as run_command
from console.ports.views import ItemRow
from console.runbooks.printing import json_lines, printed


def run(args: argparse.Namespace) -> int:
    """Print the checklist as it stands."""
    return run_command(lambda: _checklist(args))


async def _checklist(args: argparse.Namespace) -> int:
    async with seat(options_of(args)) as session:
        rows = [row for row in await filled(session, "checklist") if isinstance(row, ItemRow)]
    rows.sort(key=lambda row: row.position)
    for line in json_lines(rows, time.time()) if args.json else printed(rows, time.time()):
        say(line)
    return 0
