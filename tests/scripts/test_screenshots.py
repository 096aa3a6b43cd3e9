"""The pictures of the README are what the product draws today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

PICTURES = ROOT / "docs" / "screenshots"


@pytest.mark.slow
def test_the_pictures_are_what_make_screenshots_draws(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "screenshots.py"), str(tmp_path)]
    subprocess.run(command, check=True, cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""}, timeout=200)
    drawn = {path.name: path.read_text() for path in tmp_path.glob("*.svg")}
    kept = {path.name: path.read_text() for path in PICTURES.glob("*.svg")}
    assert set(drawn) == set(kept)
    changed = [name for name in drawn if drawn[name] != kept[name]]
    assert changed == [], "run make screenshots, look at what changed, and commit the files"


def test_pictures_load_nothing_from_elsewhere() -> None:
    for path in PICTURES.glob("*.svg"):
        assert "url(http" not in path.read_text()
        assert "@import" not in path.read_text()
