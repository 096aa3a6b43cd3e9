"""Nothing is written where the server would refuse a later step, or where the target is not the accused one any more.

Everything here is decided between the approval and the first write, on a real API server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import pytest

from console.model.entry import Drifted
from console.model.ref import BY_KIND, ResourceRef
from console.model.verdict import Stage
from tests.cluster.accounts import account, binding, role, sa
from tests.cluster.acting import Acting, Object, ref_of
from tests.cluster.workloads import bare, cron, daemon, deployment, stateful
from tests.controlplane import ControlPlane
from tests.controlplane.waiting import eventually

ADMISSION = "admissionregistration.k8s.io/v1"


@contextmanager
def forbidding(plane: ControlPlane, namespace: str, name: str) -> Iterator[None]:
    """An admission policy that lets nobody change the role binding of this name."""
    called = {"name": f"no-{namespace}"}
    rule = {"apiGroups": ["rbac.authorization.k8s.io"], "apiVersions": ["v1"], "resources": ["rolebindings"]}
    spec = {
        "matchConstraints": {"resourceRules": [{**rule, "operations": ["UPDATE"], "resourceNames": [name]}]},
        "validations": [{"expression": "false", "message": "frozen by change control"}],
    }
    bound = {"policyName": called["name"], "validationActions": ["Deny"]}
    plane.apply(
        {"apiVersion": ADMISSION, "kind": "ValidatingAdmissionPolicy", "metadata": called, "spec": spec},
        {"apiVersion": ADMISSION, "kind": "ValidatingAdmissionPolicyBinding", "metadata": called, "spec": bound},
    )
    try:
        eventually(lambda: plane.kubectl(*_label(namespace, name), check=False).returncode != 0, timeout=20, every=0.2)
        yield
    finally:
        for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
            plane.kubectl("delete", kind, called["name"])


def _label(namespace: str, name: str) -> tuple[str, ...]:
    return ("label", "rolebinding", name, "-n", namespace, "tried=yes", "--overwrite", "--dry-run=server")


async def test_what_admission_would_refuse_at_the_last_step_stops_the_first_one_too(
    acting: Acting, namespace: str
) -> None:
    names = ("first", "second", "third")
    await acting.make(
        account(namespace, "stolen"),
        role(namespace, "read", ("get", "secrets")),
        *(binding(namespace, name, "read", sa(namespace, "stolen")) for name in names),
    )
    plan = await acting.plan("sa.revoke", BY_KIND["ServiceAccount"].ref(namespace, "stolen"))
    last = plan.steps[-1].call.ref.name
    before = await acting.listed("rolebindings", namespace)

    with forbidding(acting.controlplane, namespace, last):
        (refused,) = [one for one in await acting.runner.dry_run(plan) if not one.ok]
        outcome = await acting.run(plan)

    assert "frozen by change control" in refused.text
    assert (outcome.stage, outcome.exit_code) == (Stage.REFUSED, 5)
    assert "Nothing was written, because the server refuses it" in outcome.text
    assert "frozen by change control" in outcome.text
    assert await acting.listed("rolebindings", namespace) == before
    assert acting.case.state.actions[plan.digest].intents == {}


Anew = Callable[[str], Object]
WORKLOADS: dict[str, Anew] = {
    "Deployment": lambda namespace: deployment(namespace, "web", 1),
    "StatefulSet": lambda namespace: stateful(namespace, "web"),
    "DaemonSet": lambda namespace: daemon(namespace, "web"),
    "CronJob": lambda namespace: cron(namespace, "web"),
}


async def _made_anew(acting: Acting, made: Object) -> Object:
    """Delete, and make the same thing again."""
    meta = made["metadata"]
    kind = made["kind"].lower()
    await acting.kubectl("delete", kind, meta["name"], "-n", meta["namespace"], "--grace-period=0", "--force")
    await acting.make(made)
    return (await acting.get(made["kind"], meta["namespace"], meta["name"])) or {}


@pytest.mark.parametrize("kind", WORKLOADS)
async def test_a_workload_made_anew_since_the_plan_runs_on(acting: Acting, namespace: str, kind: str) -> None:
    made = WORKLOADS[kind](namespace)
    await acting.make(made)
    plan = await acting.plan("workload.suspend", BY_KIND[kind].ref(namespace, "web"))
    before = (await _made_anew(acting, made))["spec"]

    outcome = await acting.run(plan)

    assert (outcome.stage, outcome.exit_code) == (Stage.REFUSED, 5), outcome
    assert plan.target.uid in outcome.text
    assert ((await acting.get(kind, namespace, "web")) or {})["spec"] == before


async def test_an_account_made_anew_since_the_plan_is_not_replaced(acting: Acting, namespace: str) -> None:
    made = account(namespace, "stolen")
    await acting.make(made)
    plan = await acting.plan("sa.replace", BY_KIND["ServiceAccount"].ref(namespace, "stolen"), name="fresh")
    now = ref_of(await _made_anew(acting, made))

    outcome = await acting.run(plan)

    assert (outcome.stage, outcome.exit_code) == (Stage.REFUSED, 5), outcome
    assert ref_of((await acting.get("ServiceAccount", namespace, "stolen")) or {}).uid == now.uid != plan.target.uid
    assert await acting.get("ServiceAccount", namespace, "fresh") is None


@pytest.mark.parametrize("sub", ["exec", "attach", "portforward"])
async def test_a_pod_made_anew_under_the_name_a_stream_led_to_is_not_deleted(
    acting: Acting, namespace: str, sub: str
) -> None:
    made = bare(namespace, "lone")
    await acting.make(made)
    await acting.ready_pods(namespace, "app=lone", 1)
    acting.audit.streams = [("1", "create", f"{namespace}/lone", sub, 0.0)]
    plan = await acting.plan("stream.cut", ResourceRef("", "", "User", "", "mallory"))
    assert [step.call.ref.name for step in plan.steps] == ["lone"]
    now = ref_of(await _made_anew(acting, made))

    outcome = await acting.run(plan, skip="it has gone")

    assert outcome.stage is Stage.REFUSED, outcome
    assert ref_of((await acting.get("Pod", namespace, "lone")) or {}).uid == now.uid


@pytest.fixture
async def reconciled(acting: Acting, namespace: str) -> AsyncIterator[list[int]]:
    """A controller of somebody's GitOps: it puts a deployment's replicas back whenever they are not as in Git."""
    put_back: list[int] = []
    hand = ("--type=merge", "-p", '{"spec":{"replicas":1}}', "--field-manager=argocd-controller")

    async def reconcile() -> None:
        while True:
            found = await acting.get("Deployment", namespace, "web")
            if found is not None and found["spec"]["replicas"] != 1:
                await acting.kubectl("patch", "deployment", "web", "-n", namespace, *hand)
                put_back.append(1)
            await asyncio.sleep(0.2)

    task = asyncio.get_running_loop().create_task(reconcile())
    yield put_back
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_against_a_controller_that_reverts_nothing_is_called_effective_and_it_is_named(
    acting: Acting, namespace: str, reconciled: list[int]
) -> None:
    made = deployment(namespace, "web", 1)
    made["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": f"shop:apps/Deployment:{namespace}/web"}
    await acting.make(made)
    await acting.ready_pods(namespace, "app=web", 1)
    plan = await acting.plan("workload.suspend", BY_KIND["Deployment"].ref(namespace, "web"))
    assert any(line.startswith("Argo CD will put this back") for line in plan.reverters)
    await acting.runner.approve(plan.digest, acting.approval(plan))
    drifts: list[Drifted] = []

    async def told() -> bool:
        outcome = acting.runner.outcome(plan.digest)
        records = (entry.record for entry in acting.case.chronicle.journal.read())
        drifts[:] = [one for one in records if isinstance(one, Drifted)]
        return bool(drifts) and any("argocd-controller" in line for line in outcome.residual)

    await acting.until(told, "the controller's hand is told")
    outcome = acting.runner.outcome(plan.digest)

    assert reconciled, "nothing was put back"
    assert (outcome.stage, outcome.exit_code) == (Stage.ACCEPTED, 4)
    assert {drift.manager for drift in drifts} == {"argocd-controller"}
    assert [one.planned.digest for one in acting.case.state.open_undo()] == [plan.digest]
