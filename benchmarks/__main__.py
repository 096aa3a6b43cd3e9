"""`make bench`, `python -m benchmarks [ROW…]`: the rows of docs/performance.md, one line a figure.

A row is named by the beginning of its name: `keys` is all rows of keys. Exit 1 when a figure misses its bar, 2 when
there is no such row or a means is missing.
"""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import metadata
from pathlib import Path

import msgspec

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.keys import CHURN, EVENTS, LINK, keys
from benchmarks.killing import killing
from benchmarks.lists import lists
from benchmarks.matching import matching
from benchmarks.memory import memory
from benchmarks.outage import outage
from benchmarks.resting import rest
from benchmarks.starting import start
from benchmarks.storing import storing
from benchmarks.streaming import streaming
from benchmarks.traffic import churn, storm
from tests.means.cache import Missing

Row = Callable[[Bench], Iterator[Figure]]

MEDIUM, LARGE = (120, 40), (200, 60)


def _keys(
    row: str, pods: int, size: tuple[int, int], bar: float, churn: float = 0, events: float = 0, link: float = 0
) -> Row:
    return lambda bench: keys(bench, row, pods, size, bar, churn, events, link)


ROWS: Mapping[str, Row] = {
    "outage": lambda _: outage(),
    "audit-matched": lambda _: matching(),
    "audit-stored": lambda _: storing(),
    "audit-memory": lambda _: streaming(),
    "kill": partial(killing, runs=200),
    "start-1000": partial(start, pods=1_000),
    "memory-1000": partial(memory, pods=1_000),
    "keys-idle": _keys("keys-idle", 1_000, MEDIUM, 15),
    "keys-churn-120x40": _keys("keys-churn-120x40", 1_000, MEDIUM, 30, CHURN),
    "keys-churn-200x60": _keys("keys-churn-200x60", 1_000, LARGE, 40, CHURN),
    "keys-link-120x40": _keys("keys-link-120x40", 1_000, MEDIUM, 150, CHURN, link=LINK),
    "bytes-churn-120x40": partial(churn, pods=1_000, size=MEDIUM, bar=3),
    "bytes-churn-200x60": partial(churn, pods=1_000, size=LARGE, bar=6),
    "bytes-storm-80x24": partial(storm, size=(80, 24), bar=12),
    "bytes-storm-200x60": partial(storm, size=LARGE, bar=45),
    "rest-1000": partial(rest, pods=1_000),
    "start-10000": partial(start, pods=10_000),
    "list-10000": partial(lists, pods=10_000),
    "memory-10000": partial(memory, pods=10_000),
    "rest-10000": partial(rest, pods=10_000),
    "keys-all-10000": _keys("keys-all-10000", 10_000, MEDIUM, 50, CHURN, EVENTS),
    "memory-50000": partial(memory, pods=50_000),
}
"""In this order; rows of one cluster size stand together."""


def main() -> int:
    """Measure the chosen rows, print each figure as it comes, write the JSON file."""
    args = _arguments()
    names = [name for name in ROWS if not args.row or any(_is_of(name, row) for row in args.row)]
    if unknown := [row for row in args.row if not any(_is_of(name, row) for name in ROWS)]:
        print(f"no row {', '.join(unknown)}; there are {', '.join(ROWS)}", file=sys.stderr)
        return 2
    given = {int(count): Path(file) for count, _, file in (one.partition("=") for one in args.cluster)}
    _compile()
    bench = Bench(args.rounds, args.seconds, given, args.k9s)
    print(machine(), flush=True)
    try:
        figures = [figure for name in names for figure in _measured(ROWS[name], bench)]
    except Missing as missing:
        print(f"{missing.why}. {missing.how}", file=sys.stderr)
        return 2
    finally:
        bench.close()
    if args.json:
        record = {"machine": machine(), "at": time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime())}
        args.json.write_bytes(msgspec.json.encode(record | {"figures": [one.record() for one in figures]}))
    missed = [figure.row for figure in figures if not figure.holds]
    print(f"{len(figures) - len(missed)} of {len(figures)} hold" + (f"; missed: {', '.join(missed)}" if missed else ""))
    return 1 if missed else 0


def _compile() -> None:
    """As an installation has it: where Python may not write bytecode, half of a start would be compiling."""
    root = Path(__file__).parent.parent
    for name in ("console", "widgets", "benchmarks", "tests"):
        compileall.compile_dir(root / name, quiet=2)


def _is_of(name: str, row: str) -> bool:
    return name == row or name.startswith(row.rstrip("-") + "-")


def _measured(row: Row, bench: Bench) -> Iterator[Figure]:
    for figure in row(bench):
        print(figure.line(), f"[load {os.getloadavg()[0]:.1f}]", flush=True)
        yield figure


def machine() -> str:
    """What was measured on."""
    model = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    versions = f"Python {platform.python_version()}, textual {metadata.version('textual')}"
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, {versions}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("row", nargs="*", metavar="ROW", help=f"beginnings of {', '.join(ROWS)}; none: all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--rounds", type=int, default=15, help="how often starts and lists are measured (15)")
    parser.add_argument("--seconds", type=float, default=20, help="how long keys and rates are measured (20)")
    parser.add_argument(
        "--cluster", action="append", default=[], metavar="PODS=KUBECONFIG", help="a cluster that runs already"
    )
    parser.add_argument("--k9s", type=Path, metavar="BINARY", help="a k9s to measure starts and keys beside")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
