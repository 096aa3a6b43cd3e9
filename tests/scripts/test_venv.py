"""`scripts/venv.sh` names the next step where an environment cannot be made, and does nothing where it is ready."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

TOOLS = ("bash", "cat", "sed", "sha256sum", "cut", "dirname", "rm", "env")


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH with the few tools the script uses, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = next(Path(part) / tool for part in os.environ["PATH"].split(":") if (Path(part) / tool).exists())
        (folder / tool).symlink_to(found)
    return folder


def set_up(path: Path, venv: Path, purpose: str = "runtime") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(path), "VENV": str(venv), "HOME": str(venv.parent)}
    return subprocess.run(
        ["bash", str(ROOT / "scripts" / "venv.sh"), purpose], env=environment, capture_output=True, text=True, cwd=ROOT
    )


def python(folder: Path, *, new: bool) -> None:
    """A Python without venv and ensurepip: of a good version or too old."""
    program = folder / "python3"
    answer = "3.12" if new else "3.9"
    program.write_text(
        "#!/bin/sh\n"
        'case "$2" in\n'
        f"*sys.exit*) exit {0 if new else 1} ;;\n"
        "*ensurepip*) exit 1 ;;\n"
        f"*print*) echo {answer} ;;\n"
        "esac\n"
    )
    program.chmod(0o755)


def test_a_python_without_venv_names_the_package(bare_path: Path, tmp_path: Path) -> None:
    python(bare_path, new=True)

    done = set_up(bare_path, tmp_path / "venv")

    assert done.returncode == 2
    assert "python3.12-venv" in done.stderr


@pytest.mark.parametrize("there", [False, True])
def test_no_python_or_an_old_one_is_said(bare_path: Path, tmp_path: Path, there: bool) -> None:
    if there:
        python(bare_path, new=False)

    done = set_up(bare_path, tmp_path / "venv")

    assert done.returncode == 2
    assert "no Python 3.11 or newer found" in done.stderr


def test_an_unknown_purpose_is_refused(bare_path: Path, tmp_path: Path) -> None:
    assert set_up(bare_path, tmp_path / "venv", "party").returncode == 2


def test_without_venv_uv_is_used(bare_path: Path, tmp_path: Path) -> None:
    python(bare_path, new=True)
    log = tmp_path / "log"
    (bare_path / "uv").write_text(
        f'#!/bin/sh\necho "$@" >>"{log}"\n[ "$1" = venv ] && "{bare_path}/env" mkdir "{tmp_path}/venv"\nexit 0\n'
    )
    (bare_path / "uv").chmod(0o755)
    (bare_path / "mkdir").symlink_to("/bin/mkdir")

    done = set_up(bare_path, tmp_path / "venv")

    assert done.returncode == 0, done.stderr
    assert "--require-hashes -r requirements.lock" in log.read_text()
    assert "--no-deps --no-build-isolation -e ." in log.read_text()
