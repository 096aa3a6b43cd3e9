"""Steps carry the uid they are for, their exact bytes, and a command line that does the same."""

from __future__ import annotations

import json
import shlex

from console.actions.drafting import MERGE, create, delete, patch, rights_of
from console.model.action import Right
from console.model.ref import BY_KIND

OBJ = {"metadata": {"name": "web", "namespace": "shop", "uid": "u1"}, "spec": {"replicas": 2}}
DEPLOYMENT = BY_KIND["Deployment"].ref("shop", "web")
POLICY = BY_KIND["NetworkPolicy"].ref("shop", "p")


def test_a_patch_can_only_hit_the_object_it_was_planned_for() -> None:
    step = patch("m", DEPLOYMENT, OBJ, {"spec": {"replicas": 0}}, ("spec.replicas",), "scale", "scale")
    assert step.call.path == "/apis/apps/v1/namespaces/shop/deployments/web/scale"
    assert step.call.content_type == MERGE
    assert step.call.query == (("fieldManager", "m"),)
    assert step.call.body == b'{"metadata":{"uid":"u1"},"spec":{"replicas":0}}'
    assert step.pin is not None
    assert step.pin.ref.uid == "u1"


def test_the_command_line_of_a_patch_is_one_shell_line_with_the_same_body() -> None:
    step = patch("m", DEPLOYMENT, OBJ, {"metadata": {"labels": {"it's": None}}}, (), "label")
    words = shlex.split(step.call.kubectl)
    assert words[:6] == ["kubectl", "patch", "deployments.apps", "web", "-n", "shop"]
    assert json.loads(words[words.index("-p") + 1]) == json.loads(step.call.body)


def test_a_cluster_wide_object_has_no_namespace_on_its_line() -> None:
    node = {"metadata": {"name": "n", "uid": "u"}}
    step = patch("m", BY_KIND["Node"].ref("", "n"), node, {"spec": {"unschedulable": True}}, (), "cordon")
    assert "-n" not in shlex.split(step.call.kubectl)


def test_a_delete_names_the_uid_in_its_body_and_on_its_line() -> None:
    step = delete(BY_KIND["Pod"].ref("shop", "web", "u1"), None, "delete", grace=0)
    body = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": "u1"},
        "gracePeriodSeconds": 0,
    }
    assert json.loads(step.call.body) == body
    assert step.gone_ok
    assert "delete --raw /api/v1/namespaces/shop/pods/web -f -" in step.call.kubectl
    assert step.call.body.decode() in step.call.kubectl


def test_rights_are_those_of_the_writes_and_of_the_reads_before_them() -> None:
    steps = (
        patch("m", DEPLOYMENT, OBJ, {"spec": {"replicas": 0}}, ("spec.replicas",), "scale", "scale"),
        create("m", POLICY, {"kind": "NetworkPolicy"}, "create"),
    )
    assert rights_of(steps, Right("list", "pods", "", "shop")) == (
        Right("create", "networkpolicies", "networking.k8s.io", "shop"),
        Right("get", "deployments", "apps", "shop"),
        Right("list", "pods", "", "shop"),
        Right("patch", "deployments/scale", "apps", "shop"),
    )
