"""What a seat may read of an object."""

from __future__ import annotations

from pathlib import Path

import msgspec

from console.model.ref import BY_KIND
from console.ports.clock import ManualClock
from console.ports.cluster import Request
from console.ports.session import Detail
from console.ports.views import TextView
from tests.console.incident.room import drill_engine


async def test_the_values_of_a_configmap_stay_in_the_cluster(tmp_path: Path) -> None:
    """People keep passwords there that no pattern knows."""
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "db"}, "data": {"conf": "hunter2hunter2"}}
    async with drill_engine(tmp_path, ManualClock(), attacked=False) as room:
        path, body = BY_KIND["ConfigMap"].path("shop"), msgspec.json.encode(made)
        await room.engine.cluster.send(Request("POST", path, body=body, audit_id="theirs"))

        shown = await (await room.sit()).ask(Detail("resources", "ConfigMap/shop/db", "manifest"))

    assert isinstance(shown, TextView)
    text = " ".join(line for _, line in shown.lines)
    assert '"name": "db"' in text
    assert "hunter2" not in text
    assert "not fetched" in shown.note
