"""Builds the one Go binary of the control plane into the cache, keyed by its content."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.means.cache import Missing, cache_folder, one_at_a_time

SOURCES = Path(__file__).parent
VERSION = "1.36.2"

_STAMP = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = VERSION.split(".")
# Without the version flags the API server says v0.0.0-master, and clients that look at versions go astray.
LINKER_FLAGS = f"-s -w -X {_STAMP}.gitVersion=v{VERSION} -X {_STAMP}.gitMajor={_MAJOR} -X {_STAMP}.gitMinor={_MINOR}"
HOW = "Install Go 1.26 or newer and OpenSSL, then run make test; the first build takes 6-10 minutes"


def content_key() -> str:
    """Changes whenever the binary would."""
    digest = hashlib.sha256(LINKER_FLAGS.encode())
    for path in sorted([SOURCES / "go.mod", SOURCES / "go.sum", *SOURCES.glob("*.go")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def built_binary() -> Path | None:
    """The binary if it is there already."""
    path = cache_folder() / f"controlplane-{content_key()}"
    return path if path.is_file() else None


def provide_binary() -> Path:
    """The binary, built if need be.

    Raises:
        Missing: there is no Go, no openssl or curl for `up.sh`, or the build failed.
    """
    for program in ("openssl", "curl", "setsid", "tar"):
        if shutil.which(program) is None:
            raise Missing(f"no {program} on PATH", f"Install {program} (Debian: apt-get install {program})")
    if ready := built_binary():
        return ready
    if shutil.which("go") is None:
        raise Missing("no Go toolchain on PATH", HOW)
    with one_at_a_time("controlplane"):
        return built_binary() or _build()


def _build() -> Path:
    target = cache_folder() / f"controlplane-{content_key()}"
    unfinished = target.with_suffix(f".{os.getpid()}")
    print("building the control plane, once (6-10 minutes on 2 cores, less with a warm Go cache)", flush=True)
    command = [
        "go",
        "build",
        "-p",
        "2",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags",
        LINKER_FLAGS,
        "-o",
        str(unfinished),
        ".",
    ]
    done = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True)
    if done.returncode:
        raise Missing("go build failed: " + done.stderr.strip()[-600:], HOW)
    unfinished.rename(target)
    for old in cache_folder().glob("controlplane-*"):
        if old != target and "." not in old.name:
            old.unlink(missing_ok=True)
    return target
