"""Writes to the simulated cluster, beyond what the contract suite states of every cluster."""

from __future__ import annotations

from console.drill.callers import Caller
from tests.console.drill.lab import MERGE, Lab

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_POD = "/api/v1/namespaces/shop/pods/db-0"


def test_a_write_that_changes_nothing_is_no_change(lab: Lab) -> None:
    before = lab.patch(_POD, {"metadata": {"labels": {"app": "db"}}})
    after = lab.patch(_POD, {"metadata": {"labels": {"app": "db"}}})

    assert before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]


def test_managed_fields_tell_who_set_what_last(lab: Lab) -> None:
    path = "/apis/apps/v1/namespaces/shop/deployments/web"
    lab.send("PATCH", f"{path}?fieldManager=first", {"spec": {"replicas": 5}}, MERGE)
    second = lab.send("PATCH", f"{path}?fieldManager=second", {"spec": {"replicas": 0}}, MERGE).json()

    owners = {
        entry["manager"]: entry
        for entry in second["metadata"]["managedFields"]
        if "f:replicas" in entry["fieldsV1"].get("f:spec", {})
    }
    assert set(owners) == {"second"}
    assert (owners["second"]["operation"], owners["second"]["apiVersion"]) == ("Update", "apps/v1")
    assert second["metadata"]["generation"] == 3


def test_the_scale_subresource_is_named_in_managed_fields(lab: Lab) -> None:
    path = "/apis/apps/v1/namespaces/shop/deployments/web"
    lab.send("PATCH", f"{path}/scale?fieldManager=mine", {"spec": {"replicas": 0}}, MERGE)

    entries = lab.send("GET", path).json()["metadata"]["managedFields"]
    mine = next(entry for entry in entries if entry["manager"] == "mine")
    assert mine["subresource"] == "scale"


def test_a_pod_spec_cannot_be_rewritten(lab: Lab) -> None:
    reply = lab.send("PATCH", _POD, {"spec": {"hostNetwork": True}}, MERGE)

    assert (reply.status, reply.json()["reason"]) == (422, "Invalid")


def test_nobody_grants_what_they_do_not_hold(lab: Lab) -> None:
    dev = Caller("alice@shop.invalid", ("developers", "system:authenticated"))
    rules = [{"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterrolebindings"], "verbs": ["create"]}]
    lab.send("POST", f"{_RBAC}/clusterroles", {"metadata": {"name": "binder"}, "rules": rules})
    bind = {
        "metadata": {"name": "x"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "binder"},
        "subjects": [{"kind": "User", "name": dev.user}],
    }
    lab.send("POST", f"{_RBAC}/clusterrolebindings", bind)
    root = {**bind, "metadata": {"name": "y"}, "roleRef": {**bind["roleRef"], "name": "cluster-admin"}}  # type: ignore[dict-item]

    reply = lab.send("POST", f"{_RBAC}/clusterrolebindings", root, caller=dev)

    assert reply.status == 403
    assert reply.json()["message"] == (
        'clusterrolebindings.rbac.authorization.k8s.io "y" is forbidden: user "alice@shop.invalid" '
        '(groups=["developers" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n'
        '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}'
    )


def test_the_right_to_bind_goes_around_that(lab: Lab) -> None:
    account = Caller("system:serviceaccount:shop:deployer")
    body = {
        "metadata": {"name": "crown"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": "shop"}],
    }

    assert lab.send("POST", f"{_RBAC}/clusterrolebindings", body, caller=account).status == 201


def test_malformed_bodies_are_refused_in_the_servers_words(lab: Lab) -> None:
    pods = "/api/v1/namespaces/shop/pods"

    bad = lab.send("POST", pods, [])
    media = lab.send("PATCH", _POD, {}, "text/plain")
    unnamed = lab.send("POST", pods, {"spec": {"containers": [{"name": "a", "image": "b"}]}})
    label = lab.send("PATCH", _POD, {"metadata": {"labels": {"a": "b c"}}}, MERGE)
    apply_patch = lab.send("PATCH", _POD, {}, "application/apply-patch+yaml")

    assert [reply.status for reply in (bad, media, unnamed, label, apply_patch)] == [400, 415, 422, 422, 501]
    assert media.json()["message"] == "415: Unsupported Media Type"
