"""A defect of ours leaves a sentence on the terminal and a traceback in a private file, and no value of anything."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from widgets.parts.crashing import crash_report


def _failure() -> ValueError:
    secret = "canaryCANARY"
    try:
        raise ValueError(secret)
    except ValueError as error:
        return error


def test_the_sentence_names_type_file_and_next_step_and_no_value(tmp_path: Path) -> None:
    path = tmp_path / "crash"
    said = crash_report(_failure(), str(path)).plain

    assert "ValueError" in said
    assert str(path) in said
    assert "start warroom again" in said
    assert "canaryCANARY" not in said + path.read_text()
    assert "_failure" in path.read_text()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (tmp_path / "crash").symlink_to(victim)

    said = crash_report(_failure(), str(tmp_path / "crash")).plain

    assert victim.read_text() == "kept"
    assert "No traceback was written" in said
