"""For people: `python -m tests.controlplane up [--pods N]`, or `seed N` to make a seed ahead of time."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time

from tests.controlplane.running import ControlPlane
from tests.controlplane.seeding import provide_seed
from tests.means.cache import Missing


def main() -> int:
    """Parses the command line; exit 1 when the control plane cannot be had here."""
    parser = argparse.ArgumentParser(prog="python -m tests.controlplane")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start one, print its kubeconfig, run until ctrl-c")
    up.add_argument("--pods", type=int, default=0, help="start from a seed of this many pods")
    seed = commands.add_parser("seed", help="make a seed and print where it is")
    seed.add_argument("pods", type=int)
    arguments = parser.parse_args()
    try:
        if arguments.command == "seed":
            started = time.monotonic()
            print(provide_seed(arguments.pods))
            print(f"ready after {time.monotonic() - started:.0f} s", file=sys.stderr)
        else:
            _up(arguments.pods)
    except Missing as missing:
        print(f"{missing.why}. {missing.how}", file=sys.stderr)
        return 1
    return 0


def _up(pods: int) -> None:
    started = time.monotonic()
    with ControlPlane(seed=provide_seed(pods) if pods else None) as plane:
        if not pods:
            plane.nodes(2)
        print(f"export KUBECONFIG={plane.kubeconfig()}", flush=True)
        print(
            f"ready after {time.monotonic() - started:.1f} s; audit log {plane.audit_log}; ctrl-c ends it",
            file=sys.stderr,
        )
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    sys.exit(main())
