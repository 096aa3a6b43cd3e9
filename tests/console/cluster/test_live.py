"""A cluster as the engine sees it, on a real API server: watches, reviews, identity, rights that are missing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from console.cluster.connecting import connect
from console.cluster.live import LiveCluster
from console.cluster.options import ConnectOptions
from console.errors import ApiStatus, Refused
from console.model.action import Right
from console.model.objects import Event, Obj, Pod, SecretMeta, Workload
from console.model.ref import KINDS, ResourceRef
from console.ports.clock import SystemClock
from console.ports.cluster import Request, Subject
from tests.console.cluster.conftest import SECRET
from tests.console.cluster.faults import until
from tests.contracts.cluster.objects import deployment, pod
from tests.controlplane import ControlPlane


class Opened:
    """Opens clusters as some user, and closes them after the test."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self._plane = plane
        self._folder = folder
        self.made: list[LiveCluster] = []

    async def __call__(
        self, user: Any = "admin", namespaces: tuple[str, ...] = (), context_namespace: str = "", **more: Any
    ) -> LiveCluster:
        kubeconfig = self._plane.kubeconfig(user)
        if context_namespace:
            content = yaml.safe_load(kubeconfig.read_text())
            content["contexts"][0]["context"]["namespace"] = context_namespace
            kubeconfig = self._folder / "own.kubeconfig"
            kubeconfig.write_text(yaml.safe_dump(content))
            kubeconfig.chmod(0o600)
        options = ConnectOptions((kubeconfig,), self._folder, **more)
        cluster = LiveCluster(await connect(options, SystemClock()), SystemClock(), SECRET, namespaces)
        self.made.append(cluster)
        return cluster


@pytest.fixture
async def opened(controlplane: ControlPlane, tmp_path: Path) -> AsyncIterator[Opened]:
    opening = Opened(controlplane, tmp_path)
    yield opening
    for cluster in opening.made:
        await cluster.close()


def put(plane: ControlPlane, namespace: str, *objects: dict[str, Any]) -> None:
    for obj in objects:
        obj["metadata"]["namespace"] = namespace
    plane.apply(*objects)


def audited(plane: ControlPlane, condition: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    events = (json.loads(line) for line in plane.audit_log.read_text().splitlines() if line.endswith("}"))
    return [event for event in events if condition(event)]


async def test_every_kind_becomes_live(opened: Opened) -> None:
    cluster = await opened()
    for kind in KINDS:
        cluster.view(kind.kind)

    await until(lambda: {health.state for health in cluster.healths()} == {"live"}, 20)

    assert len(cluster.healths()) == len(KINDS)
    assert cluster.view("Namespace").get("", "kube-system")


async def test_changes_of_a_workload_are_told_as_they_happen(
    opened: Opened, controlplane: ControlPlane, namespace: str
) -> None:
    cluster = await opened()
    told: list[tuple[str, str]] = []

    def hear(verb: str, kind: str, obj: Obj, previous: Obj | None) -> None:
        if obj.metadata.namespace == namespace and kind in ("Pod", "Deployment"):
            told.append((verb, kind))

    cluster.listen(hear)
    pods, workloads = cluster.view("Pod"), cluster.view("Deployment")
    await until(lambda: pods.health.state == workloads.health.state == "live")
    put(controlplane, namespace, deployment("web", 1))
    await until(
        lambda: [one for one in pods.all(namespace) if isinstance(one, Pod) and one.status.phase == "Running"], 20
    )
    [running] = pods.all(namespace)
    controlplane.kubectl("delete", "deployment", "web", "-n", namespace)
    await until(lambda: not list(pods.all(namespace)), 20)

    assert isinstance(running, Pod)
    owner = running.metadata.controller
    assert owner is not None
    assert owner.kind == "ReplicaSet"
    assert running.spec.containers[0].image == "registry.example/app:1"
    assert running.status.pod_ip
    assert {field.manager for field in running.metadata.managed_fields or ()} >= {"controller-manager"}
    for kind in ("Pod", "Deployment"):  # each kind has a watch of its own: nothing orders one against the other
        assert next(verb for verb, of in told if of == kind) == "created"
    assert {("created", "Pod"), ("updated", "Pod"), ("deleted", "Pod"), ("deleted", "Deployment")} <= set(told)
    assert workloads.get(namespace, "web") is None


async def test_objects_have_what_checks_read(opened: Opened, controlplane: ControlPlane, namespace: str) -> None:
    put(controlplane, namespace, deployment("web", 1))
    cluster = await opened()
    workloads, events = cluster.view("Deployment"), cluster.view("Event")

    await until(lambda: workloads.get(namespace, "web") and list(events.all(namespace)), 20)

    found = workloads.get(namespace, "web")
    assert isinstance(found, Workload)
    assert found.spec.replicas == 1
    assert found.spec.template is not None
    assert found.spec.template.spec.service_account_name == "default"
    event = next(iter(events.all(namespace)))
    assert isinstance(event, Event)
    assert event.involved_object.name
    assert event.message


async def test_secrets_come_as_metadata_and_type_never_with_values(
    opened: Opened, controlplane: ControlPlane, namespace: str
) -> None:
    planted = "cGxhbnRlZC1zZWNyZXQtMQ=="
    token = {"name": "robot", "annotations": {"kubernetes.io/service-account.name": "default"}}
    put(
        controlplane,
        namespace,
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "data": {"password": planted}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": token, "type": "kubernetes.io/service-account-token"},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"password": planted}},
    )
    cluster = await opened()
    secrets, settings = cluster.view("Secret"), cluster.view("ConfigMap")

    await until(lambda: secrets.health.state == settings.health.state == "live")
    found = secrets.get(namespace, "db")
    robot = secrets.get(namespace, "robot")
    controlplane.kubectl("delete", "secret", "db", "-n", namespace)
    await until(lambda: secrets.get(namespace, "db") is None)

    assert isinstance(found, SecretMeta)
    assert found.metadata.annotations is None  # kubectl apply wrote the values into last-applied
    assert isinstance(robot, SecretMeta)
    assert (found.type, robot.type) == ("", "kubernetes.io/service-account-token")
    assert planted not in repr(list(secrets.all()) + list(settings.all()))
    assert settings.get(namespace, "settings")


async def test_an_account_without_rights_sees_forbidden_kinds_and_why(opened: Opened, namespace: str) -> None:
    cluster = await opened("responder", (namespace,))
    pods = cluster.view("Pod")

    await until(lambda: pods.health.state == "forbidden")

    assert 'User "responder" cannot list resource "pods"' in pods.health.why
    assert len(pods) == 0


async def test_rights_in_one_namespace_are_enough_to_watch_that(
    opened: Opened, controlplane: ControlPlane, namespace: str
) -> None:
    rules = [{"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["list", "watch"]}]
    controlplane.grant(rules, namespace=namespace)
    put(controlplane, namespace, pod("web"))
    cluster = await opened("responder", ("default", namespace))
    pods, services, secrets = cluster.view("Pod"), cluster.view("Service"), cluster.view("Secret")

    await until(lambda: pods.health.state == "live" and secrets.health.state == "live", 20)
    await until(lambda: pods.get(namespace, "web"))
    await until(lambda: services.health.state == "forbidden")

    assert pods.health.namespaces == (namespace,)
    assert services.health.namespaces == ()


async def test_without_names_every_namespace_we_may_list_is_looked_at(
    opened: Opened, controlplane: ControlPlane, namespace: str
) -> None:
    controlplane.grant([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}], namespace=namespace)
    controlplane.grant([{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]}], name="spaces")
    put(controlplane, namespace, pod("web"))
    cluster = await opened("responder")
    pods = cluster.view("Pod")

    await until(lambda: pods.get(namespace, "web"), 20)
    controlplane.ungrant("spaces")

    assert namespace in pods.health.namespaces
    assert "kube-system" not in pods.health.namespaces


async def test_where_namespaces_may_not_be_listed_that_of_the_context_is_looked_at(
    opened: Opened, controlplane: ControlPlane, namespace: str
) -> None:
    """Of the others nobody can know: the API server tells no one where his rights are."""
    controlplane.grant([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}], namespace=namespace)
    put(controlplane, namespace, pod("web"))
    there, elsewhere = await opened("responder", context_namespace=namespace), await opened("responder")
    pods, unseen = there.view("Pod"), elsewhere.view("Pod")

    await until(lambda: pods.get(namespace, "web"), 20)
    await until(lambda: unseen.health.state == "forbidden", 20)

    assert pods.health.namespaces == (namespace,)


async def test_impersonation_is_seen_by_the_server_and_its_rights_count(opened: Opened, namespace: str) -> None:
    cluster = await opened(as_user="junior", as_groups=("interns", "system:authenticated"))

    info = await cluster.identify()
    [may] = await cluster.review([Right("list", "pods", namespace=namespace)])

    assert (info.user, set(info.groups)) == ("junior", {"interns", "system:authenticated"})
    [behind] = info.behind
    assert (behind.user, "system:masters" in behind.groups) == ("admin", True)
    assert (may.allowed, may.error) == (False, "")


async def test_the_cluster_is_known_by_its_system_namespace(opened: Opened, controlplane: ControlPlane) -> None:
    cluster = await opened()
    before = cluster.info

    after = await cluster.identify()

    assert before.id.startswith("srv-")
    assert after.id == controlplane.get("namespace", "kube-system")["metadata"]["uid"]
    assert (after.version, after.user, after.skew) == ("v1.36.2", "admin", 0.0)
    assert "system:masters" in after.groups
    assert after.behind == ()


async def test_who_may_not_read_the_system_namespace_gets_an_id_of_server_and_authority(opened: Opened) -> None:
    first = await (await opened("responder")).identify()
    second = await (await opened("responder")).identify()

    assert first.id == second.id
    assert first.id.startswith("srv-")
    assert first.user == "responder"


async def test_reviews_answer_in_order_ours_and_others(
    opened: Opened, controlplane: ControlPlane, namespace: str
) -> None:
    controlplane.grant([{"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}], "bob", "bob-logs", namespace)
    cluster = await opened()
    rights = [Right("get", "pods/log", namespace=namespace), Right("get", "pods", namespace=namespace)] * 10

    ours = await cluster.review(rights)
    bobs = await cluster.review(rights, Subject("bob", ("system:authenticated",)))

    assert [ruling.right for ruling in bobs] == rights
    assert [ruling.allowed for ruling in ours] == [True] * 20
    assert [ruling.allowed for ruling in bobs] == [True, False] * 10


async def test_a_review_that_is_forbidden_says_so_and_claims_nothing(opened: Opened) -> None:
    cluster = await opened("responder")

    [ruling] = await cluster.review([Right("get", "pods")], Subject("bob"))

    assert not ruling.allowed
    assert "cannot create resource" in ruling.error


async def test_fetch_gives_the_whole_object_or_none_or_the_reason(
    opened: Opened, controlplane: ControlPlane, namespace: str
) -> None:
    put(controlplane, namespace, pod("web"))
    admin, responder = await opened(), await opened("responder")

    found = await admin.fetch(ResourceRef(kind="Pod", namespace=namespace, name="web"))
    missing = await admin.fetch(ResourceRef(kind="Pod", namespace=namespace, name="nobody"))

    assert found is not None
    assert found["spec"]["containers"][0]["terminationMessagePath"]
    assert missing is None
    with pytest.raises(ApiStatus, match="403 to get pods"):
        await responder.fetch(ResourceRef(kind="Pod", namespace=namespace, name="web"))


async def test_our_requests_are_recognised_in_the_audit_log_and_others_are_not(
    opened: Opened, controlplane: ControlPlane, namespace: str
) -> None:
    cluster = await opened()
    await cluster.send(Request("GET", f"/api/v1/namespaces/{namespace}/pods"))
    await cluster.review([Right("get", "pods", namespace=namespace)])
    controlplane.kubectl("get", "pods", "-n", namespace)

    def here(event: dict[str, Any]) -> bool:
        return str(event["requestURI"]).startswith(f"/api/v1/namespaces/{namespace}/pods")

    await until(lambda: len(audited(controlplane, here)) == 2)

    agents = {event["userAgent"].partition("/")[0]: event["auditID"] for event in audited(controlplane, here)}
    ours = agents.pop("client")
    assert cluster.owns(ours)
    assert [cluster.owns(other) for other in agents.values()] == [False]


async def test_a_write_without_a_journalled_id_is_not_sent(
    opened: Opened, controlplane: ControlPlane, namespace: str
) -> None:
    cluster = await opened()
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    body = json.dumps({"metadata": {"name": "robot"}}).encode()

    with pytest.raises(Refused, match="has no journalled Audit-ID and was not sent"):
        await cluster.send(Request("POST", path, body=body))
    dry = await cluster.send(Request("POST", path, (("dryRun", "All"),), body))
    real = await cluster.send(Request("POST", path, body=body, audit_id="11111111-2222-4333-8444-555555555555"))

    def written(event: dict[str, Any]) -> bool:
        return bool(event["auditID"] == "11111111-2222-4333-8444-555555555555")

    await until(lambda: audited(controlplane, written))
    assert (dry.status, real.status) == (201, 201)
    assert not cluster.owns("11111111-2222-4333-8444-555555555555")


async def test_logs_are_streamed_in_chunks(opened: Opened, controlplane: ControlPlane, namespace: str) -> None:
    put(controlplane, namespace, pod("web"))
    controlplane.kubectl("wait", "-n", namespace, "--for=condition=Ready", "pod/web", "--timeout=30s")
    cluster = await opened()

    async with cluster.stream(Request("GET", f"/api/v1/namespaces/{namespace}/pods/web/log"), 10) as (reply, chunks):
        text = b"".join([chunk async for chunk in chunks])

    assert reply.status == 200
    assert b"line of the current log" in text
