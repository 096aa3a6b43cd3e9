"""Who may share a state folder with a group, and what is said where it cannot be."""

from __future__ import annotations

import grp
import os
import stat
import tempfile
from pathlib import Path

import pytest

from console.bootstrap.sharing import shared_with
from console.config.options import Options
from console.errors import ConfigError

GROUP = grp.getgrgid(os.getegid()).gr_name


def test_nothing_is_shared_unless_a_group_is_named(tmp_path: Path) -> None:
    assert shared_with(Options(state=str(tmp_path / "s"))) is None
    assert not (tmp_path / "s").exists()


def test_a_group_needs_a_folder_of_its_own() -> None:
    with pytest.raises(ConfigError, match="--group needs a --state folder"):
        shared_with(Options(group=GROUP))


def test_a_group_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no group 'nobody-knows-it'"):
        shared_with(Options(group="nobody-knows-it", state=str(tmp_path / "s")))


def test_the_folder_is_made_so_that_the_group_can_pass_and_not_read_more() -> None:
    with tempfile.TemporaryDirectory(prefix="wr-") as above:
        Path(above).chmod(0o711)
        state = Path(above) / "s"

        assert shared_with(Options(group=GROUP, state=str(state))) == os.getegid()

        assert stat.S_IMODE(state.stat().st_mode) == 0o2750
        assert state.stat().st_gid == os.getegid()


def test_a_folder_on_the_way_that_the_group_cannot_enter_is_named_with_the_command(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(ConfigError, match=f"cannot enter {closed}.*chgrp {GROUP} {closed}"):
        shared_with(Options(group=GROUP, state=str(closed / "s")))
