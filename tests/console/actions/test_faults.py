"""What goes wrong between a request and its answer, on a real API server whose answers are lost on purpose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.errors import Refused, Unreachable
from console.journal.reserve import Reserve
from console.model.entry import Entry
from console.model.plan import Plan
from console.model.ref import ResourceRef
from console.model.verdict import Stage
from console.ports.cluster import Reply, Request
from tests.console.actions.incident import Incident, SwiftClock, eventually, incident, node
from tests.console.actions.sample import Making, only
from tests.controlplane import ControlPlane
from tests.failpoints.killing import writes

Send = Callable[[Request, float], Awaitable[Reply]]
Fault = Callable[[Request, Send], Awaitable[Reply]]


def disturb(room: Incident, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    """Put a fault between the runner and the API server, for real writes only."""
    send = room.cluster.send

    async def disturbed(request: Request, within: float = 10.0) -> Reply:
        if request.method in ("GET",) or ("dryRun", "All") in request.query or "authorization" in request.path:
            return await send(request, within)
        return await fault(request, send)

    monkeypatch.setattr(room.cluster, "send", disturbed)


async def cordon(room: Incident, name: str) -> Plan:
    room.arm()
    return await room.runner.plan("node.cordon", node(name))


async def lost_answer(request: Request, send: Send) -> Reply:
    await send(request, 10.0)
    raise Unreachable("The connection was reset.")


async def lost_request(request: Request, send: Send) -> Reply:
    raise Unreachable("The connection was reset.")


async def broken_proxy(request: Request, send: Send) -> Reply:
    await send(request, 10.0)
    return Reply(502, b"<html>bad gateway</html>")


@pytest.mark.parametrize("fault", [lost_answer, broken_proxy])
async def test_a_lost_answer_is_found_out_by_reading(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, clock=SwiftClock()) as room:
        plan = await cordon(room, pair[0])
        disturb(room, monkeypatch, fault)

        outcome = await room.finish(plan)

        assert outcome.stage is Stage.EFFECTIVE
        (resolved,) = room.records("resolved")
        assert (resolved.done, resolved.why) == (True, "the object is as the write would leave it")
        assert list(writes(controlplane, pair[0]).values()) == [1]
        assert [action.planned.digest for action in room.case.state.open_undo()] == [plan.digest]


async def test_a_lost_request_is_not_sent_again(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, clock=SwiftClock()) as room:
        plan = await cordon(room, pair[0])
        disturb(room, monkeypatch, lost_request)

        outcome = await room.finish(plan)

        assert (outcome.stage, outcome.exit_code) == (Stage.FAILED, 7)
        assert "it was not done: the object is unchanged" in outcome.text
        assert len(room.records("intent")) == 1
        assert writes(controlplane, pair[0]) == {}


async def test_while_nothing_answers_the_outcome_is_unknown(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, clock=SwiftClock()) as room:
        plan = await cordon(room, pair[0])
        fetch, seen = room.cluster.fetch, []

        async def down(request: Request, send: Send) -> Reply:
            monkeypatch.setattr(room.cluster, "fetch", unreachable)
            return await lost_answer(request, send)

        async def unreachable(ref: ResourceRef) -> dict[str, Any] | None:
            seen.append(room.runner.outcome(plan.digest).stage)
            if len(seen) == 3:
                monkeypatch.setattr(room.cluster, "fetch", fetch)
            raise Unreachable("No answer.")

        disturb(room, monkeypatch, down)

        outcome = await room.finish(plan)

        assert seen == [Stage.UNKNOWN] * 3
        assert outcome.stage is Stage.EFFECTIVE


async def test_the_audit_record_decides_where_there_is_one(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, clock=SwiftClock()) as room:
        asked: list[str] = []

        def arrived(audit_id: str) -> int | None:
            asked.append(audit_id)
            return 200 if writes(controlplane, pair[0])[audit_id] else None

        case = msgspec.structs.replace(room.case, arrived=arrived)
        monkeypatch.setattr(room.runner, "_case", case)
        plan = await cordon(room, pair[0])
        disturb(room, monkeypatch, lost_answer)

        await room.finish(plan)

        (resolved,) = room.records("resolved")
        assert (resolved.done, resolved.why) == (True, "the audit record shows that it was answered with 200")
        assert asked == [intent.audit_id for intent in room.records("intent")]


async def test_a_server_that_is_too_busy_is_asked_again(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, clock=SwiftClock()) as room:
        plan = await cordon(room, pair[0])
        refused: list[str] = []

        async def busy(request: Request, send: Send) -> Reply:
            if len(refused) < 2:
                refused.append(request.audit_id)
                return Reply(429, b'{"kind":"Status","message":"too many requests","reason":"TooManyRequests"}')
            return await send(request, 10.0)

        disturb(room, monkeypatch, busy)

        assert (await room.finish(plan)).stage is Stage.EFFECTIVE
        assert [effect.status for effect in room.records("effect")] == [429, 429, 200]


async def test_without_a_durable_intent_nothing_is_sent(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full from the approval on: the reserve can no longer be taken."""
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, pair[0])
        room.chronicle.listen(
            lambda entry: monkeypatch.setattr(room.journal, "_reserve", Reserve(tmp_path / "r", 2**60))
        )

        outcome = await room.finish(plan)

        assert (outcome.stage, outcome.exit_code) == (Stage.FAILED, 7)
        assert "Nothing was written" in outcome.text
        assert "Free at least" in outcome.text
        assert writes(controlplane, pair[0]) == {}


async def test_a_plan_that_failed_on_a_full_disk_is_shown_as_it_stands_when_it_is_approved_again(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, pair[0])
        usable, disk = room.journal._reserve, ["full"]

        def fill(entry: Entry) -> None:
            if disk:
                monkeypatch.setattr(room.journal, "_reserve", Reserve(tmp_path / "r", 2**60))

        room.chronicle.listen(fill)
        assert (await room.finish(plan)).stage is Stage.FAILED
        disk.clear()
        monkeypatch.setattr(room.journal, "_reserve", usable)

        outcome = await room.finish(plan)

        assert list(writes(controlplane, pair[0]).values()) == [1]
        assert (outcome.stage, outcome.exit_code) == (Stage.EFFECTIVE, 0)


async def test_a_create_whose_answer_was_lost_is_recognised(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, only(Making()), SwiftClock()) as room:
        room.arm()
        plan = await room.runner.plan("sample.label", node(pair[0]), {"nodes": pair[0]})
        disturb(room, monkeypatch, lost_answer)

        assert (await room.finish(plan)).stage is Stage.EFFECTIVE
        assert room.records("resolved")[0].why == "the object is there as planned"
    controlplane.kubectl("delete", "namespace", pair[0], "--wait=false")


async def test_a_create_that_is_there_already_counts_only_when_it_is_the_same(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    meta = {"name": pair[0], "labels": {"sample": "yes", "more": "fine"}}
    controlplane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
    controlplane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": pair[1]}})
    async with incident(controlplane.kubeconfig(), tmp_path, only(Making())) as room:
        room.arm()
        same = await room.runner.plan("sample.label", node(pair[0]), {"nodes": pair[0]})
        other = await room.runner.plan("sample.label", node(pair[0]), {"nodes": pair[1]})

        assert (await room.finish(same)).stage is Stage.EFFECTIVE
        refused = await room.finish(other)
        assert refused.stage is Stage.FAILED
        assert "metadata.labels.sample" in refused.text
    controlplane.kubectl("delete", "namespace", *pair, "--wait=false")


async def test_an_engine_that_closes_lets_a_running_write_end(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, pair[0])
        await room.approve(plan)
        await room.runner.close()

        assert room.case.state.actions[plan.digest].wrote
        assert room.case.state.actions[plan.digest].unknown_steps == []


async def test_the_runner_takes_up_what_an_earlier_engine_left(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, pair[0])
        await room.finish(plan)
    controlplane.kubectl("uncordon", pair[0])

    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        await eventually(lambda: room.runner.outcome(plan.digest).stage is Stage.ACCEPTED)
        await eventually(lambda: room.records("drift"))

        assert len(room.records("intent")) == 1


async def test_undo_needs_nothing_but_the_record(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    """The next day, another engine: the plan and the before-image are evidence, not memory."""
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, pair[0])
        await room.finish(plan)

    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        room.arm()
        undo = await room.runner.plan_undo(plan.id)

        assert (await room.finish(undo)).stage is Stage.EFFECTIVE
        assert room.runner.outcome(plan.digest).stage is Stage.UNDONE
        assert "unschedulable" not in controlplane.get("node", pair[0])["spec"]
        with pytest.raises(Refused, match="undone already"):
            await room.runner.plan_undo(plan.digest)


async def test_a_restart_by_itself_changes_no_verdict(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        plan = await cordon(room, pair[0])
        await room.finish(plan)
        before = len(room.records("verified"))

    async with incident(controlplane.kubeconfig(), tmp_path) as room:
        await eventually(lambda: room.book.revision > 2)

        assert room.runner.outcome(plan.digest).stage is Stage.EFFECTIVE
        assert len(room.records("verified")) == before
