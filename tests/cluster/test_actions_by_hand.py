"""The kubectl lines of a plan, there and back: whoever has lost this tool undoes with them what was done.

Every reversible action: its lines are pasted into a shell, then those of its undo recipe, on a real API server.
"""

from __future__ import annotations

from typing import Any

import pytest

from console.model.plan import Plan
from console.model.ref import BY_KIND, ResourceRef
from tests.cluster.accounts import account, binding, role, sa, token_secret, user
from tests.cluster.acting import Acting, Object, ref_of
from tests.cluster.workloads import bare, cron, daemon, deployment, job, stateful


def back(plan: Plan) -> list[str]:
    """The lines of the undo recipe that a person would paste."""
    return [line for line in plan.undo if line.startswith("kubectl ")]


def waiting(made: Object) -> Object:
    """A Job whose pod fits no node, so that it is never over."""
    made["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "none"}
    return made


def wanted(obj: Object) -> Any:
    """What somebody asked for, without what the server or its controllers count and note."""
    meta = obj["metadata"]
    kept = {name: meta.get(name) for name in ("labels", "name", "uid")}
    return {**kept, "spec": obj.get("spec"), "subjects": obj.get("subjects"), "roleRef": obj.get("roleRef")}


def tells_nothing(plan: Plan) -> None:
    """The attacker reads the API too: no write, there or back, says what it is or whose."""
    written = [step.call.body + repr((step.call.path, step.call.query)).encode() for step in plan.steps]
    for text in (*written, *(line.encode() for line in back(plan))):
        for word in (b"warroom", b"quarantine", b"incident", b"isolat", b"breach", b"forensic"):
            assert word not in text.lower()


async def there_and_back(acting: Acting, plan: Plan, *refs: ResourceRef) -> None:
    tells_nothing(plan)

    async def now() -> list[Any]:
        return [wanted((await acting.get(ref.kind, ref.namespace, ref.name)) or {}) for ref in refs]

    before = await now()
    for step in plan.steps:
        await acting.shell(step.call.kubectl)
    changed = await now()
    assert all(one != other for one, other in zip(before, changed, strict=True)), "the lines did nothing"
    assert len(back(plan)) == len(refs)
    for line in back(plan):
        await acting.shell(line)
    assert await now() == before


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job"])
async def test_a_stopped_workload_is_started_again(acting: Acting, namespace: str, kind: str) -> None:
    made = {
        "Deployment": deployment(namespace, "web", 3),
        "StatefulSet": stateful(namespace, "web", 2),
        "DaemonSet": daemon(namespace, "web"),
        "CronJob": cron(namespace, "web"),
        "Job": waiting(job(namespace, "web")),
    }[kind]
    await acting.make(made)
    ref = BY_KIND[kind].ref(namespace, "web")
    await there_and_back(acting, await acting.plan("workload.suspend", ref), ref)


async def test_a_daemon_set_that_chose_its_nodes_chooses_the_same_ones_again(acting: Acting, namespace: str) -> None:
    made = daemon(namespace, "agent")
    made["spec"]["template"]["spec"]["nodeSelector"] = {"kubernetes.io/os": "linux"}
    await acting.make(made)
    ref = BY_KIND["DaemonSet"].ref(namespace, "agent")
    await there_and_back(acting, await acting.plan("workload.suspend", ref), ref)


async def test_the_rights_of_an_account_come_back(acting: Acting, namespace: str) -> None:
    mine = sa(namespace, "stolen")
    await acting.make(
        account(namespace, "stolen"),
        role(namespace, "read", ("get", "secrets")),
        binding(namespace, "shared", "read", sa(namespace, "honest"), mine, user("o'hara; rm -rf /")),
        binding(namespace, "alone", "read", mine),
        token_secret(namespace, "old", "stolen"),
    )
    plan = await acting.plan("sa.revoke", BY_KIND["ServiceAccount"].ref(namespace, "stolen"))
    bindings = [BY_KIND["RoleBinding"].ref(namespace, name) for name in ("alone", "shared")]
    await there_and_back(acting, plan, *bindings, BY_KIND["Secret"].ref(namespace, "old"))


async def test_an_isolated_pod_gets_its_labels_back(acting: Acting, namespace: str) -> None:
    await acting.make(bare(namespace, "lone"))
    (pod,) = await acting.ready_pods(namespace, "app=lone", 1)
    plan = await acting.plan("pod.quarantine", ref_of(pod), protect_node="no")
    await there_and_back(acting, plan, ref_of(pod))
    (policy,) = await acting.listed("networkpolicies", namespace)
    assert any(
        f"kubectl delete networkpolicy {policy['metadata']['name']} -n {namespace}" in line for line in plan.undo
    )


async def test_what_has_no_way_back_tells_nothing_either(acting: Acting, namespace: str) -> None:
    await acting.make(account(namespace, "stolen"), bare(namespace, "lone"))
    (pod,) = await acting.ready_pods(namespace, "app=lone", 1)
    acting.audit.streams = [("1", "create", f"{namespace}/lone", "exec", 0.0)]
    stolen = BY_KIND["ServiceAccount"].ref(namespace, "stolen")
    for plan in (
        await acting.plan("pod.delete", ref_of(pod)),
        await acting.plan("sa.replace", stolen, name="fresh"),
        await acting.plan("stream.cut", ResourceRef("", "", "User", "", "mallory")),
    ):
        tells_nothing(plan)
        assert plan.steps
        assert back(plan) == []
        assert plan.undo, "it says why there is none"


async def test_a_cordoned_node_takes_pods_again(acting: Acting) -> None:
    (name,) = acting.controlplane.nodes(1, "byhand")
    ref = BY_KIND["Node"].ref("", name)
    try:
        plan = await acting.plan("node.cordon", ref)
        await acting.shell(plan.steps[0].call.kubectl)
        assert ((await acting.get("Node", "", name)) or {})["spec"]["unschedulable"] is True
        (line,) = [part.partition(": ")[2] for part in plan.undo]
        await acting.shell(line)
        assert "unschedulable" not in ((await acting.get("Node", "", name)) or {})["spec"]
    finally:
        await acting.kubectl("delete", "node", name)
