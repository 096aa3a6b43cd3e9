"""The implementations the suite runs over; the package's docstring says how to add one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from console.cluster.connecting import connect
from console.cluster.options import ConnectOptions
from console.drill.controllers.rounds import ROUND, Rounds
from console.drill.scenario import base, load
from console.drill.server import SimServer
from console.drill.transport import SimTransport
from console.drill.world import furnish
from console.ports.clock import ManualClock, SystemClock
from tests.contracts.cluster.ground import Ground, Object
from tests.contracts.cluster.objects import binding
from tests.controlplane import ControlPlane

IMPLEMENTATIONS = ("real", "drill")


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

    yield Ground(transport, namespace, tick, grant, controlplane.audit_log.read_bytes)
    await transport.close()


@pytest.fixture
async def drill_ground() -> Ground:
    clock = ManualClock()
    server = SimServer(clock)
    rounds = Rounds(server)
    furnish(server, rounds, base(), load("shop"), clock.now())
    server.past = None
    transport = SimTransport(server)
    ground: Ground

    async def tick() -> None:
        await clock.advance(ROUND)
        server.pulse()
        rounds.round()

    async def grant(rules: Sequence[Object]) -> None:
        made = {"metadata": {"name": "granted"}, "rules": list(rules)}
        await ground.create({"kind": "Role", "apiVersion": "rbac.authorization.k8s.io/v1", **made})
        bound = binding("granted", "granted", ground.namespace, "someone")
        await ground.create({**bound, "subjects": [{"kind": "User", "name": "someone"}]})

    ground = Ground(transport, "contract", tick, grant, lambda: b"".join(server.audit.lines))
    await ground.create({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "contract"}})
    await tick()
    return ground
