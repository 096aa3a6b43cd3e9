"""The attacker: what he does, and what he does about what was done to him."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from console.drill.callers import INVALID_SINCE
from console.drill.scenario import load
from console.drill.simulation import Drill
from console.ports.clock import ManualClock
from console.ports.cluster import Request

_MERGE = "application/merge-patch+json"
_BINDINGS = "/apis/rbac.authorization.k8s.io/v1"


class Game:
    """A drill under way, and a responder's bare hands."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.drill = Drill(load("shop"), 7, self.clock)

    async def wait(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            await self.clock.advance(1)

    async def until(self, what: Callable[[], object], most: float = 300) -> None:
        for _ in range(int(most)):
            if what():
                return
            await self.clock.advance(1)
        raise AssertionError(f"never: {[deed.says for deed in self.drill.story]}")

    async def send(self, method: str, path: str, body: Any = None) -> int:
        data = b"" if body is None else json.dumps(body).encode()
        how = _MERGE if method == "PATCH" else "application/json"
        return (await self.drill.transport.send(Request(method, path, (), data, how))).status

    def told(self, what: str) -> list[str]:
        return [deed.says for deed in self.drill.story if deed.what == what]

    def pods(self, namespace: str, start: str) -> list[str]:
        found = (pod["metadata"]["name"] for pod in self.drill.server.store.all("Pod", namespace))
        return [name for name in found if name.startswith(start)]

    async def delete_pods(self, start: str) -> None:
        for name in self.pods("shop", start):
            assert await self.send("DELETE", f"/api/v1/namespaces/shop/pods/{name}") == 200

    async def suspend(self) -> None:
        path = "/apis/apps/v1/namespaces/shop/deployments/metrics-proxy/scale"
        assert await self.send("PATCH", path, {"spec": {"replicas": 0}}) == 200

    async def revoke(self) -> None:
        """Strip both stolen accounts."""
        for binding in self.drill.server.store.all("ClusterRoleBinding"):
            if any(one.get("name") == "deployer" for one in binding.get("subjects") or ()):
                await self.send("DELETE", f"{_BINDINGS}/clusterrolebindings/{binding['metadata']['name']}")
        for namespace, name in (("staging", "config-readers"), ("staging", "releaser"), ("monitoring", "releaser")):
            await self.send("DELETE", f"{_BINDINGS}/namespaces/{namespace}/rolebindings/{name}")


@pytest.fixture
async def game() -> AsyncIterator[Game]:
    made = Game()
    task = asyncio.create_task(made.drill.run())
    yield made
    task.cancel()


def test_the_past_is_there_when_the_drill_opens() -> None:
    drill = Drill(load("shop"), 7, ManualClock())

    assert [deed.move for deed in drill.story] == ["rights", "secrets", "all-secrets", "miner", "shell"]
    assert {round(deed.at - drill.opened) for deed in drill.story} == {-840, -780, -720, -540, -360}
    miner = drill.server.store.get("Deployment", "shop", "metrics-proxy")
    assert miner is not None
    assert miner["status"]["readyReplicas"] == 2
    assert drill.server.streams.count() == 1


def test_the_same_seed_plays_the_same_drill_and_another_one_another() -> None:
    logs = [Drill(load("shop"), seed, ManualClock()).server.audit.lines for seed in (7, 7, 8)]

    assert logs[0] == logs[1]
    assert logs[0] != logs[2]


async def test_left_alone_he_gets_what_he_wants(game: Game) -> None:
    await game.until(lambda: game.drill.end, 900)

    assert game.drill.end == "won"
    assert game.drill.server.store.get("StatefulSet", "shop", "db") is None
    assert not game.told("denied")


async def test_a_pod_deleted_without_its_owner_comes_back(game: Game) -> None:
    await game.delete_pods("metrics-proxy")
    await game.until(lambda: game.told("returned"), 30)

    assert game.told("returned") == ["Deployment shop/metrics-proxy is back: its owner was not stopped"]
    assert not game.told("reentry")


async def test_a_stopped_owner_is_replaced_with_rights_that_were_left(game: Game) -> None:
    await game.suspend()
    await game.until(lambda: game.told("reentry"), 60)

    assert game.told("reentry") == [
        "starts again as Deployment staging/metrics-relay with the token of system:serviceaccount:shop:deployer"
    ]
    await game.until(lambda: len(game.pods("staging", "metrics-relay")) == 2, 10)


async def test_an_account_that_was_not_revoked_is_used_instead_of_the_one_that_was(game: Game) -> None:
    await game.wait(12)
    secret = "/api/v1/namespaces/shop/secrets/deployer-token"
    assert await game.send("PATCH", secret, {"metadata": {"labels": {INVALID_SINCE: "2026-06-01"}}}) == 200
    await game.suspend()
    await game.until(lambda: game.told("reentry"), 60)

    assert "token of system:serviceaccount:staging:releaser" in game.told("reentry")[0]
    assert "finds that the token of system:serviceaccount:shop:deployer opens nothing any more" in game.told("lost")


async def test_an_isolated_pod_is_lost_to_him_and_its_replacement_is_not(game: Game) -> None:
    name = game.pods("shop", "metrics-proxy")[0]
    policy = {"podSelector": {"matchLabels": {"q": "1"}}, "policyTypes": ["Ingress", "Egress"]}
    body = {"metadata": {"name": "q"}, "spec": policy}
    await game.send("POST", "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies", body)
    labels = {"app": None, "pod-template-hash": None, "q": "1"}
    await game.send("PATCH", f"/api/v1/namespaces/shop/pods/{name}", {"metadata": {"labels": labels}})

    await game.until(lambda: game.told("returned"), 30)

    assert name in game.pods("shop", "metrics-proxy")


async def test_revoking_alone_leaves_what_already_runs(game: Game) -> None:
    await game.wait(12)
    await game.revoke()
    await game.until(lambda: len(game.told("lost")) == 2, 60)
    await game.wait(60)

    assert not game.drill.end
    assert game.drill.left() == ["Deployment shop/metrics-proxy runs"]


async def test_with_no_rights_and_nothing_running_he_gives_up(game: Game) -> None:
    await game.wait(12)
    await game.revoke()
    await game.suspend()

    await game.until(lambda: game.drill.finished, 200)

    assert game.drill.end == "gave up"
    assert game.drill.left() == []
    assert not game.told("reentry")


async def test_rights_given_back_too_early_let_him_in_again(game: Game) -> None:
    await game.wait(12)
    await game.revoke()
    await game.until(lambda: len(game.told("lost")) == 2, 60)
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
    subject = {"kind": "ServiceAccount", "name": "deployer", "namespace": "shop"}
    body = {"metadata": {"name": "back"}, "roleRef": ref, "subjects": [subject]}
    await game.send("POST", f"{_BINDINGS}/namespaces/staging/rolebindings", body)
    await game.suspend()

    await game.until(lambda: game.told("reentry"), 90)

    assert "staging/" in game.told("reentry")[0]


async def test_time_runs_out(game: Game) -> None:
    await game.wait(12)
    await game.revoke()

    await game.until(lambda: game.drill.end, 1400)

    assert game.drill.end == "time is up"
