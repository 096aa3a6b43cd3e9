"""The responder's connection to the simulated cluster."""

from __future__ import annotations

import json

import pytest

from console.errors import Unreachable
from console.ports.cluster import Request
from tests.console.drill.lab import Lab


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/shop/pods/db-0/exec",
        "/api/v1/namespaces/shop/serviceaccounts/web/token",
        "/api/v1/namespaces/shop/pods/db-0/portforward",
        "/apis/coordination.k8s.io/v1/leases",
        "/apis/authentication.k8s.io/v1/tokenreviews",
    ],
)
async def test_what_the_drill_does_not_play_is_501_and_says_so(lab: Lab, path: str) -> None:
    reply = await lab.transport.send(Request("POST", path, body=b"{}"))

    status = json.loads(reply.body)
    assert (reply.status, status["kind"], status["reason"]) == (501, "Status", "NotImplemented")
    assert "does not play" in status["message"]


async def test_the_responder_may_write_by_a_binding_that_is_in_the_cluster(lab: Lab) -> None:
    before = await lab.transport.send(Request("DELETE", "/api/v1/namespaces/shop/pods/db-0"))
    lab.send("DELETE", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/ir-team")
    after = await lab.transport.send(Request("DELETE", "/api/v1/namespaces/shop/pods/db-0"))

    assert (before.status, after.status) == (200, 403)
    assert json.loads(after.body)["message"] == (
        'pods "db-0" is forbidden: User "responder" cannot delete resource "pods" in API group "" in the namespace '
        '"shop"'
    )


async def test_an_outage_is_unreachable_with_its_reason(lab: Lab) -> None:
    lab.transport.offline = "practice of an outage"

    with pytest.raises(Unreachable, match="practice of an outage"):
        await lab.transport.send(Request("GET", "/version"))


async def test_every_request_of_ours_stands_in_the_audit_log_with_its_id(lab: Lab) -> None:
    await lab.transport.send(Request("GET", "/api/v1/namespaces/shop/secrets", audit_id="0f3c"))

    event = lab.events()[-1]
    assert (event["auditID"], event["verb"], event["user"]["username"]) == ("0f3c", "list", "responder")
    assert event["objectRef"] == {"resource": "secrets", "namespace": "shop", "apiVersion": "v1"}
    assert (event["level"], event["stage"], event["responseStatus"]["code"]) == ("Metadata", "ResponseComplete", 200)
    assert event["annotations"]["authorization.k8s.io/reason"].startswith(
        'RBAC: allowed by ClusterRoleBinding "ir-team"'
    )


async def test_a_stream_that_is_no_watch_gives_the_whole_answer(lab: Lab) -> None:
    request = Request("GET", "/api/v1/namespaces/shop/pods/db-0/log")
    async with lab.transport.stream(request, 5.0) as (reply, chunks):
        text = b"".join([chunk async for chunk in chunks])

    assert reply.status == 200
    assert b"checkpoint" in text
