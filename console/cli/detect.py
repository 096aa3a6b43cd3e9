"""`warroom detect`: all rules over audit files, offline, or asked of a search cluster over any span of time."""

from __future__ import annotations

import argparse
import secrets
import sys

from console.cli.parsing import options_of
from console.cli.ruling import rulebook_of, settings_file
from console.cli.talking import run as run_command
from console.config.settings import load
from console.errors import BadInput
from console.hygiene.exporting import Exporter
from console.rules.compiling import RuleSet
from console.rules.offline import FOUND, NOTHING, UNREADABLE, checked, detect, show
from console.rules.standing import counted


def run(args: argparse.Namespace) -> int:
    """Exit 0 nothing at or above the minimum, 10 something, 2 unreadable, or only a part could be searched."""
    rules = rulebook_of(args).rules
    if changed := ", ".join(filter(None, (counted(rules.disabled, "disabled"), counted(rules.tuned, "tuned")))):
        print(Exporter(b"detect")(f"{changed}: {settings_file(args)}"), file=sys.stderr)
    if args.search is not None:
        return _search(args, rules)
    if args.index or args.until:
        raise BadInput("--index and --until are for --search; a file is read whole.")
    if not args.files:
        raise BadInput("`warroom detect` needs files, - for standard input, or --search with --index.")
    return detect(args.files, args.format, args.min_severity, as_json=args.json, rules=rules)


def _search(args: argparse.Namespace, rules: RuleSet) -> int:
    if args.files:
        raise BadInput("--search reads an index, not files. Leave out one of both.")
    exporter = Exporter(secrets.token_bytes(32))
    floor = checked(args.format, args.min_severity)
    for fault in rules.faults:
        print(exporter(fault), file=sys.stderr)
    from console.bootstrap.pushing import search_as_set
    from console.ports.clock import SystemClock

    settings = load(options_of(args))
    found = run_command(
        lambda: search_as_set(settings, args.search, args.index, rules, args.until, SystemClock().now(), args.format)
    )
    for text in found.remarks:
        print(exporter(text), file=sys.stderr)
    shown = show(found.detector, floor, exporter, sys.stdout, sys.stderr, as_json=args.json)
    if found.gaps:
        return UNREADABLE
    return FOUND if shown else NOTHING
