"""A drill's engine from start options to its folder: also from a scenario file of one's own."""

from __future__ import annotations

import shutil
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
