"""`warroom detect`: all rules over audit files, offline."""

from __future__ import annotations

import argparse
import sys

from console.cli.ruling import rulebook_of, settings_file
from console.hygiene.exporting import Exporter
from console.rules.offline import detect
from console.rules.standing import counted


def run(args: argparse.Namespace) -> int:
    """Exit 0 nothing at or above the minimum, 10 something, 2 unreadable."""
    rules = rulebook_of(args).rules
    if changed := ", ".join(filter(None, (counted(rules.disabled, "disabled"), counted(rules.tuned, "tuned")))):
        print(Exporter(b"detect")(f"{changed}: {settings_file(args)}"), file=sys.stderr)
    return detect(args.files, args.format, args.min_severity, as_json=args.json, rules=rules)
