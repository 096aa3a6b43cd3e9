"""`warroom doctor`: what works here, what does not, and what to do about it."""

from __future__ import annotations

import argparse

from console.bootstrap.diagnosing import BAD, LOOKS, Diagnosis, cluster
from console.cli.parsing import options_of
from console.cli.talking import run as run_command
from console.cli.talking import say, say_json
from console.hygiene.exporting import Exporter


def run(args: argparse.Namespace) -> int:
    """Exit 1 when something will not work."""
    options = options_of(args)

    async def look() -> int:
        found = [one for looking in LOOKS for one in looking(options)]
        return _tell([*found, *await cluster(options)], args.json)

    return run_command(look)


def _tell(found: list[Diagnosis], as_json: bool) -> int:
    export = Exporter(b"doctor")
    for one in found:
        text = export(one.text)
        if as_json:
            say_json({"name": one.name, "state": one.state, "text": text})
        else:
            say(f"{one.state:5} {one.name:14} {text}")
    return 1 if any(one.state == BAD for one in found) else 0
