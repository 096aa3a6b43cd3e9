"""The independent judge of NetworkPolicies: built once into the cache, asked with one JSON case a line."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.means.cache import Missing, cache_folder, one_at_a_time

SOURCES = Path(__file__).parents[1] / "netpol-judge"


def provide_judge() -> Path:
    """The program, built if need be (two to three minutes on two cores).

    Raises:
        Missing: there is no Go, or the build failed.
    """
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum", "main.go"):
        digest.update((SOURCES / name).read_bytes())
    target = cache_folder() / f"netpol-judge-{digest.hexdigest()[:16]}"
    if target.is_file():
        return target
    if shutil.which("go") is None:
        raise Missing("no Go toolchain on PATH", "Install Go 1.26 or newer")
    with one_at_a_time("netpol-judge"):
        return target if target.is_file() else _build(target)


def _build(target: Path) -> Path:
    unfinished = target.with_suffix(f".{os.getpid()}")
    command = ["go", "build", "-o", str(unfinished), "."]
    done = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True, timeout=1200)
    if done.returncode:
        raise Missing(f"building the judge failed: {done.stderr.strip()[-300:]}", "See the Go module proxy's settings")
    unfinished.rename(target)
    return target


def judge(cases: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Its answers, in the order of the cases."""
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([provide_judge()], input=lines, capture_output=True, text=True, timeout=120, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
