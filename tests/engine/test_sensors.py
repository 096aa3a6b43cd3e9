"""A real engine reads Falco, Tetragon and Hubble: what they tell becomes findings of one story, and outlives a kill."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.ports.views import FindingRow, HeaderView
from tests.console.model.envelopes.test_falco import SHELL
from tests.console.model.envelopes.test_hubble import FLOW
from tests.console.model.envelopes.test_tetragon import PROCESS
from tests.console.model.envelopes.test_tetragon import record as tetragon
from tests.controlplane.running import ControlPlane, free_ports
from tests.engine.running import Installation, now, until

READ = tetragon(
    process_exec={
        "process": {**PROCESS, "binary": "/bin/cat", "arguments": "/run/secrets/kubernetes.io/serviceaccount/token"},
        "parent": {},
    }
)
MINE = {"flow": {**FLOW, "verdict": "FORWARDED", "destination_names": ["pool.supportxmr.com"], "destination": {}}}
SHELL_RULE = "FALCO-TERMINAL-SHELL-IN-CONTAINER"
RULES = {SHELL_RULE, "RUN-TOKEN", "FLOW-MINER"}


@pytest.fixture
def warroom(controlplane: ControlPlane) -> Iterator[Installation]:
    one = Installation(controlplane.kubeconfig("admin"))
    yield one
    one.stop()
    shutil.rmtree(one.state, ignore_errors=True)


def post(port: int, record: object) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", json.dumps(record).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return int(answer.status)


def sensed(rows: list[FindingRow]) -> dict[str, FindingRow]:
    return {str(row.rule): row for row in rows if str(row.rule) in RULES}


async def test_what_sensors_tell_is_found_told_as_one_story_and_kept(warroom: Installation, tmp_path: Path) -> None:
    port, files = free_ports(1), {name: tmp_path / f"{name}.log" for name in ("tetragon", "hubble")}
    files["tetragon"].write_bytes(READ + b"\n")
    files["hubble"].write_text(json.dumps(MINE) + "\n")
    named = [f"--{name}={path}" for name, path in files.items()] + [f"--falco-webhook=127.0.0.1:{port}"]
    assert warroom.run("checklist", "--json", *named).returncode == 0

    async with warroom.seat() as seat:
        await until(seat, "header", HeaderView, lambda rows: "falco:webhook" in {one.name for one in rows[0].sources})
        assert post(port, SHELL) == 200
        await until(seat, "findings", FindingRow, lambda rows: sensed(rows).keys() == RULES)
        await until(seat, "findings", FindingRow, lambda rows: all(row.story for row in sensed(rows).values()))
        before = sensed(await now(seat, "findings", FindingRow))
        (header,) = await now(seat, "header", HeaderView)
    assert len({row.story for row in before.values()}) == 1
    assert before["RUN-TOKEN"].severity == "high", "its rule says medium; three tactics raise it"
    assert {one.name for one in header.sources} >= {"tetragon", "hubble", "falco:webhook"}

    warroom.kill()
    assert warroom.run("checklist", "--json", *named).returncode == 0
    async with warroom.seat() as seat:
        await until(seat, "header", HeaderView, lambda rows: "falco:webhook" in {one.name for one in rows[0].sources})
        later = {**SHELL, "time": "2026-11-23T07:10:00.000000000Z"}
        assert (post(port, SHELL), post(port, later)) == (200, 200)
        await until(seat, "findings", FindingRow, lambda rows: sum(row.count for row in sensed(rows).values()) == 4)
        after = sensed(await now(seat, "findings", FindingRow))
    assert {rule: row.count for rule, row in after.items()} == {SHELL_RULE: 2, "RUN-TOKEN": 1, "FLOW-MINER": 1}
    assert {row.story for row in after.values()} == {row.story for row in before.values()}
