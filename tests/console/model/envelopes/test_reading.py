"""Records of API servers, shippers and clouds become the same events; what is none is an error in words."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from console.errors import DataError
from console.model.audit import AuditEvent
from console.model.envelopes.reading import LINE_LIMIT, read_record
from tests.console.rules.events import whole

EVENT = whole(
    {
        "verb": "create",
        "auditID": "a",
        "objectRef": {"resource": "pods", "namespace": "shop"},
        "requestObject": {"kind": "Pod"},
    }
)
TEXT = json.dumps(EVENT)


def events_of(record: bytes, form: str = "auto", limit: int = LINE_LIMIT) -> list[AuditEvent]:
    """The signals of a record, which are audit events and nothing else."""
    found = read_record(record, form, limit)
    events = [one for one in found if isinstance(one, AuditEvent)]
    assert events == found
    return events


def _wrapped() -> dict[str, Any]:
    return {
        "bare": EVENT,
        "list": {"kind": "EventList", "items": [EVENT]},
        "array": [EVENT],
        "shipper's field": {"log_processed": EVENT, "stream": "stdout"},
        "text in a field": {"log": TEXT + "\n", "time": "x"},
        "line of the container runtime": {"log": f"2026-11-23T07:00:00Z stdout F {TEXT}"},
        "CloudWatch record": {"timestamp": 1, "message": TEXT},
        "CloudWatch subscription": {"logGroup": "/aws/eks/x/cluster", "logEvents": [{"id": "1", "message": TEXT}]},
        "Azure Monitor stream": {"category": "kube-audit", "properties": {"log": TEXT, "pod": "x"}},
        "Azure Monitor batch": {"records": [{"category": "kube-audit", "properties": {"log": TEXT}}]},
        "AzureDiagnostics": {"Category": "kube-audit", "log_s": TEXT},
        "extra fields of a shipper": EVENT | {"@timestamp": "x", "kubernetes": {"host": "n1"}, "log_type": 3},
        "nulls where there should be nothing": EVENT
        | {"impersonatedUser": None, "sourceIPs": None, "annotations": None},
        "a code as text": EVENT | {"responseStatus": {"code": "201"}},
    }


@pytest.mark.parametrize("name", list(_wrapped()))
def test_every_envelope_gives_the_event(name: str) -> None:
    (event,) = events_of(json.dumps(_wrapped()[name]).encode())
    assert (event.audit_id, event.verb, event.user.username) == ("a", "create", "jane")
    assert event.object_ref is not None
    assert event.object_ref.resource == "pods"
    assert msgspec.json.decode(event.request_object) == {"kind": "Pod"}


@pytest.mark.parametrize("version", ["v1alpha1", "v1beta1", "v9"])
def test_an_event_of_another_version_is_read_as_far_as_it_says_the_same(version: str) -> None:
    """Fields that are new are passed over: an API server that was upgraded must not become invisible."""
    other = EVENT | {"apiVersion": f"audit.k8s.io/{version}", "newField": {"a": [1]}, "level": "Everything"}
    (event,) = events_of(json.dumps(other).encode())
    assert (event.audit_id, event.verb, event.user.username) == ("a", "create", "jane")


def test_an_event_of_a_version_that_says_it_otherwise_is_an_error_not_silence() -> None:
    other = {"kind": "Event", "apiVersion": "audit.k8s.io/v9", "id": "a", "action": "create", "who": "jane"}
    with pytest.raises(DataError, match="neither an audit event"):
        events_of(json.dumps(other).encode())


def test_a_table_row_of_aks_is_read() -> None:
    row = {
        "AuditId": "a", "Verb": "get", "Stage": "ResponseComplete", "User": json.dumps(EVENT["user"]),
        "ObjectRef": {"resource": "secrets"}, "ResponseStatus": '{"code": 403}', "SourceIps": '["10.0.0.7"]',
        "RequestUri": "/api/v1/secrets", "RequestObject": "skipped-too-big-size-object",
        "RequestReceivedTime": "2026-11-23T07:00:00Z",
    }  # fmt: skip
    (event,) = events_of(json.dumps(row).encode())
    assert (event.user.username, event.source_ips, bytes(event.request_object)) == ("jane", ["10.0.0.7"], b"")
    assert event.response_status is not None
    assert event.response_status.code == 403


ARC, MANAGED = "MICROSOFT.KUBERNETES/CONNECTEDCLUSTERS", "Microsoft.ContainerService/managedClusters"
RBAC = "rbac.authorization.k8s.io"


def activity(operation: str, **more: Any) -> dict[str, Any]:
    """A record as Azure's activity log exports it."""
    return {
        "time": "2026-11-23T07:00:00.0000000Z",
        "resourceId": "/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.KUBERNETES/CONNECTEDCLUSTERS/C",
        "operationName": operation,
        "category": "Administrative",
        "resultType": "Success",
        "resultSignature": "Succeeded.",
        "callerIpAddress": "198.51.100.7",
        "correlationId": "c-1",
        "identity": {"claims": {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "ana@example.org"}},
        **more,
    }


@pytest.mark.parametrize(
    ("operation", "verb", "group", "resource", "sub"),
    [
        (f"{ARC}/RBAC.AUTHORIZATION.K8S.IO/ROLEBINDINGS/WRITE", "create", RBAC, "rolebindings", ""),
        (f"{MANAGED}/rbac.authorization.k8s.io/clusterroles/delete", "delete", RBAC, "clusterroles", ""),
        (f"{ARC}/RBAC.AUTHORIZATION.K8S.IO/ROLES/ESCALATE/ACTION", "escalate", RBAC, "roles", ""),
        (f"{ARC}/BATCH/CRONJOBS/WRITE", "create", "batch", "cronjobs", ""),
        (f"{ARC}/EVENTS.K8S.IO/EVENTS/DELETE", "delete", "events.k8s.io", "events", ""),
        (f"{ARC}/SECRETS/READ", "get", "", "secrets", ""),
        (f"{ARC}/PODS/EXEC/ACTION", "create", "", "pods", "exec"),
        (f"{ARC}/SERVICEACCOUNTS/IMPERSONATE/ACTION", "impersonate", "", "serviceaccounts", ""),
        (f"{ARC}/APPS/DEPLOYMENTS/SCALE/WRITE", "create", "apps", "deployments", "scale"),
    ],
)  # fmt: skip
def test_an_activity_record_of_azure_tells_the_request(
    operation: str, verb: str, group: str, resource: str, sub: str
) -> None:
    (event,) = events_of(json.dumps(activity(operation)).encode())

    assert event.object_ref is not None
    on = event.object_ref
    assert (event.verb, on.api_group, on.resource, on.subresource) == (verb, group, resource, sub)
    assert (event.user.username, event.source_ips, event.stage) == (
        "ana@example.org",
        ["198.51.100.7"],
        "ResponseComplete",
    )


def test_the_other_shapes_of_an_activity_record_are_read() -> None:
    operation = f"{MANAGED}/secrets/write"
    rest = {
        "operationName": {"value": operation, "localizedValue": "x"},
        "status": {"value": "Failed"},
        "subStatus": {"value": "Forbidden"},
        "caller": "ana@example.org",
        "httpRequest": {"clientIpAddress": "198.51.100.7", "method": "PATCH"},
        "eventTimestamp": "2026-11-23T07:00:00Z",
        "resourceId": f"/subscriptions/s/resourceGroups/r/providers/{MANAGED}/c/namespaces/shop/secrets/db",
    }
    table = {"OperationNameValue": operation, "Caller": "ana@example.org", "ActivityStatusValue": "Success"}

    ((one,), (two,)) = (events_of(json.dumps(record).encode(), "aks") for record in (rest, table))

    assert one.object_ref is not None
    assert (one.verb, one.object_ref.namespace, one.object_ref.name) == ("patch", "shop", "db")
    assert one.response_status is not None
    assert one.response_status.code == 403
    assert (two.verb, two.user.username) == ("create", "ana@example.org")


def test_a_request_that_only_began_is_no_second_one_and_what_is_about_the_cluster_itself_is_none() -> None:
    (begun,) = events_of(json.dumps(activity(f"{ARC}/PODS/WRITE", resultType="Start")).encode())

    assert begun.stage == "RequestReceived"
    for operation in (
        f"{MANAGED}/WRITE",
        f"{MANAGED}/agentPools/write",
        f"{MANAGED}/listClusterAdminCredential/action",
    ):
        with pytest.raises(DataError, match="neither an audit event"):
            events_of(json.dumps(activity(operation)).encode())


def test_an_entry_of_google_is_read_in_the_words_of_the_api_server() -> None:
    entry = {
        "insertId": "i",
        "timestamp": "2026-11-23T07:00:00.5Z",
        "labels": {"authorization.k8s.io/decision": "allow"},
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "serviceName": "k8s.io",
            "methodName": "io.k8s.core.v1.pods.exec.create",
            "resourceName": "core/v1/namespaces/shop/pods/web/exec",
            "authenticationInfo": {"principalEmail": "eve@example.org"},
            "requestMetadata": {"callerIp": "203.0.113.9", "callerSuppliedUserAgent": "kubectl/v1.33"},
            "request": {"@type": "core.k8s.io/v1.PodExecOptions", "command": ["sh"]},
        },
    }
    (event,) = events_of(json.dumps(entry).encode())
    on = event.object_ref
    assert on is not None
    assert (event.verb, on.resource, on.subresource, on.namespace, on.name) == ("create", "pods", "exec", "shop", "web")
    assert (event.user.username, event.source_ips, event.audit_id) == ("eve@example.org", ["203.0.113.9"], "i")


def test_a_refusal_of_google_is_a_403() -> None:
    payload = {
        "serviceName": "k8s.io", "methodName": "io.k8s.core.v1.secrets.list", "resourceName": "core/v1/secrets",
        "status": {"code": 7, "message": "Forbidden"},
    }  # fmt: skip
    (event,) = events_of(json.dumps({"protoPayload": payload}).encode())
    assert event.response_status is not None
    assert event.response_status.code == 403


def test_where_google_names_no_method_the_permission_tells() -> None:
    payload = {
        "resourceName": "rbac.authorization.k8s.io/v1/clusterrolebindings/x",
        "authorizationInfo": [
            {"permission": "io.k8s.authorization.rbac.v1.clusterrolebindings.create", "granted": True}
        ],
    }
    (event,) = events_of(json.dumps({"protoPayload": payload}).encode())
    assert event.object_ref is not None
    assert (event.verb, event.object_ref.api_group, event.object_ref.name) == (
        "create",
        "rbac.authorization.k8s.io",
        "x",
    )


@pytest.mark.parametrize(
    "record",
    [b"", b"x", b"{", b"3", b'{"kind": 0}', b'{"verb": "get"}', b"\xff\xff", b'{"message": "hello"}', b"[[[]]]"],
)
def test_what_is_no_event_is_an_error_in_words(record: bytes) -> None:
    with pytest.raises(DataError):
        events_of(record)


def test_an_empty_list_is_no_error() -> None:
    assert events_of(b'{"kind":"EventList","items":[]}') == []


def test_a_record_beyond_the_limit_is_refused_unread() -> None:
    with pytest.raises(DataError, match="more than 10"):
        events_of(b"x" * 11, limit=10)
