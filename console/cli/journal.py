"""`warroom journal show|verify|export`: the record, read from disk; no engine is needed and none is disturbed."""

from __future__ import annotations

import argparse
import sys

from console.bootstrap.records import export_lines, reading
from console.cli.choosing import record_of
from console.cli.parsing import options_of
from console.cli.talking import complain, say, say_json
from console.cli.talking import run as run_command
from console.incident.entries import words
from console.model.instants import stamp
from console.ports.journal import Journal


def run(args: argparse.Namespace) -> int:
    """Exit 0 good, 1 the chain is broken."""
    options = run_command(lambda: record_of(options_of(args), as_json=args.json))
    with reading(options) as (journal, path):
        if args.what == "verify":
            return _verify(journal, str(path), args.json)
        if args.what == "export" or args.json:
            sys.stdout.flush()
            sys.stdout.buffer.writelines(export_lines(journal))
            return 0
        for entry in journal.read():
            text, result = words(entry.record)
            say(f"{entry.seq:6} {stamp(entry.at)} {entry.actor:10} {text}{f'  [{result}]' if result else ''}")
        sys.stdout.flush()
    return 0


def _verify(journal: Journal, path: str, as_json: bool) -> int:
    report = journal.verify()
    if as_json:
        say_json(report)
    if report.problem:
        complain(f"the journal in {path} is not intact: {report.problem}. Compare it with a checkpoint held elsewhere.")
        return 1
    if not as_json:
        say(f"intact: {report.entries} entries, head {report.head}")
        say("A chain alone does not show a tail that was cut off: keep this head somewhere else.")
    return 0
