"""`pod.quarantine` and `pod.release` on a real API server with its controllers."""

from __future__ import annotations

import pytest

from console.errors import Refused
from console.model.objects import EndpointSlice
from console.model.ref import BY_KIND
from console.model.verdict import Stage
from tests.cluster.acting import Acting, Object, ref_of
from tests.cluster.workloads import IMAGE, bare, daemon, deployment, job, policy, service, stateful


async def _web(acting: Acting, namespace: str, count: int = 2) -> list[Object]:
    await acting.make(deployment(namespace, "web", count), service(namespace, "web"))
    pods = await acting.ready_pods(namespace, "app=web", count)
    await acting.until(lambda: _serving(acting, namespace, count), "the watch shows the endpoints")
    return pods


async def _serving(acting: Acting, namespace: str, count: int) -> bool:
    slices = acting.case.cluster.view("EndpointSlice").all(namespace)
    ends = [end for one in slices if isinstance(one, EndpointSlice) for end in one.endpoints or ()]
    return len(ends) == count and all(end.conditions.ready for end in ends)


async def test_a_pod_leaves_its_owner_and_services_and_no_policy_allows_it_anything(
    acting: Acting, namespace: str
) -> None:
    pod = (await _web(acting, namespace))[0]
    plan = await acting.plan("pod.quarantine", ref_of(pod))
    titles = [step.call.title for step in plan.steps]
    assert titles[1].startswith("create policy")
    assert titles[2].startswith("take 2 labels off")
    assert any("same image" in line and IMAGE in line for line in plan.warnings)
    assert any(line.startswith(f"Service {namespace}/web loses 1 of 2") for line in plan.blast)
    outcome = await acting.run(plan, Stage.CONVERGED)

    assert outcome.stage is Stage.CONVERGED, outcome
    assert outcome.residual == ()
    assert outcome.unverifiable[0].startswith("no data path seen")
    assert outcome.exit_code == 3
    now = await acting.get("Pod", namespace, pod["metadata"]["name"])
    assert now is not None
    assert len(now["metadata"]["labels"]) == 1
    assert "ownerReferences" not in now["metadata"]
    assert now["metadata"]["annotations"]["karpenter.sh/do-not-disrupt"] == "true"
    await acting.until(lambda: _serving(acting, namespace, 2), "the replacement serves")
    slices = await acting.listed("endpointslices", namespace)
    assert pod["metadata"]["uid"] not in {end["targetRef"]["uid"] for one in slices for end in one["endpoints"]}
    kinds = {item.kind for item in acting.case.state.captured if not item.failed}
    assert {"pod.yaml", "pod.logs", "events", "rbac.yaml", "owner.yaml"} <= kinds


async def test_nothing_written_tells_an_attacker_what_it_is(acting: Acting, namespace: str) -> None:
    pod = (await _web(acting, namespace, 1))[0]
    plan = await acting.plan("pod.quarantine", ref_of(pod))
    await acting.run(plan, Stage.CONVERGED)
    written = b" ".join(
        step.call.body + step.call.path.encode() + repr(step.call.query).encode() for step in plan.steps
    )
    for word in (b"warroom", b"quarantine", b"incident", b"isolat"):
        assert word not in written.lower()


async def test_a_second_quarantine_in_the_same_namespace_works(acting: Acting, namespace: str) -> None:
    first, second = await _web(acting, namespace)
    for pod in (first, second):
        outcome = await acting.run(await acting.plan("pod.quarantine", ref_of(pod)), Stage.CONVERGED)
        assert outcome.stage is Stage.CONVERGED, outcome
    policies = await acting.listed("networkpolicies", namespace)
    assert len({one["metadata"]["name"] for one in policies}) == 2
    selectors = [one["spec"]["podSelector"]["matchLabels"] for one in policies]
    assert selectors[0] != selectors[1]


async def test_the_same_pod_is_not_isolated_twice(acting: Acting, namespace: str) -> None:
    pod = (await _web(acting, namespace, 1))[0]
    await acting.run(await acting.plan("pod.quarantine", ref_of(pod)), Stage.CONVERGED)
    with pytest.raises(Refused, match="isolated already"):
        await acting.plan("pod.quarantine", ref_of(pod))


async def test_policies_that_still_select_the_bare_pod_are_residual(acting: Acting, namespace: str) -> None:
    pod = (await _web(acting, namespace, 1))[0]
    allow = {"ingress": [{}], "policyTypes": ["Ingress"]}
    expressions = [{"key": "app", "operator": "NotIn", "values": ["db"]}, {"key": "tier", "operator": "DoesNotExist"}]
    await acting.make(
        policy(namespace, "all", podSelector={}, **allow),
        policy(namespace, "not-in", podSelector={"matchExpressions": expressions[:1]}, **allow),
        policy(namespace, "not-there", podSelector={"matchExpressions": expressions[1:]}, **allow),
        policy(namespace, "by-label", podSelector={"matchLabels": {"app": "web"}}, **allow),
    )
    plan = await acting.plan("pod.quarantine", ref_of(pod))
    named = {line.split()[1] for line in plan.residual}
    assert named == {"all", "not-in", "not-there"}
    outcome = await acting.run(plan, Stage.CONVERGED)
    assert {line.split()[1] for line in outcome.residual} == named
    assert outcome.exit_code == 4


async def test_a_stateful_pod_is_isolated_without_detaching(acting: Acting, namespace: str) -> None:
    await acting.make(stateful(namespace, "db"))
    (pod,) = await acting.ready_pods(namespace, "app=db", 1)
    plan = await acting.plan("pod.quarantine", ref_of(pod))
    assert any("keeps its labels" in line for line in plan.warnings)
    outcome = await acting.run(plan, Stage.CONVERGED)
    assert outcome.stage is Stage.CONVERGED, outcome
    now = await acting.get("Pod", namespace, "db-0")
    assert now is not None
    assert now["metadata"]["ownerReferences"][0]["kind"] == "StatefulSet"
    detaching = await _refused_or_warned(acting, namespace)
    assert "ordinal stays down" in detaching


async def _refused_or_warned(acting: Acting, namespace: str) -> str:
    await acting.make(stateful(namespace, "other"))
    (pod,) = await acting.ready_pods(namespace, "app=other", 1)
    return " ".join((await acting.plan("pod.quarantine", ref_of(pod), detach="yes")).warnings)


@pytest.mark.parametrize(
    ("spec", "advice"),
    [({"hostNetwork": True}, "cut the host off at its firewall"), ({}, "")],
)
async def test_a_pod_on_the_host_network_is_refused_with_what_helps(
    acting: Acting, namespace: str, spec: dict[str, bool], advice: str
) -> None:
    await acting.make(bare(namespace, "lone", **spec))
    (pod,) = await acting.ready_pods(namespace, "app=lone", 1)
    if advice:
        with pytest.raises(Refused, match=advice):
            await acting.plan("pod.quarantine", ref_of(pod))
    else:
        plan = await acting.plan("pod.quarantine", ref_of(pod))
        assert plan.warnings[0] == "It is a bare pod: nothing will replace it."


async def test_a_pod_made_again_between_plan_and_apply_is_refused(acting: Acting, namespace: str) -> None:
    await acting.make(stateful(namespace, "db"))
    (pod,) = await acting.ready_pods(namespace, "app=db", 1)
    plan = await acting.plan("pod.quarantine", ref_of(pod))
    await acting.kubectl("delete", "pod", "db-0", "-n", namespace, "--grace-period=0", "--force")
    await acting.until(lambda: _another(acting, namespace, pod["metadata"]["uid"]), "db-0 is another pod")
    outcome = await acting.run(plan)
    assert outcome.stage is Stage.REFUSED
    assert "created again" in outcome.text
    assert await acting.listed("networkpolicies", namespace) == []


async def _another(acting: Acting, namespace: str, uid: str) -> bool:
    pod = await acting.get("Pod", namespace, "db-0")
    return pod is not None and pod["metadata"]["uid"] != uid


async def test_release_of_the_network_deletes_only_our_policy(acting: Acting, namespace: str) -> None:
    pod = (await _web(acting, namespace, 1))[0]
    plan = await acting.plan("pod.quarantine", ref_of(pod))
    await acting.run(plan, Stage.CONVERGED)
    undo, outcome = await acting.undo(plan)
    assert outcome.stage is Stage.EFFECTIVE, outcome
    assert [step.call.method for step in undo.steps] == ["DELETE"]
    assert await acting.listed("networkpolicies", namespace) == []
    now = await acting.get("Pod", namespace, pod["metadata"]["name"])
    assert now is not None
    assert "app" not in now["metadata"]["labels"]
    assert acting.case.state.open_undo() == []


async def test_reattaching_puts_the_labels_back_last_and_keeps_the_pod(acting: Acting, namespace: str) -> None:
    pod = (await _web(acting, namespace))[0]
    plan = await acting.plan("pod.quarantine", ref_of(pod))
    await acting.run(plan, Stage.CONVERGED)
    await acting.ready_pods(namespace, "app=web", 2)
    undo, outcome = await acting.undo(plan, "reattach")
    assert outcome.stage is Stage.EFFECTIVE, outcome
    assert undo.steps[-1].call.title.startswith("put the labels")
    pods = await acting.ready_pods(namespace, "app=web", 2)
    assert pod["metadata"]["uid"] in {one["metadata"]["uid"] for one in pods}
    now = next(one for one in pods if one["metadata"]["uid"] == pod["metadata"]["uid"])
    assert now["metadata"]["labels"] == pod["metadata"]["labels"]
    left = set(now["metadata"]["annotations"]) - set(pod["metadata"].get("annotations") or {})
    assert left == {"controller.kubernetes.io/pod-deletion-cost"}


async def test_a_pod_that_is_not_ready_is_put_back_only_at_its_own_risk(acting: Acting, namespace: str) -> None:
    made = deployment(namespace, "web", 1)
    made["spec"]["template"]["spec"]["readinessGates"] = [{"conditionType": "example.org/never"}]
    await acting.make(made)
    (pod,) = await acting.ready_pods(namespace, "app=web", 1)
    name = pod["metadata"]["name"]
    # With a readiness gate the simulated kubelet leaves the condition as it is set here.
    change = ("--subresource=status", "-p", '{"status":{"conditions":[{"type":"Ready","status":"False"}]}}')
    await acting.kubectl("patch", "pod", name, "-n", namespace, *change)
    plan = await acting.plan("pod.quarantine", ref_of(pod))
    outcome = await acting.run(plan, Stage.CONVERGED)
    assert outcome.stage is Stage.CONVERGED, outcome
    with pytest.raises(Refused, match="deletes such a pod first"):
        await acting.runner.plan_undo(plan.digest, "reattach")
    undo = await acting.runner.plan_undo(plan.digest, "reattach-anyway")
    assert undo.steps[0].call.title == f"scale Deployment {namespace}/web to 2"
    assert [ref.uid for ref in undo.destroys] == [pod["metadata"]["uid"]]
    await acting.runner.approve(undo.digest, acting.approval(undo))

    async def written() -> bool:
        return len(acting.case.state.actions[undo.digest].effects) == 3

    await acting.until(written, "scaled, policy deleted, labels back")
    deployed = await acting.get("Deployment", namespace, "web") or {}
    assert deployed["spec"]["replicas"] == 2
    assert {effect.status for effect in acting.case.state.actions[undo.digest].effects.values()} == {200}


@pytest.mark.parametrize("kind", ["DaemonSet", "Job"])
async def test_pods_of_other_owners_are_detached_and_replaced(acting: Acting, namespace: str, kind: str) -> None:
    made = daemon(namespace, "own") if kind == "DaemonSet" else job(namespace, "own")
    if kind == "Job":
        made["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "none"}
    await acting.make(made)
    before: list[Object] = []

    async def there() -> bool:
        before[:] = await acting.listed("pods", namespace, "app=own")
        return len(before) == (2 if kind == "DaemonSet" else 1)

    await acting.until(there, "the owner has its pods")
    pod = {**before[0], "kind": "Pod"}
    outcome = await acting.run(await acting.plan("pod.quarantine", ref_of(pod)), Stage.CONVERGED)
    assert outcome.stage is Stage.CONVERGED, outcome

    async def replaced() -> bool:
        now = {one["metadata"]["uid"] for one in await acting.listed("pods", namespace, "app=own")}
        return len(now) == len(before) and pod["metadata"]["uid"] not in now

    await acting.until(replaced, "the owner has replaced it")
    kept = await acting.get("Pod", namespace, pod["metadata"]["name"])
    assert kept is not None
    assert "ownerReferences" not in kept["metadata"]


async def test_reattaching_to_an_owner_that_wants_no_pods_is_refused(acting: Acting, namespace: str) -> None:
    pod = (await _web(acting, namespace, 1))[0]
    plan = await acting.plan("pod.quarantine", ref_of(pod))
    await acting.run(plan, Stage.CONVERGED)
    await acting.kubectl("scale", "deployment/web", "--replicas=0", "-n", namespace)
    await acting.until(lambda: _no_pods(acting, namespace), "the replacement is gone")
    with pytest.raises(Refused, match="wants no pods"):
        await acting.runner.plan_undo(plan.digest, "reattach")


async def _no_pods(acting: Acting, namespace: str) -> bool:
    return await acting.listed("pods", namespace, "app=web") == []


async def test_the_kubectl_lines_do_the_same(acting: Acting, namespace: str) -> None:
    pod = (await _web(acting, namespace, 1))[0]
    plan = await acting.plan("pod.quarantine", ref_of(pod))
    for step in plan.steps:
        await acting.shell(step.call.kubectl)
    now = await acting.get("Pod", namespace, pod["metadata"]["name"])
    assert now is not None
    assert len(now["metadata"]["labels"]) == 1
    assert len(await acting.listed("networkpolicies", namespace)) == 1


async def test_a_label_that_comes_back_is_told(acting: Acting, namespace: str) -> None:
    pod = (await _web(acting, namespace, 1))[0]
    plan = await acting.plan("pod.quarantine", ref_of(pod))
    await acting.run(plan, Stage.CONVERGED)
    name = pod["metadata"]["name"]
    await acting.kubectl("label", "pod", name, "app=web", "-n", namespace)

    async def told() -> bool:
        outcome = acting.runner.outcome(plan.digest)
        return outcome.stage is Stage.ACCEPTED and any("came back: app" in line for line in outcome.residual)

    await acting.until(told, "the verdict falls back")


async def test_the_target_is_named_by_uid(acting: Acting, namespace: str) -> None:
    pod = (await _web(acting, namespace, 1))[0]
    wrong = BY_KIND["Pod"].ref(namespace, pod["metadata"]["name"], "00000000-0000-0000-0000-000000000000")
    with pytest.raises(Refused, match="created again"):
        await acting.plan("pod.quarantine", wrong)
