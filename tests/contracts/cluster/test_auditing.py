"""What a request leaves in the audit log: rules that find the attacker in the drill must find him on a real cluster.

Compared is what rules read. Who sent it differs (an administrator there, a responder here).
"""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from console.ports.cluster import Request
from tests.contracts.cluster.ground import MERGE, Ground
from tests.contracts.cluster.objects import account, pod, policy

_ALWAYS = {
    "kind",
    "apiVersion",
    "level",
    "auditID",
    "stage",
    "requestURI",
    "verb",
    "user",
    "sourceIPs",
    "userAgent",
    "responseStatus",
    "requestReceivedTimestamp",
    "stageTimestamp",
    "annotations",
}


async def _event(ground: Ground, method: str, path: str, body: Any = None, content_type: str = "") -> dict[str, Any]:
    mine = str(uuid.uuid4())
    path, _, query = path.partition("?")
    pairs = tuple((key, value) for key, _, value in (part.partition("=") for part in query.split("&") if part))
    await ground.send(method, path, body, pairs, content_type or "application/json", mine)
    return await ground.audited(mine)


async def test_a_create_carries_both_bodies_and_the_name(cluster_under_test: Ground) -> None:
    ground = cluster_under_test

    event = await _event(ground, "POST", ground.path("NetworkPolicy"), policy("wall", {"app": "web"}))

    assert set(event) == _ALWAYS | {"objectRef", "requestObject", "responseObject"}
    assert (event["level"], event["verb"], event["stage"]) == ("RequestResponse", "create", "ResponseComplete")
    assert event["objectRef"] == {
        "resource": "networkpolicies",
        "namespace": ground.namespace,
        "name": "wall",
        "apiGroup": "networking.k8s.io",
        "apiVersion": "v1",
    }
    assert event["requestObject"]["spec"]["podSelector"] == {"matchLabels": {"app": "web"}}
    assert len(event["responseObject"]["metadata"]["uid"]) == 36
    assert event["responseStatus"] == {"metadata": {}, "code": 201}
    assert set(event["annotations"]) == {"authorization.k8s.io/decision", "authorization.k8s.io/reason"}
    assert event["annotations"]["authorization.k8s.io/decision"] == "allow"


async def test_a_patch_carries_the_patch_itself(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(account("a"))
    body = {"metadata": {"labels": {"x": "1"}}}

    event = await _event(ground, "PATCH", ground.path("ServiceAccount", "a") + "?fieldManager=me", body, MERGE)

    assert (event["verb"], event["requestObject"]) == ("patch", body)
    assert event["requestURI"] == ground.path("ServiceAccount", "a") + "?fieldManager=me"
    assert event["responseObject"]["metadata"]["labels"] == {"x": "1"}


@pytest.mark.parametrize(
    ("path", "verb", "reference"),
    [
        ("/api/v1/secrets", "list", {"resource": "secrets", "apiVersion": "v1"}),
        ("/api/v1/nodes?limit=1", "list", {"resource": "nodes", "apiVersion": "v1"}),
        (
            "/api/v1/namespaces/kube-system",
            "get",
            {"resource": "namespaces", "namespace": "kube-system", "name": "kube-system", "apiVersion": "v1"},
        ),
        (
            "/apis/apps/v1/namespaces/kube-system/deployments",
            "list",
            {"resource": "deployments", "namespace": "kube-system", "apiGroup": "apps", "apiVersion": "v1"},
        ),
    ],
)
async def test_a_read_carries_metadata_only(
    cluster_under_test: Ground, path: str, verb: str, reference: dict[str, str]
) -> None:
    event = await _event(cluster_under_test, "GET", path)

    assert set(event) == _ALWAYS | {"objectRef"}
    assert (event["level"], event["verb"], event["objectRef"]) == ("Metadata", verb, reference)
    assert event["responseStatus"] == {"metadata": {}, "code": 200}


async def test_a_path_that_is_no_resource_has_no_reference(cluster_under_test: Ground) -> None:
    event = await _event(cluster_under_test, "GET", "/version")

    assert set(event) == _ALWAYS
    assert (event["verb"], event["requestURI"]) == ("get", "/version")


async def test_the_bodies_of_secrets_are_never_kept(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"a": "planted"}}

    event = await _event(ground, "POST", ground.path("Secret"), body)

    assert set(event) == _ALWAYS | {"objectRef"}
    assert event["level"] == "Metadata"
    assert "planted" not in json.dumps(event)


async def test_a_review_names_its_resource(cluster_under_test: Ground) -> None:
    body = {"spec": {"namespace": cluster_under_test.namespace}}

    event = await _event(cluster_under_test, "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body)

    assert event["verb"] == "create"
    assert event["objectRef"] == {
        "resource": "selfsubjectrulesreviews",
        "apiGroup": "authorization.k8s.io",
        "apiVersion": "v1",
    }


async def test_a_refusal_carries_the_status(cluster_under_test: Ground) -> None:
    ground = cluster_under_test

    event = await _event(ground, "DELETE", ground.path("Pod", "nobody"))

    assert event["responseStatus"]["code"] == 404
    assert event["responseStatus"]["reason"] == "NotFound"
    assert event["objectRef"]["name"] == "nobody"


async def test_a_deleted_collection_has_its_own_verb(cluster_under_test: Ground) -> None:
    ground = cluster_under_test

    event = await _event(ground, "DELETE", ground.path("Event"))

    assert (event["verb"], event["objectRef"]["resource"]) == ("deletecollection", "events")
    assert "name" not in event["objectRef"]


async def test_logs_are_a_subresource(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(pod("web"))

    event = await _event(ground, "GET", ground.path("Pod", "web", "log"))

    assert (event["verb"], event["objectRef"]["subresource"]) == ("get", "log")


async def test_a_watch_starts_and_ends(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    mine = str(uuid.uuid4())
    query = (("watch", "true"), ("timeoutSeconds", "20"))
    async with ground.transport.stream(Request("GET", ground.path("Pod"), query, audit_id=mine), 30.0):
        await ground.tick()

    event = await ground.audited(mine)

    assert (event["verb"], event["stage"], event["level"]) == ("watch", "ResponseComplete", "Metadata")
    assert event["responseStatus"]["code"] == 200
