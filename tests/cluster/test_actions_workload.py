"""`workload.suspend`, `workload.resume` and `pod.delete` on a real API server with its controllers."""

from __future__ import annotations

import pytest

from console.errors import Refused
from console.model.action import Danger
from console.model.ref import BY_KIND
from console.model.verdict import Stage
from tests.cluster.acting import Acting, Object, ref_of
from tests.cluster.workloads import bare, cron, daemon, deployment, job, stateful


async def _gone(acting: Acting, namespace: str, selector: str) -> bool:
    return await acting.listed("pods", namespace, selector) == []


async def test_a_deployment_is_stopped_from_one_of_its_pods_and_started_again(acting: Acting, namespace: str) -> None:
    await acting.make(deployment(namespace, "web", 3))
    pods = await acting.ready_pods(namespace, "app=web", 3)
    plan = await acting.plan("workload.suspend", ref_of(pods[0]))
    assert (plan.target.kind, plan.target.name) == ("Deployment", "web")
    assert plan.danger is Danger.D3
    assert {ref.uid for ref in plan.destroys} == {pod["metadata"]["uid"] for pod in pods}
    assert plan.blast[0].startswith(f"3 pods of Deployment {namespace}/web end. 3 of them have no evidence")
    outcome = await acting.run(plan)
    assert outcome.stage is Stage.EFFECTIVE, outcome
    assert outcome.exit_code == 0
    assert await _gone(acting, namespace, "app=web")
    assert all(acting.case.state.captured for _ in pods)

    undo, undone = await acting.undo(plan)
    assert undone.stage is Stage.EFFECTIVE, undone
    assert b'"replicas":3' in undo.steps[0].call.body
    await acting.ready_pods(namespace, "app=web", 3)


async def test_with_evidence_of_every_pod_a_stop_is_reversible(acting: Acting, namespace: str) -> None:
    await acting.make(deployment(namespace, "web", 1))
    (pod,) = await acting.ready_pods(namespace, "app=web", 1)
    captured = await acting.run(await acting.plan("evidence.pod", ref_of(pod)))
    assert captured.stage is Stage.EFFECTIVE, captured
    plan = await acting.plan("workload.suspend", BY_KIND["Deployment"].ref(namespace, "web"))
    assert plan.danger is Danger.D2


async def test_a_stateful_set_is_stopped(acting: Acting, namespace: str) -> None:
    await acting.make(stateful(namespace, "db", 2))
    (first, _) = await acting.ready_pods(namespace, "app=db", 2)
    outcome = await acting.run(await acting.plan("workload.suspend", ref_of(first)))
    assert outcome.stage is Stage.EFFECTIVE, outcome


async def test_a_daemon_set_gets_a_selector_no_node_has_and_loses_it_again(acting: Acting, namespace: str) -> None:
    await acting.make(daemon(namespace, "agent"))
    (pod, _) = await acting.ready_pods(namespace, "app=agent", 2)
    plan = await acting.plan("workload.suspend", ref_of(pod))
    outcome = await acting.run(plan)
    assert outcome.stage is Stage.EFFECTIVE, outcome
    before = (await acting.get("DaemonSet", namespace, "agent") or {})["spec"]["template"]["spec"]["nodeSelector"]
    assert len(before) == 1
    _, undone = await acting.undo(plan)
    assert undone.stage is Stage.EFFECTIVE, undone
    spec = (await acting.get("DaemonSet", namespace, "agent") or {})["spec"]["template"]["spec"]
    assert "nodeSelector" not in spec
    await acting.ready_pods(namespace, "app=agent", 2)


async def _active_job_pod(acting: Acting, namespace: str, name: str) -> Object:
    async def one() -> bool:
        return len(await acting.listed("pods", namespace, f"batch.kubernetes.io/job-name={name}")) == 1

    await acting.until(one, "the Job has its pod")
    (pod,) = await acting.listed("pods", namespace, f"batch.kubernetes.io/job-name={name}")
    return pod


def _waiting(made: Object) -> Object:
    """A Job whose pod fits no node, so that it neither ends nor is completed by the simulated kubelet."""
    made["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "none"}
    return made


async def test_suspending_a_job_kills_its_pods_and_resuming_starts_it_again(acting: Acting, namespace: str) -> None:
    await acting.make(_waiting(job(namespace, "mine")))
    pod = await _active_job_pod(acting, namespace, "mine")
    plan = await acting.plan("workload.suspend", ref_of(pod))
    assert plan.target.kind == "Job"
    assert [ref.uid for ref in plan.destroys] == [pod["metadata"]["uid"]]
    outcome = await acting.run(plan)
    assert outcome.stage is Stage.EFFECTIVE, outcome
    _, undone = await acting.undo(plan)
    assert undone.stage is Stage.EFFECTIVE, undone


async def test_a_pod_of_a_cron_job_stops_the_cron_job_and_its_running_job(acting: Acting, namespace: str) -> None:
    made = cron(namespace, "nightly")
    _waiting(made["spec"]["jobTemplate"])
    await acting.make(made)
    await acting.kubectl("create", "job", "now", "--from=cronjob/nightly", "-n", namespace)
    pod = await _active_job_pod(acting, namespace, "now")
    whole = await acting.plan("workload.suspend", BY_KIND["CronJob"].ref(namespace, "nightly"))
    assert whole.residual == ("Job now runs on: suspend it as well (x w on it)",)
    plan = await acting.plan("workload.suspend", ref_of(pod))
    assert [step.call.ref.kind for step in plan.steps] == ["CronJob", "Job"]
    outcome = await acting.run(plan)
    assert outcome.stage is Stage.EFFECTIVE, outcome


async def test_the_kubectl_lines_stop_every_kind(acting: Acting, namespace: str) -> None:
    await acting.make(deployment(namespace, "web", 1), daemon(namespace, "agent"), cron(namespace, "nightly"))
    for kind, name in (("Deployment", "web"), ("DaemonSet", "agent"), ("CronJob", "nightly")):
        plan = await acting.plan("workload.suspend", BY_KIND[kind].ref(namespace, name))
        for step in plan.steps:
            await acting.shell(step.call.kubectl)
    assert (await acting.get("Deployment", namespace, "web") or {})["spec"]["replicas"] == 0
    assert (await acting.get("CronJob", namespace, "nightly") or {})["spec"]["suspend"] is True


async def test_autoscalers_and_gitops_are_named(acting: Acting, namespace: str) -> None:
    made = deployment(namespace, "web", 1)
    made["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": f"shop:apps/Deployment:{namespace}/web"}
    hpa = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"maxReplicas": 5, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    }
    await acting.make(made, hpa)
    plan = await acting.plan("workload.suspend", BY_KIND["Deployment"].ref(namespace, "web"))
    assert any(line.startswith("Argo CD will put this back") for line in plan.reverters)
    assert any("leaves it at zero" in line for line in plan.reverters)


@pytest.mark.parametrize(
    ("hand", "line"),
    [
        ("kube-controller-manager", "a HorizontalPodAutoscaler may put this back"),
        ("keda", "KEDA will put this back (field manager keda)"),
    ],
)
async def test_whoever_scaled_a_workload_through_its_scale_is_known_by_the_mark_that_leaves(
    acting: Acting, namespace: str, hand: str, line: str
) -> None:
    """An autoscaler that cannot be listed, or is defined elsewhere, still left its hand on the object."""
    await acting.make(deployment(namespace, "web", 1))
    change = ("--subresource=scale", "--type=merge", "-p", '{"spec":{"replicas":2}}', f"--field-manager={hand}")
    await acting.kubectl("patch", "deployment", "web", "-n", namespace, *change)
    plan = await acting.plan("workload.suspend", BY_KIND["Deployment"].ref(namespace, "web"))
    assert any(told.startswith(line) for told in plan.reverters), plan.reverters


async def test_what_is_scaled_up_again_is_told_with_the_hand_that_did_it(acting: Acting, namespace: str) -> None:
    await acting.make(deployment(namespace, "web", 1))
    await acting.ready_pods(namespace, "app=web", 1)
    plan = await acting.plan("workload.suspend", BY_KIND["Deployment"].ref(namespace, "web"))
    assert (await acting.run(plan)).stage is Stage.EFFECTIVE
    change = ("--type=merge", "-p", '{"spec":{"replicas":1}}', "--field-manager=argocd-controller")
    await acting.kubectl("patch", "deployment", "web", "-n", namespace, *change)

    async def told() -> bool:
        outcome = acting.runner.outcome(plan.digest)
        return outcome.stage is Stage.ACCEPTED and outcome.residual[0] == "put back by field manager argocd-controller"

    await acting.until(told, "the verdict names the hand")


@pytest.mark.parametrize(("made", "words"), [("bare", "Isolate it"), ("over", "over"), ("stopped", "stopped already")])
async def test_what_cannot_be_stopped_is_refused_with_what_helps(
    acting: Acting, namespace: str, made: str, words: str
) -> None:
    if made == "bare":
        await acting.make(bare(namespace, "lone"))
        ref = BY_KIND["Pod"].ref(namespace, "lone")
    elif made == "over":
        await acting.make(job(namespace, "done"))
        ref = BY_KIND["Job"].ref(namespace, "done")

        async def complete() -> bool:
            return bool(((await acting.get("Job", namespace, "done") or {}).get("status") or {}).get("succeeded"))

        await acting.until(complete, "the Job is complete")
    else:
        await acting.make(deployment(namespace, "web", 0))
        ref = BY_KIND["Deployment"].ref(namespace, "web")
    with pytest.raises(Refused, match=words):
        await acting.plan("workload.suspend", ref)


async def test_a_deleted_pod_is_gone_and_its_replacement_is_residual(acting: Acting, namespace: str) -> None:
    await acting.make(deployment(namespace, "web", 1))
    (pod,) = await acting.ready_pods(namespace, "app=web", 1)
    plan = await acting.plan("pod.delete", ref_of(pod))
    assert plan.danger is Danger.D3
    assert plan.warnings == ("Deployment web creates it again from the same template: stop it first (x w).",)
    outcome = await acting.run(plan)
    assert outcome.stage is Stage.EFFECTIVE, outcome

    async def told() -> bool:
        return any("was made again by ReplicaSet" in line for line in acting.runner.outcome(plan.digest).residual)

    await acting.until(told, "the replacement is told")
    assert acting.runner.outcome(plan.digest).exit_code == 4
    with pytest.raises(Refused, match="cannot be undone"):
        await acting.runner.plan_undo(plan.digest)


async def test_a_bare_pod_that_is_deleted_leaves_nothing(acting: Acting, namespace: str) -> None:
    await acting.make(bare(namespace, "lone"))
    (pod,) = await acting.ready_pods(namespace, "app=lone", 1)
    outcome = await acting.run(await acting.plan("pod.delete", ref_of(pod)))
    assert (outcome.stage, outcome.residual, outcome.exit_code) == (Stage.EFFECTIVE, (), 0)
    uid = pod["metadata"]["uid"]
    kinds = {item.kind for item in acting.case.state.captured if item.uid == uid and not item.failed}
    assert {"pod.yaml", "pod.logs", "events"} <= kinds


async def test_a_dry_run_of_a_delete_deletes_nothing(acting: Acting, namespace: str) -> None:
    await acting.make(bare(namespace, "lone"))
    (pod,) = await acting.ready_pods(namespace, "app=lone", 1)
    plan = await acting.plan("pod.delete", ref_of(pod))
    assert [one.ok for one in await acting.runner.dry_run(plan)] == [True]
    now = await acting.get("Pod", namespace, "lone")
    assert now is not None
    assert "deletionTimestamp" not in now["metadata"]


async def test_the_kubectl_line_deletes_only_that_incarnation(acting: Acting, namespace: str) -> None:
    await acting.make(stateful(namespace, "db"))
    (pod,) = await acting.ready_pods(namespace, "app=db", 1)
    plan = await acting.plan("pod.delete", ref_of(pod))
    await acting.shell(plan.steps[0].call.kubectl)
    await acting.until(lambda: _another(acting, namespace, pod), "db-0 is made again")
    with pytest.raises(AssertionError, match="the UID in the precondition"):
        await acting.shell(plan.steps[0].call.kubectl)


async def _another(acting: Acting, namespace: str, pod: Object) -> bool:
    now = await acting.get("Pod", namespace, pod["metadata"]["name"])
    return now is not None and now["metadata"]["uid"] != pod["metadata"]["uid"]


async def test_a_pod_that_was_called_finished_and_runs_on_keeps_a_stop_from_being_proved(
    acting: Acting, namespace: str
) -> None:
    """Whoever may write pods/status hides a pod from its controller, which neither counts nor ends it any more."""
    await acting.make(deployment(namespace, "web", 1))
    (pod,) = await acting.ready_pods(namespace, "app=web", 1)
    name = pod["metadata"]["name"]
    forged = '{"status":{"phase":"Succeeded"}}'
    await acting.kubectl("patch", "pod", name, "-n", namespace, "--subresource=status", "--type=merge", "-p", forged)
    await acting.until(lambda: _replaced(acting, namespace, name), "a replacement")

    plan = await acting.plan("workload.suspend", BY_KIND["Deployment"].ref(namespace, "web"))
    assert pod["metadata"]["uid"] in {ref.uid for ref in plan.destroys}
    outcome = await acting.run(plan, until=Stage.ACCEPTED)
    assert outcome.stage is Stage.ACCEPTED, outcome
    await acting.until(lambda: _only(acting, namespace, name), "the end of the replacement")

    async def judged() -> bool:
        return acting.runner.outcome(plan.digest).text == "1 pods of it are still there"

    await acting.until(judged, "the verdict")
    assert acting.runner.outcome(plan.digest).stage is not Stage.EFFECTIVE


async def _replaced(acting: Acting, namespace: str, name: str) -> bool:
    return any(one["metadata"]["name"] != name for one in await acting.listed("pods", namespace, "app=web"))


async def _only(acting: Acting, namespace: str, name: str) -> bool:
    return [one["metadata"]["name"] for one in await acting.listed("pods", namespace, "app=web")] == [name]
