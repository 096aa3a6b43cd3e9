"""Actions that stop half-way on a real API server: what was done is named, owed, and put back exactly.

RBAC stops them: between two writes somebody takes a right that preflight and dry-run still had. The way back is gone by
the next engine over the same record, as after a restart.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from console.model.entry import Effect, Entry
from console.model.plan import Plan
from console.model.ref import BY_KIND, ResourceRef
from console.model.verdict import Outcome, Stage
from tests.cluster.accounts import account, binding, role, sa
from tests.cluster.acting import Acting, Object, acting_on, ref_of
from tests.cluster.workloads import deployment
from tests.controlplane import ControlPlane

RBAC, NET = "rbac.authorization.k8s.io", "networking.k8s.io"
READ = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}
ASK = {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]}
BIND = {"apiGroups": [RBAC], "resources": ["roles"], "verbs": ["bind"]}
Rule = tuple[str, str, str]
"""Verb, resource and API group."""


def taking(acting: Acting, namespace: str, rule: Rule, after: int) -> None:
    """Take the right when this step has been answered, and go on only when the API server knows."""
    plane, (verb, resource, group) = acting.controlplane, rule
    asked = ("auth", "can-i", verb, f"{resource}.{group}" if group else resource, "-n", namespace)

    def hear(entry: Entry) -> None:
        if isinstance(entry.record, Effect) and entry.record.step == after:
            plane.ungrant("taken", namespace)
            while plane.kubectl(*asked, user="responder", check=False).stdout.strip() != "no":
                pass

    acting.case.chronicle.listen(hear)


async def stopped(
    plane: ControlPlane, folder: Path, target: ResourceRef, action: str, taken: Rule, after: int, **params: str
) -> tuple[Plan, Outcome]:
    """Run an action as the responder, who loses a right after so many writes."""
    space = target.namespace

    def grant(name: str, rules: list[Rule]) -> None:
        named = [{"verbs": [verb], "resources": [resource], "apiGroups": [group]} for verb, resource, group in rules]
        plane.grant(named, "responder", name, space)

    kept: list[Rule] = [("create", "networkpolicies", NET), ("patch", "pods", ""), ("patch", "rolebindings", RBAC)]
    await asyncio.to_thread(plane.grant, [READ, ASK, BIND])
    await asyncio.to_thread(grant, "kept", [rule for rule in kept if rule != taken])
    await asyncio.to_thread(grant, "taken", [taken])
    try:
        async with acting_on(plane, folder, "responder") as responder:
            plan = await responder.plan(action, target, **params)
            taking(responder, space, taken, after)
            return plan, await responder.run(plan)
    finally:
        await asyncio.to_thread(plane.ungrant)


async def undone(plane: ControlPlane, folder: Path, plan: Plan, partial: Outcome, mode: str = "") -> Plan:
    """What is owed is exactly this; put back by the next engine, after which nothing is owed."""
    async with acting_on(plane, folder) as admin:
        assert admin.runner.outcome(plan.digest) == partial, "no fact makes whole what stopped half-way"
        assert [one.planned.digest for one in admin.case.state.open_undo()] == [plan.digest]
        undo, outcome = await admin.undo(plan, mode)
        assert outcome.stage is Stage.EFFECTIVE, outcome
        assert admin.case.state.open_undo() == []
        return undo


async def test_a_revocation_is_put_back_as_far_as_it_came(
    controlplane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    names = ("first", "second", "third")
    await asyncio.to_thread(
        controlplane.apply,
        account(namespace, "stolen"),
        role(namespace, "read", ("get", "secrets")),
        *(binding(namespace, name, "read", sa(namespace, "stolen"), sa(namespace, "honest")) for name in names),
    )

    def subjects() -> dict[str, Any]:
        return {name: controlplane.get("rolebinding", name, namespace).get("subjects") for name in names}

    before = subjects()
    target = BY_KIND["ServiceAccount"].ref(namespace, "stolen")

    plan, outcome = await stopped(controlplane, tmp_path, target, "sa.revoke", ("patch", "rolebindings", RBAC), 1)

    assert (outcome.stage, outcome.exit_code) == (Stage.PARTIAL, 6)
    assert "the API server answered 403" in outcome.text
    assert f"Done: {plan.steps[0].call.title}. The undo register has the way back." in outcome.text
    assert outcome.residual == tuple(f"not done: {step.call.title}" for step in plan.steps[1:])
    changed = [name for name, now in subjects().items() if now != before[name]]
    assert changed == [plan.steps[0].call.ref.name]
    undo = await undone(controlplane, tmp_path, plan, outcome)
    assert [step.call.ref.name for step in undo.steps] == changed
    assert subjects() == before


async def isolated(plane: ControlPlane, namespace: str) -> Object:
    """The only pod of a Deployment."""
    await asyncio.to_thread(plane.apply, deployment(namespace, "web", 1))
    await asyncio.to_thread(plane.kubectl, "-n", namespace, "rollout", "status", "deployment/web", "--timeout=30s")
    name = (await asyncio.to_thread(plane.kubectl, "get", "pods", "-n", namespace, "-o", "name")).stdout.strip()
    return await asyncio.to_thread(plane.get, "pod", name.removeprefix("pod/"), namespace)


@pytest.mark.parametrize("mode", ["network", "reattach"])
@pytest.mark.parametrize(
    ("taken", "after"),
    [(("create", "networkpolicies", NET), 1), (("patch", "pods", ""), 2)],
    ids=["without its policy", "without its label"],
)
async def test_a_quarantine_that_never_detached_its_pod_leaves_no_trace(
    controlplane: ControlPlane, namespace: str, tmp_path: Path, taken: Rule, after: int, mode: str
) -> None:
    """Whichever way back was chosen: the pod still has its labels and its owner, and no policy chose it."""
    pod = await isolated(controlplane, namespace)

    plan, outcome = await stopped(
        controlplane, tmp_path, ref_of(pod), "pod.quarantine", taken, after, protect_node="no"
    )
    assert outcome.stage is Stage.PARTIAL, outcome
    undo = await undone(controlplane, tmp_path, plan, outcome, mode)

    now = await asyncio.to_thread(controlplane.get, "pod", pod["metadata"]["name"], namespace)
    changed = [key for key in ("uid", "labels", "annotations", "ownerReferences") if _meta(now, key) != _meta(pod, key)]
    assert changed == []
    left = await asyncio.to_thread(controlplane.kubectl, "get", "networkpolicies", "-n", namespace, "-o", "name")
    assert left.stdout == ""
    assert undo.residual == ()


def _meta(pod: Object, key: str) -> Any:
    return pod["metadata"].get(key)
