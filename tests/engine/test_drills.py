"""A drill's engine from start options to its folder: also from a scenario file of one's own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import pytest

from console.bootstrap.starting import spawn
from console.config.options import Options
from console.drill import scenario
from console.errors import WarRoomError
from tests.engine.test_process import engines
from tests.engine.test_process import options as options_of_a_drill

options = options_of_a_drill


def warroom(*words: str) -> subprocess.CompletedProcess[str]:
    """A command as typed, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "console", *words], capture_output=True, text=True, timeout=240, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


async def test_a_scenario_file_of_ones_own_is_played(options: Options, tmp_path: Path) -> None:
    own = tmp_path / "Our Night.yaml"
    shutil.copy(Path(scenario.__file__).parent / "data" / "shop.yaml", own)

    path = await spawn(msgspec.structs.replace(options, drill=str(own))).wait()

    assert path.parent.name == "drill-shop-7-1"
    assert len(engines(options)) == 1


async def test_one_that_cannot_be_used_leaves_no_folder_and_no_link(options: Options) -> None:
    with pytest.raises(WarRoomError, match="Shipped: shop"):
        await spawn(msgspec.structs.replace(options, drill="nonsense")).wait()

    assert [path.name for path in Path(options.state).iterdir()] == ["engine.log"]


@pytest.mark.slow
def test_a_drill_that_was_played_is_debriefed_from_its_record_alone() -> None:
    """By whoever comes later: the same score, its reasons, and a record whose chain holds."""
    with tempfile.TemporaryDirectory(prefix="wr-") as short:  # a socket's path may have 100 bytes
        _play_and_debrief(("--state", short))


def _play_and_debrief(state: tuple[str, str]) -> None:

    nothing_yet = warroom("drill", "--debrief", *state)
    lost = warroom("drill", "--headless", "--play", "reckless", "--json", *state)
    told = warroom("drill", "--debrief", "--json", *state)
    words = warroom("drill", "--debrief", *state)

    assert nothing_yet.returncode == 2
    assert "`warroom drill` starts one" in nothing_yet.stderr
    assert (lost.returncode, json.loads(lost.stdout.splitlines()[0])["verdict"]) == (1, "lost")
    assert told.stdout == lost.stdout
    assert (words.returncode, "VERDICT: lost" in words.stdout) == (told.returncode, True)
    assert warroom("journal", "verify", *state).stdout.startswith("intact: ")
