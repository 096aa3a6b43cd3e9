"""`sa.revoke`, `sa.unrevoke` and `sa.replace` on a real API server: rights are asked of it, not of the objects."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.errors import BadInput, Refused
from console.model.action import Right
from console.model.ref import BY_KIND, ResourceRef
from console.model.verdict import Stage
from console.policy.rbac import account_groups, account_user
from console.ports.cluster import Subject
from tests.cluster.accounts import account, binding, group, role, sa, token_secret, user
from tests.cluster.acting import Acting
from tests.cluster.workloads import deployment

RBAC = "rbac.authorization.k8s.io"


@pytest.fixture
async def stolen(acting: Acting, namespace: str) -> AsyncIterator[ResourceRef]:
    """An account bound by name in two namespaces, as a plain user, through its namespace's group and cluster-wide, with
    a legacy token; others share its bindings."""
    other = f"{namespace}-b"
    await acting.make({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}})
    mine = sa(namespace, "stolen")
    await acting.make(
        account(namespace, "stolen"),
        account(namespace, "honest"),
        role(namespace, "read", ("get", "secrets"), ("list", "pods")),
        role(other, "write", ("create", "pods")),
        role(namespace, "exec", ("create", "pods/exec")),
        {
            **role(namespace, "wide", ("list", "secrets")),
            "kind": "ClusterRole",
            "metadata": {"name": f"wide-{namespace}"},
        },
        binding(namespace, "shared", "read", sa(namespace, "honest"), mine, user("alice")),
        binding(other, "far", "write", mine),
        binding(namespace, "as-user", "exec", user(account_user(namespace, "stolen"))),
        binding(namespace, "whole", "exec", group(f"system:serviceaccounts:{namespace}")),
        binding("", f"wide-{namespace}", f"wide-{namespace}", mine),
        token_secret(namespace, "old-token", "stolen"),
    )
    yield BY_KIND["ServiceAccount"].ref(namespace, "stolen")
    await acting.kubectl("delete", f"clusterrolebinding/wide-{namespace}", f"clusterrole/wide-{namespace}", check=False)
    await acting.kubectl("delete", "namespace", other, "--wait=false")


async def test_an_account_made_anew_since_the_plan_keeps_its_rights(
    acting: Acting, namespace: str, stolen: ResourceRef
) -> None:
    """The bindings are the same and name the account by name, yet it is not the one that was accused."""
    plan = await acting.plan("sa.revoke", stolen)
    await acting.kubectl("delete", "serviceaccount", "stolen", "-n", namespace)
    await acting.make(account(namespace, "stolen"))
    before = await _bindings(acting, namespace)
    now = ((await acting.get("ServiceAccount", namespace, "stolen")) or {})["metadata"]["uid"]

    outcome = await acting.run(plan)

    assert (outcome.stage, outcome.exit_code) == (Stage.REFUSED, 5)
    assert f"created again since the plan: uid {plan.target.uid} is now {now}" in outcome.text
    assert await _bindings(acting, namespace) == before


async def _may(acting: Acting, ref: ResourceRef, *rights: Right) -> list[bool]:
    subject = Subject(account_user(ref.namespace, ref.name), account_groups(ref.namespace))
    return [ruling.allowed for ruling in await acting.case.cluster.review(rights, subject)]


def _held(namespace: str) -> tuple[Right, ...]:
    return (
        Right("get", "secrets", "", namespace),
        Right("create", "pods", "", f"{namespace}-b"),
        Right("create", "pods/exec", "", namespace),
        Right("list", "secrets"),
    )


async def _legacy_token(acting: Acting, namespace: str) -> str:
    async def filled() -> bool:
        shown = await acting.kubectl("get", "secret", "old-token", "-n", namespace, "-o", "jsonpath={.data.token}")
        return bool(shown)

    await acting.until(filled, "the token is there")
    shown = await acting.kubectl("get", "secret", "old-token", "-n", namespace, "-o", "jsonpath={.data.token}")
    return base64.b64decode(shown).decode()


async def _accepted(acting: Acting, token: str) -> bool:
    """What the API server itself says to a token."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    shown = await acting.kubectl("create", "-f", "-", "-o", "jsonpath={.status.authenticated}", input=json.dumps(body))
    return shown == "true"


async def test_every_right_goes_and_comes_back_exactly(acting: Acting, namespace: str, stolen: ResourceRef) -> None:
    token = await _legacy_token(acting, namespace)
    assert await _may(acting, stolen, *_held(namespace)) == [True] * 4
    assert await _accepted(acting, token)
    before = await _bindings(acting, namespace)

    plan = await acting.plan("sa.revoke", stolen)
    assert sorted(step.call.ref.name for step in plan.steps) == sorted(
        ["shared", "far", "as-user", "whole", f"wide-{namespace}", "old-token"]
    )
    (line,) = [line for line in plan.blast if "goes as a group" in line]
    assert f"{namespace}/default, {namespace}/honest" in line
    outcome = await acting.run(plan, seconds=60)
    assert outcome.stage is Stage.EFFECTIVE, outcome
    assert outcome.exit_code == 0, outcome
    assert any("bound to pods" in line for line in outcome.limits)
    assert await _may(acting, stolen, *_held(namespace)) == [False] * 4
    shared = await acting.get("RoleBinding", namespace, "shared")
    assert [one["name"] for one in (shared or {})["subjects"]] == ["honest", "alice"]
    await acting.until(lambda: _refused(acting, token), "the legacy token is refused", seconds=20)

    _, undone = await acting.undo(plan, seconds=60)
    assert undone.stage is Stage.EFFECTIVE, undone
    assert await _bindings(acting, namespace) == before
    assert await _may(acting, stolen, *_held(namespace)) == [True] * 4
    await acting.until(lambda: _accepted(acting, token), "the legacy token works again", seconds=20)


async def _refused(acting: Acting, token: str) -> bool:
    return not await _accepted(acting, token)


async def _bindings(acting: Acting, namespace: str) -> dict[str, object]:
    found = {}
    for space in (namespace, f"{namespace}-b"):
        for one in await acting.listed("rolebindings", space):
            found[f"{space}/{one['metadata']['name']}"] = (one["roleRef"], one.get("subjects"))
    wide = await acting.get("ClusterRoleBinding", "", f"wide-{namespace}") or {}
    return {**found, "wide": (wide["roleRef"], wide["subjects"])}


async def test_the_kubectl_lines_take_the_same_rights(acting: Acting, namespace: str, stolen: ResourceRef) -> None:
    plan = await acting.plan("sa.revoke", stolen)
    for step in plan.steps:
        await acting.shell(step.call.kubectl)
    assert await _may(acting, stolen, *_held(namespace)) == [False] * 4


async def test_a_group_can_be_expanded_to_its_other_members(
    acting: Acting, namespace: str, stolen: ResourceRef
) -> None:
    plan = await acting.plan("sa.revoke", stolen, groups="expand")
    outcome = await acting.run(plan, seconds=60)
    assert outcome.stage is Stage.EFFECTIVE, outcome
    honest = BY_KIND["ServiceAccount"].ref(namespace, "honest")
    exec_right = Right("create", "pods/exec", "", namespace)
    assert await _may(acting, honest, exec_right) == [True]
    assert await _may(acting, stolen, exec_right) == [False]


async def test_a_group_that_is_left_keeps_it_from_being_effective(
    acting: Acting, namespace: str, stolen: ResourceRef
) -> None:
    plan = await acting.plan("sa.revoke", stolen, groups="leave")
    assert any("RoleBinding" in line and "stays" in line for line in plan.residual)
    await acting.runner.approve(plan.digest, acting.approval(plan))

    async def told() -> bool:
        outcome = acting.runner.outcome(plan.digest)
        return f"still allowed: create pods/exec in {namespace}" in outcome.residual and outcome.exit_code == 4

    await acting.until(told, "the right that is left is told")


async def test_a_binding_for_everybody_is_left_and_told(acting: Acting, namespace: str) -> None:
    await acting.make(
        account(namespace, "stolen"),
        role(namespace, "read", ("get", "secrets")),
        binding(namespace, "everybody", "read", group("system:authenticated")),
        binding(namespace, "own", "read", sa("", "stolen") | {"namespace": namespace}),
    )
    plan = await acting.plan("sa.revoke", BY_KIND["ServiceAccount"].ref(namespace, "stolen"))
    assert [step.call.ref.name for step in plan.steps] == ["own"]
    (line,) = [line for line in plan.residual if "everybody" in line]
    assert f"kubectl delete rolebinding everybody -n {namespace}" in line


async def test_rights_on_url_paths_are_reviewed_too(acting: Acting, namespace: str) -> None:
    rule = {"verbs": ["get"], "nonResourceURLs": ["/metrics"]}
    reader = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": f"m-{namespace}"},
        "rules": [rule],
    }
    bound = binding("", f"m-{namespace}", f"m-{namespace}", sa(namespace, "stolen"))
    await acting.make(account(namespace, "stolen"), reader, bound)
    target = BY_KIND["ServiceAccount"].ref(namespace, "stolen")
    try:
        assert await _may(acting, target, Right("get", "/metrics")) == [True]
        plan = await acting.plan("sa.revoke", target)
        assert plan.context_value()["held"][0]["resource"] == "/metrics"
        outcome = await acting.run(plan)
        assert outcome.stage is Stage.EFFECTIVE, outcome
        assert await _may(acting, target, Right("get", "/metrics")) == [False]
    finally:
        await acting.kubectl("delete", f"clusterrolebinding/m-{namespace}", f"clusterrole/m-{namespace}")


@pytest.mark.slow
async def test_an_account_hidden_in_a_binding_named_like_kubernetes_own_is_taken_out(
    acting: Acting, namespace: str
) -> None:
    hidden = f"system:hidden-{namespace}"
    await acting.make(account(namespace, "stolen"), binding("", hidden, "view", sa(namespace, "stolen")))
    target = BY_KIND["ServiceAccount"].ref(namespace, "stolen")
    try:
        await acting.until(lambda: _bound(acting, hidden), "the watch shows the binding")
        plan = await acting.plan("sa.revoke", target)
        assert "named like one of Kubernetes' own" in plan.protected
        outcome = await acting.run(plan, seconds=90)
        assert outcome.stage is Stage.EFFECTIVE, outcome
        assert await _may(acting, target, Right("list", "pods")) == [False]
        _, undone = await acting.undo(plan)
        assert undone.stage is Stage.EFFECTIVE, undone
    finally:
        await acting.kubectl("delete", "clusterrolebinding", hidden)


async def _bound(acting: Acting, name: str) -> bool:
    return acting.case.cluster.view("ClusterRoleBinding").get("", name) is not None


async def test_rights_that_come_back_make_it_ineffective_again(
    acting: Acting, namespace: str, stolen: ResourceRef
) -> None:
    plan = await acting.plan("sa.revoke", stolen)
    assert (await acting.run(plan, seconds=60)).stage is Stage.EFFECTIVE
    await acting.make(binding(namespace, "again", "read", sa(namespace, "stolen")))

    async def told() -> bool:
        outcome = acting.runner.outcome(plan.digest)
        return outcome.stage is Stage.ACCEPTED and any("RoleBinding" in line for line in outcome.residual)

    await acting.until(told, "the new binding is told")


async def test_a_binding_changed_since_keeps_the_change_when_rights_come_back(
    acting: Acting, namespace: str, stolen: ResourceRef
) -> None:
    plan = await acting.plan("sa.revoke", stolen)
    await acting.run(plan, seconds=60)
    await acting.make(binding(namespace, "shared", "read", sa(namespace, "honest"), user("bob")))
    await acting.kubectl("delete", "rolebinding", "far", "-n", f"{namespace}-b")
    undo, outcome = await acting.undo(plan, seconds=60)
    assert outcome.stage is Stage.EFFECTIVE, outcome
    assert any("was deleted since" in line for line in undo.warnings)
    shared = await acting.get("RoleBinding", namespace, "shared")
    assert {one["name"] for one in (shared or {})["subjects"]} == {"honest", "bob", "stolen"}
    assert await acting.get("RoleBinding", f"{namespace}-b", "far") is not None


async def test_open_requests_are_residual_and_no_audit_source_is_unverifiable(
    acting: Acting, namespace: str, stolen: ResourceRef
) -> None:
    acting.audit.streams = [("id", "watch", "secrets", "", 0.0)]
    plan = await acting.plan("sa.revoke", stolen)
    outcome = await acting.run(plan, seconds=60)
    assert outcome.residual == ("watch secrets is still open (x s)",)
    acting.audit.streams, acting.audit.state = [], ""
    acting.case.book.renew("open_streams")

    async def told() -> bool:
        return any("cannot be seen" in line for line in acting.runner.outcome(plan.digest).unverifiable)

    await acting.until(told, "blindness is told")


async def test_an_account_without_rights_is_refused(acting: Acting, namespace: str) -> None:
    await acting.make(account(namespace, "poor"))
    with pytest.raises(Refused, match="holds no rights"):
        await acting.plan("sa.revoke", BY_KIND["ServiceAccount"].ref(namespace, "poor"))


async def test_secret_values_are_in_no_evidence(acting: Acting, namespace: str, stolen: ResourceRef) -> None:
    token = await _legacy_token(acting, namespace)
    plan = await acting.plan("sa.revoke", stolen)
    await acting.run(plan, seconds=60)
    coded = base64.b64encode(token.encode())
    for blob in Path(acting.case.evidence.path).glob("??/*"):
        data = blob.read_bytes()
        assert coded not in data
        assert token.encode() not in data


async def test_an_account_is_replaced_under_a_new_name_after_its_rights_are_gone(
    acting: Acting, namespace: str, stolen: ResourceRef
) -> None:
    token = await _legacy_token(acting, namespace)
    await acting.make(deployment(namespace, "web", 1, "stolen"))
    with pytest.raises(Refused, match="still holds rights"):
        await acting.plan("sa.replace", stolen, name="fresh")
    await acting.run(await acting.plan("sa.revoke", stolen), seconds=60)
    with pytest.raises(Refused, match="must not be called stolen again"):
        await acting.plan("sa.replace", stolen, name="stolen")
    with pytest.raises(BadInput, match="needs the new account's name"):
        await acting.plan("sa.replace", stolen, name="Not A Name")
    plan = await acting.plan("sa.replace", stolen, name="fresh")
    assert any(f"kubectl set serviceaccount deployment web fresh -n {namespace}" in line for line in plan.warnings)
    outcome = await acting.run(plan)
    assert outcome.stage is Stage.EFFECTIVE, outcome
    assert await acting.get("ServiceAccount", namespace, "stolen") is None
    assert await acting.get("ServiceAccount", namespace, "fresh") is not None
    await acting.until(lambda: _refused(acting, token), "the old token is refused", seconds=20)
