"""The responder's least rights: what a plan declares is enough to carry it out, and each one left out is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.model.action import Right
from console.model.plan import Plan
from console.model.ref import BY_KIND, ResourceRef
from console.model.verdict import Stage
from tests.cluster.accounts import account, binding, role, sa, token_secret
from tests.cluster.acting import Acting, Object, acting_on, ref_of
from tests.cluster.workloads import bare, deployment
from tests.controlplane import ControlPlane


@pytest.fixture
async def responder(controlplane: ControlPlane, tmp_path: Path) -> AsyncIterator[Acting]:
    """The layer as a user who may do nothing until a test grants it something."""
    folder = tmp_path / "responder"
    folder.mkdir()
    async with acting_on(controlplane, folder, "responder") as layer:
        yield layer
    await asyncio.to_thread(controlplane.ungrant)


def _rule(right: Right) -> Object:
    names = {"resourceNames": [right.name]} if right.name else {}
    return {"verbs": [right.verb], "apiGroups": [right.group], "resources": [right.resource], **names}


async def _grant(plane: ControlPlane, namespace: str, rights: tuple[Right, ...]) -> None:
    """Exactly these: the namespace's in a Role, the others in a ClusterRole."""
    nothing = [{"verbs": ["get"], "apiGroups": ["none.example"], "resources": ["nothing"]}]
    local = [_rule(right) for right in rights if right.namespace == namespace]
    wide = [_rule(right) for right in rights if right.namespace != namespace]
    await asyncio.to_thread(plane.grant, local or nothing, "responder", "granted", namespace)
    await asyncio.to_thread(plane.grant, wide or nothing, "responder")


async def _missing(acting: Acting, plan: Plan, expected: tuple[str, ...]) -> None:
    """Wait until the API server has taken over the roles, then hold preflight to it."""
    missing: tuple[str, ...] = ("not asked",)
    for _ in range(60):
        missing = (await acting.runner.preflight(plan)).missing
        if missing == expected:
            return
        await asyncio.sleep(0.1)
    assert missing == expected


async def _target(acting: Acting, namespace: str, action: str, *others: Acting) -> ResourceRef:
    if action == "sa.replace":
        await acting.make(account(namespace, "stolen"), deployment(namespace, "web", 0, "stolen"))
        return BY_KIND["ServiceAccount"].ref(namespace, "stolen")
    if action == "stream.cut":
        await acting.make(bare(namespace, "lone"))
        await acting.ready_pods(namespace, "app=lone", 1)
        for layer in (acting, *others):
            layer.audit.streams = [("1", "create", f"{namespace}/lone", "exec", 0.0)]
        return ResourceRef("", "", "User", "", "mallory")
    if action == "sa.revoke":
        await acting.make(
            account(namespace, "stolen"),
            role(namespace, "read", ("get", "secrets")),
            binding(namespace, "read", "read", sa(namespace, "stolen")),
            token_secret(namespace, "old", "stolen"),
        )
        return BY_KIND["ServiceAccount"].ref(namespace, "stolen")
    if action == "workload.suspend":
        await acting.make(deployment(namespace, "web", 1))
        await acting.ready_pods(namespace, "app=web", 1)
        return BY_KIND["Deployment"].ref(namespace, "web")
    await acting.make(bare(namespace, "lone"))
    (pod,) = await acting.ready_pods(namespace, "app=lone", 1)
    return ref_of(pod)


async def _able(responder: Acting, rights: tuple[Right, ...]) -> None:
    async def able() -> bool:
        return all(one.allowed for one in await responder.case.cluster.review(rights))

    await responder.until(able, "the grants hold")


async def _each_left_out_is_named(responder: Acting, namespace: str, plan: Plan) -> None:
    """Leaves the responder with exactly the plan's rights."""
    plane, rights = responder.controlplane, plan.rights
    for left_out in rights:
        await _grant(plane, namespace, tuple(right for right in rights if right != left_out))
        await _missing(responder, plan, (str(left_out),))
    await _grant(plane, namespace, rights)
    await _missing(responder, plan, ())


async def _carried_out(responder: Acting, plan: Plan) -> None:
    """Approve, and hold the API server to having taken every write."""
    await responder.runner.approve(plan.digest, responder.approval(plan))
    over = (Stage.REFUSED, Stage.FAILED, Stage.PARTIAL)

    async def done() -> bool:
        state = responder.case.state.actions[plan.digest]
        return responder.runner.outcome(plan.digest).stage in over or len(state.effects) >= len(plan.steps)

    await responder.until(done, "all writes are answered")
    outcome = responder.runner.outcome(plan.digest)
    assert outcome.stage not in over, outcome
    statuses = {effect.status for effect in responder.case.state.actions[plan.digest].effects.values()}
    assert statuses <= {200, 201}


_ACTIONS = ("evidence.pod", "pod.quarantine", "pod.delete", "workload.suspend", "sa.revoke", "sa.replace", "stream.cut")
_PARAMS = {"sa.replace": {"name": "fresh"}}


@pytest.mark.slow
@pytest.mark.parametrize("action", _ACTIONS)
async def test_declared_rights_are_enough_and_each_one_left_out_is_named(
    acting: Acting, responder: Acting, namespace: str, action: str
) -> None:
    """`node.cordon` has its own, in tests/console/actions/test_cordon.py."""
    target, params = await _target(acting, namespace, action, responder), _PARAMS.get(action, {})
    rights = (await acting.plan(action, target, **params)).rights
    await _grant(acting.controlplane, namespace, rights)
    await _able(responder, rights)
    plan = await responder.plan(action, target, **params)
    assert set(plan.rights) <= set(rights)
    await _each_left_out_is_named(responder, namespace, plan)
    await _carried_out(responder, plan)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("action", "mode"),
    [("pod.quarantine", "network"), ("pod.quarantine", "reattach"), ("workload.suspend", ""), ("sa.revoke", "")],
)
async def test_rights_of_an_undo_are_enough_and_each_one_left_out_is_named(
    acting: Acting, responder: Acting, namespace: str, action: str, mode: str
) -> None:
    target = await _target(acting, namespace, action)
    if action == "pod.quarantine":  # one that its owner takes back
        await acting.make(deployment(namespace, "web", 1))
        target = ref_of((await acting.ready_pods(namespace, "app=web", 1))[0])
    await asyncio.to_thread(acting.controlplane.grant, [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}])
    plan = await responder.plan(action, target)
    await _able(responder, plan.rights)
    await _carried_out(responder, plan)
    if mode == "reattach":
        await acting.ready_pods(namespace, "app=web", 1)

    undo = await responder.runner.plan_undo(plan.digest, mode)
    assert undo.steps
    await _each_left_out_is_named(responder, namespace, undo)
    await _carried_out(responder, undo)
