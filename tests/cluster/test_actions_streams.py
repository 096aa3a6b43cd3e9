"""`stream.cut` and `evidence.pod` on a real API server, with a real exec held open through it."""

from __future__ import annotations

import asyncio
import json

import pytest

from console.errors import Refused
from console.model.ref import BY_KIND, ResourceRef
from console.model.verdict import Stage
from tests.cluster.acting import Acting, Object, ref_of
from tests.cluster.workloads import bare, deployment

USER = ResourceRef("", "", "User", "", "mallory")


def _stream(pod: Object, sub: str = "exec", number: str = "1") -> tuple[str, str, str, str, float]:
    meta = pod["metadata"]
    return (number, "create", f"{meta['namespace']}/{meta['name']}", sub, 0.0)


async def test_the_pods_behind_open_streams_are_deleted_and_the_streams_end(acting: Acting, namespace: str) -> None:
    await acting.make(bare(namespace, "lone"))
    (pod,) = await acting.ready_pods(namespace, "app=lone", 1)
    acting.controlplane.exec_rules([{"command": "sleep", "seconds": 600}])
    held = await asyncio.create_subprocess_exec(
        *acting.controlplane.command("exec", "-n", namespace, "lone", "--", "sleep"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        acting.audit.streams = [_stream(pod), ("2", "watch", "secrets", "", 0.0)]
        plan = await acting.plan("stream.cut", USER)
        assert [ref.uid for ref in plan.destroys] == [pod["metadata"]["uid"]]
        assert any("watch secrets stays open: restart every kube-apiserver" in line for line in plan.residual)
        await acting.runner.approve(plan.digest, acting.approval(plan))
        await asyncio.wait_for(held.wait(), 30)
        acting.audit.streams = acting.audit.streams[1:]

        async def told() -> bool:
            outcome = acting.runner.outcome(plan.digest)
            return outcome.stage is Stage.EFFECTIVE and outcome.exit_code == 4

        await acting.until(told, "effective, with the watch left")
        assert acting.runner.outcome(plan.digest).residual[0].startswith("watch secrets stays open")
    finally:
        if held.returncode is None:
            held.kill()
            await held.wait()
        acting.controlplane.default_exec_rules()


async def test_while_the_record_shows_a_stream_it_is_not_effective(acting: Acting, namespace: str) -> None:
    await acting.make(bare(namespace, "lone"))
    (pod,) = await acting.ready_pods(namespace, "app=lone", 1)
    acting.audit.streams = [_stream(pod, "portforward")]
    plan = await acting.plan("stream.cut", USER)
    outcome = await acting.run(plan, Stage.CONVERGED)
    assert outcome.stage is Stage.CONVERGED
    assert outcome.residual == (f"1 streams into pods are open: portforward {namespace}/lone",)


@pytest.mark.parametrize(
    ("streams", "state", "words"),
    [
        ([], "", "is not known: no audit source"),
        ([], "live", "shows no open stream"),
        ([("1", "watch", "secrets", "", 0.0)], "live", "only watches open"),
        ([("1", "create", "nowhere/gone", "exec", 0.0)], "live", "gone or static"),
    ],
)
async def test_where_nothing_can_be_deleted_the_refusal_says_what_ends_it(
    acting: Acting, streams: list[tuple[str, str, str, str, float]], state: str, words: str
) -> None:
    acting.audit.streams, acting.audit.state = streams, state
    with pytest.raises(Refused, match=words):
        await acting.plan("stream.cut", USER)


async def test_your_own_streams_are_not_cut(acting: Acting) -> None:
    with pytest.raises(Refused, match="is you"):
        await acting.plan("stream.cut", ResourceRef("", "", "User", "", acting.case.cluster.info.user))


async def test_evidence_holds_every_container_and_what_could_not_be_had(acting: Acting, namespace: str) -> None:
    made = deployment(namespace, "web", 1)
    spec = made["spec"]["template"]["spec"]
    spec["initContainers"] = [{"name": "setup", "image": "registry.example/setup:1"}]
    await acting.make(made)
    (pod,) = await acting.ready_pods(namespace, "app=web", 1)
    ref = ref_of(pod)
    plan = await acting.plan("evidence.pod", ref)
    assert plan.steps == ()
    outcome = await acting.run(plan)
    assert outcome.stage is Stage.EFFECTIVE, outcome
    assert outcome.exit_code == 0
    captured = [one for one in acting.case.state.captured if one.uid == ref.uid]
    logs = {one.note for one in captured if one.kind == "pod.logs" and not one.failed}
    assert logs == {"container web", "container setup"}
    manifest = next(one for one in captured if one.kind == "pod.yaml")
    assert json.loads(acting.case.evidence.get(manifest.blob))["metadata"]["managedFields"]
    (owners,) = [one for one in captured if one.kind == "owner.yaml"]
    kinds = [one["kind"] for one in json.loads(acting.case.evidence.get(owners.blob))]
    assert kinds == ["ReplicaSet", "Deployment"]
    (rbac,) = [one for one in captured if one.kind == "rbac.yaml"]
    assert b"system:basic-user" in acting.case.evidence.get(rbac.blob)


async def test_a_pod_that_never_ran_has_an_empty_log_on_record(acting: Acting, namespace: str) -> None:
    await acting.make(bare(namespace, "stuck", nodeSelector={"disk": "none"}))
    plan = await acting.plan("evidence.pod", BY_KIND["Pod"].ref(namespace, "stuck"))
    outcome = await acting.run(plan)
    assert outcome.stage is Stage.EFFECTIVE, outcome
    (log,) = [one for one in acting.case.state.captured if one.kind == "pod.logs"]
    assert (log.note, log.size, log.failed) == ("container web, it is empty", 0, False)
