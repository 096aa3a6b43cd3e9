"""The implementations the suite runs over; the package's docstring says how to add one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from console.cluster.connecting import connect
from console.cluster.options import ConnectOptions
from console.ports.clock import SystemClock
from tests.contracts.cluster.ground import Ground, Object
from tests.controlplane import ControlPlane

IMPLEMENTATIONS = ("real",)


@pytest.fixture(params=IMPLEMENTATIONS)
def cluster_under_test(request: pytest.FixtureRequest) -> Ground:
    """The cluster a contract test runs on, once for each implementation."""
    ground: Ground = request.getfixturevalue(f"{request.param}_ground")
    return ground


@pytest.fixture
async def real_ground(controlplane: ControlPlane, namespace: str, tmp_path: Path) -> AsyncIterator[Ground]:
    transport = await connect(ConnectOptions((controlplane.kubeconfig(),), tmp_path), SystemClock())

    async def tick() -> None:
        await asyncio.sleep(0.05)

    async def grant(rules: Sequence[Object]) -> None:
        await asyncio.to_thread(controlplane.grant, rules, "someone", "granted", namespace)

    yield Ground(transport, namespace, tick, grant)
    await transport.close()
