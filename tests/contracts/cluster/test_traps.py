"""Where containment goes wrong on a real cluster, and must go wrong in the drill too."""

from __future__ import annotations

import json
from typing import Any

from console.ports.cluster import Request
from tests.contracts.cluster.ground import MERGE, Ground
from tests.contracts.cluster.objects import account, deployment, pod, pod_spec

_ABSENT = {"kubernetes.io/hostname": "no-such-node"}


def _workload(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod_spec()}
    body = {"selector": {"matchLabels": labels}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": body}


def _job(name: str) -> dict[str, Any]:
    spec = {**pod_spec(), "restartPolicy": "Never", "nodeSelector": _ABSENT}
    body = {"template": {"metadata": {"labels": {"app": name}}, "spec": spec}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": body}


async def _there(ground: Ground, app: str, count: int) -> list[dict[str, Any]]:
    """Waits until exactly so many pods with the label are there."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        found[:] = await ground.items("Pod", (("labelSelector", f"app={app}"),))
        return len(found) == count

    await ground.until(there, f"{count} pods of {app}")
    return found


async def test_a_detached_pod_of_a_stateful_set_keeps_its_ordinal_down(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(_workload("StatefulSet", "db", replicas=1, serviceName="db"))
    [before] = await _there(ground, "db", 1)
    labels = dict.fromkeys(before["metadata"]["labels"])

    ground.read(await ground.patch("Pod", "db-0", {"metadata": {"labels": labels}}))

    async def released() -> bool:
        now = await ground.get("Pod", "db-0")
        return now is not None and not now["metadata"].get("ownerReferences")

    await ground.until(released, "the pod released")
    for _ in range(4):
        await ground.tick()
    assert (await ground.get("Pod", "db-0") or {})["metadata"]["uid"] == before["metadata"]["uid"]

    await ground.delete("Pod", "db-0", gracePeriodSeconds=0)
    [after] = await _there(ground, "db", 1)
    assert after["metadata"]["name"] == "db-0"
    assert after["metadata"]["uid"] != before["metadata"]["uid"]


async def test_labels_put_back_are_adopted_and_one_pod_is_deleted(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(deployment("web", 1))
    [before] = await _there(ground, "web", 1)
    labels, name = before["metadata"]["labels"], before["metadata"]["name"]
    await ground.patch("Pod", name, {"metadata": {"labels": dict.fromkeys(labels)}})
    [replacement] = await _there(ground, "web", 1)
    assert replacement["metadata"]["name"] != name

    await ground.patch("Pod", name, {"metadata": {"labels": labels}})

    async def one_adopted() -> bool:
        pods = await ground.items("Pod")
        return len(pods) == 1 and bool(pods[0]["metadata"].get("ownerReferences"))

    await ground.until(one_adopted, "one of two pods deleted, the other owned")


async def test_a_daemon_set_with_an_impossible_node_has_no_pods(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(_workload("DaemonSet", "agent"))
    nodes = ground.read(await ground.send("GET", "/api/v1/nodes"))["items"]
    await _there(ground, "agent", len(nodes))

    body = {"spec": {"template": {"spec": {"nodeSelector": _ABSENT}}}}
    changed = ground.read(await ground.patch("DaemonSet", "agent", body))
    await _there(ground, "agent", 0)

    assert changed["metadata"]["generation"] == 2


async def test_a_daemon_set_puts_pods_on_a_cordoned_node_and_a_deployment_does_not(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    nodes = ground.read(await ground.send("GET", "/api/v1/nodes"))["items"]
    paths = [f"/api/v1/nodes/{node['metadata']['name']}" for node in nodes]
    try:
        for path in paths:
            ground.read(await ground.send("PATCH", path, {"spec": {"unschedulable": True}}, (), MERGE))
        await ground.create(_workload("DaemonSet", "agent"), deployment("web", 1))
        daemons = await _there(ground, "agent", len(nodes))
        [waiting] = await _there(ground, "web", 1)

        async def placed() -> bool:
            return all(
                [(await ground.get("Pod", one["metadata"]["name"]) or {})["spec"].get("nodeName") for one in daemons]
            )

        await ground.until(placed, "daemon pods on cordoned nodes")
        now = await ground.get("Pod", waiting["metadata"]["name"])
        assert now is not None
        assert not now["spec"].get("nodeName")
    finally:
        for path in paths:
            await ground.send("PATCH", path, {"spec": {"unschedulable": None}}, (), MERGE)


async def test_a_cordoned_node_is_tainted_and_a_freed_one_is_not(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    nodes = ground.read(await ground.send("GET", "/api/v1/nodes"))["items"]
    path = f"/api/v1/nodes/{nodes[0]['metadata']['name']}"

    async def taints() -> list[tuple[str, str]]:
        spec = ground.read(await ground.send("GET", path))["spec"]
        return [(taint["key"], taint["effect"]) for taint in spec.get("taints") or ()]

    async def tainted() -> bool:
        return ("node.kubernetes.io/unschedulable", "NoSchedule") in await taints()

    async def free() -> bool:
        return not await tainted()

    try:
        ground.read(await ground.send("PATCH", path, {"spec": {"unschedulable": True}}, (), MERGE))
        await ground.until(tainted, "the taint of a cordoned node")
    finally:
        ground.read(await ground.send("PATCH", path, {"spec": {"unschedulable": None}}, (), MERGE))
    await ground.until(free, "the taint gone")


async def test_a_suspended_job_loses_its_pods(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(_job("import"))
    await _there(ground, "import", 1)

    ground.read(await ground.patch("Job", "import", {"spec": {"suspend": True}}))

    await _there(ground, "import", 0)


async def test_a_deployment_that_is_paused_still_replaces_pods(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(deployment("web", 1))
    [before] = await _there(ground, "web", 1)
    ground.read(await ground.patch("Deployment", "web", {"spec": {"paused": True}}))

    await ground.delete("Pod", before["metadata"]["name"], gracePeriodSeconds=0)

    async def replaced() -> bool:
        pods = await ground.items("Pod")
        return len(pods) == 1 and pods[0]["metadata"]["uid"] != before["metadata"]["uid"]

    await ground.until(replaced, "a new pod although the deployment is paused")


async def test_the_default_account_comes_back_with_another_uid(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    before = await ground.get("ServiceAccount", "default")
    assert before is not None

    await ground.delete("ServiceAccount", "default")

    async def back() -> bool:
        now = await ground.get("ServiceAccount", "default")
        return now is not None and now["metadata"]["uid"] != before["metadata"]["uid"]

    await ground.until(back, "the default account made again")


async def test_a_pod_of_an_unknown_account_is_refused(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    body = pod("web")
    body["spec"]["serviceAccountName"] = "nobody"

    reply = await ground.send("POST", ground.path("Pod"), body)

    assert reply.status == 403
    assert json.loads(reply.body)["message"] == (
        f'pods "web" is forbidden: error looking up service account {ground.namespace}/nobody: '
        'serviceaccount "nobody" not found'
    )


async def test_a_scale_with_another_uid_or_an_old_version_conflicts(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(deployment("web", 0))
    scale = ground.path("Deployment", "web", "scale")
    other = "00000000-0000-4000-8000-000000000000"

    wrong = await ground.send("PATCH", scale, {"metadata": {"uid": other}, "spec": {"replicas": 1}}, (), MERGE)
    late = await ground.send("PATCH", scale, {"metadata": {"resourceVersion": "3"}, "spec": {"replicas": 1}}, (), MERGE)

    for reply in (wrong, late):
        status = json.loads(reply.body)
        assert (reply.status, status["reason"]) == (409, "Conflict")
    assert json.loads(wrong.body)["message"].startswith(
        'Operation cannot be fulfilled on deployments/scale.apps "web": Precondition failed: UID in precondition'
    )


async def test_a_role_of_a_binding_cannot_be_changed(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    head = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "reads"}}
    await ground.create({**head, "roleRef": reference, "subjects": []})

    reply = await ground.patch("RoleBinding", "reads", {"roleRef": {**reference, "name": "edit"}})

    assert reply.status == 422
    assert b"cannot change roleRef" in reply.body


async def test_metadata_alone_can_be_asked_for(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"a": "b"}})
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

    reply = await ground.transport.send(Request("GET", ground.path("Secret"), accept=accept))

    body = ground.read(reply)
    assert body["kind"] == "PartialObjectMetadataList"
    assert [sorted(item) for item in body["items"]] == [["apiVersion", "kind", "metadata"]]


async def test_a_watch_with_a_selector_tells_leaving_and_entering(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    start = ground.read(await ground.send("GET", ground.path("ServiceAccount")))["metadata"]["resourceVersion"]
    await ground.create({**account("a"), "metadata": {"name": "a", "labels": {"team": "red"}}})
    await ground.patch("ServiceAccount", "a", {"metadata": {"labels": {"team": "blue"}}})
    await ground.patch("ServiceAccount", "a", {"metadata": {"labels": {"team": "red"}}})

    query = (("watch", "true"), ("resourceVersion", start), ("labelSelector", "team=red"), ("timeoutSeconds", "20"))
    seen: list[str] = []
    async with ground.transport.stream(Request("GET", ground.path("ServiceAccount"), query), 30.0) as (_, chunks):
        async for chunk in chunks:
            seen += [json.loads(line)["type"] for line in chunk.splitlines() if line]
            if len(seen) >= 3:
                break

    assert seen == ["ADDED", "DELETED", "ADDED"]


async def test_events_of_one_object_are_found_by_its_uid(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(deployment("web", 1))
    [made] = await _there(ground, "web", 1)
    uid = made["metadata"]["uid"]

    async def told() -> bool:
        return bool(await ground.items("Event", (("fieldSelector", f"involvedObject.uid={uid}"),)))

    await ground.until(told, "an event about the pod")
    events = await ground.items("Event", (("fieldSelector", f"involvedObject.uid={uid}"),))
    assert {event["involvedObject"]["name"] for event in events} == {made["metadata"]["name"]}


async def test_a_field_the_server_does_not_index_is_refused(cluster_under_test: Ground) -> None:
    reply = await cluster_under_test.send(
        "GET", cluster_under_test.path("Pod"), query=(("fieldSelector", "spec.foo=1"),)
    )

    assert (reply.status, json.loads(reply.body)["message"]) == (400, "field label not supported: spec.foo")


async def test_the_logs_of_a_running_pod_are_lines_with_times(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(pod("web"))

    async def running() -> bool:
        return bool((await ground.get("Pod", "web") or {}).get("status", {}).get("phase") == "Running")

    await ground.until(running, "the pod runs")
    query = (("timestamps", "true"), ("tailLines", "1"))
    reply = await ground.send("GET", ground.path("Pod", "web", "log"), query=query)
    wrong = await ground.send("GET", ground.path("Pod", "web", "log"), query=(("container", "nobody"),))

    assert reply.status == 200
    assert reply.body.count(b"\n") == 1
    assert reply.body[:2] == b"20"
    assert (wrong.status, json.loads(wrong.body)["message"]) == (400, "container nobody is not valid for pod web")


async def test_what_no_server_has_is_404(cluster_under_test: Ground) -> None:
    no_group = await cluster_under_test.send("GET", "/apis/keda.sh/v1alpha1/scaledobjects")
    no_resource = await cluster_under_test.send("GET", "/api/v1/foos")

    assert (no_group.status, no_resource.status) == (404, 404)
    assert no_group.body == b"404 page not found\n"
    assert json.loads(no_resource.body)["reason"] == "NotFound"


async def test_our_audit_id_is_given_back(cluster_under_test: Ground) -> None:
    mine = "6c1d6f5e-8f3a-4b8e-9d51-0a6f7c2b1e44"

    reply = await cluster_under_test.send("GET", "/api/v1/nodes", audit_id=mine)

    assert reply.headers["audit-id"] == mine
