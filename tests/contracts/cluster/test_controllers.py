"""What controllers do after a write: replace, scale, collect, evict."""

from __future__ import annotations

from typing import Any

from tests.contracts.cluster.ground import Ground
from tests.contracts.cluster.objects import budget, cron_job, deployment, pod


async def _running(ground: Ground, count: int, app: str = "web") -> list[dict[str, Any]]:
    """Waits until exactly so many pods of the workload run."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        pods = await ground.items("Pod", (("labelSelector", f"app={app}"),))
        found[:] = [one for one in pods if one["status"].get("phase") == "Running"]
        return len(found) == len(pods) == count

    await ground.until(there, f"{count} running pods of {app}")
    return found


async def test_a_pod_comes_to_run_on_a_node(cluster_under_test: Ground) -> None:
    await cluster_under_test.create(pod("web"))

    [running] = await _running(cluster_under_test, 1)

    assert running["spec"]["nodeName"]
    assert running["status"]["podIP"]


async def test_a_deployment_makes_a_replica_set_that_makes_pods(cluster_under_test: Ground) -> None:
    made = await cluster_under_test.create(deployment("web"))
    pods = await _running(cluster_under_test, 2)

    [replica_set] = await cluster_under_test.items("ReplicaSet")
    [owner] = replica_set["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("Deployment", made["metadata"]["uid"], True)
    assert {one["metadata"]["ownerReferences"][0]["uid"] for one in pods} == {replica_set["metadata"]["uid"]}


async def test_a_deleted_pod_of_a_replica_set_is_replaced_by_another(cluster_under_test: Ground) -> None:
    await cluster_under_test.create(deployment("web", 1))
    [before] = await _running(cluster_under_test, 1)

    await cluster_under_test.delete("Pod", before["metadata"]["name"], gracePeriodSeconds=0)

    async def replaced() -> bool:
        pods = await cluster_under_test.items("Pod")
        return len(pods) == 1 and pods[0]["metadata"]["uid"] != before["metadata"]["uid"]

    await cluster_under_test.until(replaced, "a new pod in place of the deleted one")


async def test_a_pod_that_lost_its_labels_is_released_and_replaced(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(deployment("web", 1))
    [before] = await _running(ground, 1)
    name = before["metadata"]["name"]

    await ground.patch("Pod", name, {"metadata": {"labels": {"app": None, "pod-template-hash": None}}})
    [after] = await _running(ground, 1)

    async def orphaned() -> bool:
        pod_now = await ground.get("Pod", name)
        return pod_now is not None and not pod_now["metadata"].get("ownerReferences")

    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    await ground.until(orphaned, "the released pod without an owner")


async def test_scaling_to_zero_deletes_the_pods_and_back_makes_new_ones(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(deployment("web"))
    await _running(ground, 2)
    scale = ground.path("Deployment", "web", "scale")

    before = ground.read(await ground.send("GET", scale))
    ground.read(await ground.send("PATCH", scale, {"spec": {"replicas": 0}}, (), "application/merge-patch+json"))
    await _running(ground, 0)
    now = await ground.get("Deployment", "web")
    ground.read(await ground.send("PATCH", scale, {"spec": {"replicas": 2}}, (), "application/merge-patch+json"))
    await _running(ground, 2)

    assert (before["kind"], before["spec"]["replicas"]) == ("Scale", 2)
    assert now is not None
    assert now["spec"]["replicas"] == 0


async def test_deleting_an_owner_collects_what_it_owns(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(deployment("web"))
    await _running(ground, 2)

    await ground.delete("Deployment", "web", propagationPolicy="Background")

    async def all_gone() -> bool:
        return not (await ground.items("ReplicaSet") or await ground.items("Pod"))

    await ground.until(all_gone, "replica set and pods collected")


async def test_deleting_an_owner_as_orphan_keeps_what_it_owns(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(deployment("web", 1))
    [before] = await _running(ground, 1)

    await ground.delete("Deployment", "web", propagationPolicy="Orphan")

    async def orphaned() -> bool:
        sets = await ground.items("ReplicaSet")
        return await ground.get("Deployment", "web") is None and not sets[0]["metadata"].get("ownerReferences")

    await ground.until(orphaned, "a replica set without owner")
    assert (await ground.items("Pod"))[0]["metadata"]["uid"] == before["metadata"]["uid"]


async def test_an_eviction_deletes_a_pod(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(pod("web"))
    await _running(ground, 1)

    reply = await ground.send("POST", ground.path("Pod", "web", "eviction"), _eviction("web"))

    async def gone() -> bool:
        return await ground.get("Pod", "web") is None

    assert reply.status == 201
    await ground.until(gone, "the evicted pod is gone")


async def test_an_eviction_that_breaks_a_budget_is_429(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(pod("web"), budget("keep", {"app": "web"}, 1))
    await _running(ground, 1)

    async def counted() -> bool:
        found = await ground.get("PodDisruptionBudget", "keep")
        return found is not None and found.get("status", {}).get("currentHealthy") == 1

    await ground.until(counted, "the budget counts the pod")
    reply = await ground.send("POST", ground.path("Pod", "web", "eviction"), _eviction("web"))

    assert reply.status == 429
    assert b"DisruptionBudget" in reply.body
    assert await ground.get("Pod", "web")


async def test_a_cron_job_can_be_suspended_and_resumed(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(cron_job("nightly"))

    off = ground.read(await ground.patch("CronJob", "nightly", {"spec": {"suspend": True}}))
    on = ground.read(await ground.patch("CronJob", "nightly", {"spec": {"suspend": False}}))

    assert (off["spec"]["suspend"], on["spec"]["suspend"]) == (True, False)


async def test_a_node_can_be_cordoned_and_freed(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    nodes = ground.read(await ground.send("GET", "/api/v1/nodes"))["items"]
    path = f"/api/v1/nodes/{nodes[0]['metadata']['name']}"
    merge = "application/merge-patch+json"

    off = ground.read(await ground.send("PATCH", path, {"spec": {"unschedulable": True}}, (), merge))
    on = ground.read(await ground.send("PATCH", path, {"spec": {"unschedulable": None}}, (), merge))

    assert off["spec"]["unschedulable"] is True
    assert not on["spec"].get("unschedulable")


def _eviction(name: str) -> dict[str, Any]:
    return {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
