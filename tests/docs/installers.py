"""uv and pipx for the tests that install as the README says: those on PATH, else fetched into the cache once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.means.cache import Missing, cache_folder, one_at_a_time


def provide_installer(name: str) -> Path:
    """The program.

    Raises:
        Missing: it is not on PATH and cannot be fetched.
    """
    if found := shutil.which(name):
        return Path(found)
    folder = cache_folder() / "installers"
    program = folder / "bin" / name
    with one_at_a_time("installers"):
        if not program.is_file():
            _pip(folder, name)
    return program


def _pip(folder: Path, name: str) -> None:
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
    command = [str(folder / "bin" / "pip"), "install", "--quiet", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Missing(f"pip cannot fetch {name}: {why}", f"Install {name}")


def environment(home: Path) -> dict[str, str]:
    """Where installers put things: below `home`, so that the machine's own tools stay as they are."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("UV_", "PIPX_"))}
    chosen = {
        "HOME": str(home),
        "UV_TOOL_DIR": str(home / "tools"),
        "UV_TOOL_BIN_DIR": str(home / "bin"),
        "PIPX_HOME": str(home / "pipx"),
        "PIPX_BIN_DIR": str(home / "bin"),
        "PIPX_MAN_DIR": str(home / "man"),
    }
    # uv does not read pip's settings; where pip has an index of its own, uv must ask the same one.
    index = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
    ).stdout.strip()
    return kept | chosen | ({"UV_DEFAULT_INDEX": index} if index else {})
