"""The real Helm, built once into the cache: what it sends to an API server is nothing to be guessed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.means.cache import Missing, cache_folder, one_at_a_time

SOURCES = Path(__file__).parents[1] / "helm"
PACKAGE = "helm.sh/helm/v3/cmd/helm"


def provide_helm() -> Path:
    """The program, built if need be (three minutes on two cores).

    Raises:
        Missing: there is no Go, or the build failed.
    """
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((SOURCES / name).read_bytes())
    target = cache_folder() / f"helm-{digest.hexdigest()[:16]}"
    if target.is_file():
        return target
    if shutil.which("go") is None:
        raise Missing("no Go toolchain on PATH", "Install Go 1.26 or newer")
    with one_at_a_time("helm"):
        return target if target.is_file() else _build(target)


def _build(target: Path) -> Path:
    unfinished = target.with_suffix(f".{os.getpid()}")
    command = ["go", "build", "-p", "2", "-trimpath", "-ldflags", "-s -w", "-o", str(unfinished), PACKAGE]
    done = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True, timeout=1200)
    if done.returncode:
        raise Missing(f"building Helm failed: {done.stderr.strip()[-300:]}", "See the Go module proxy's settings")
    unfinished.rename(target)
    return target
