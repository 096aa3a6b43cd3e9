"""`warroom detect`: all rules over audit files, offline."""

from __future__ import annotations

import argparse

from console.rules.offline import detect


def run(args: argparse.Namespace) -> int:
    """Exit 0 nothing at or above the minimum, 10 something, 2 unreadable."""
    return detect(args.files, args.format, args.min_severity, as_json=args.json)
