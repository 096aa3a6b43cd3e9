"""Who may approve what: bound to the plan shown, armed, enough people, evidence first, in time."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.actions.approving import Approval
from console.errors import BadInput, JournalError, Refused
from console.hygiene.exporting import known_safe
from console.model.action import Danger
from console.model.entry import Disarmed, Effect, Entry
from console.model.plan import Plan
from console.model.verdict import Stage
from tests.console.actions.incident import Incident, SwiftClock, incident, node
from tests.console.actions.sample import Labelling, only
from tests.controlplane import ControlPlane
from tests.failpoints.killing import writes


async def label(room: Incident, name: str, *more: str) -> Plan:
    return await room.runner.plan("sample.label", node(name), {"nodes": ",".join(more)})


async def test_read_only_until_this_seat_is_armed(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling()), SwiftClock()) as room:
        plan = await label(room, pair[0])

        with pytest.raises(Refused, match="READ-ONLY"):
            await room.approve(plan)
        room.arm("somebody-else")
        with pytest.raises(Refused, match="READ-ONLY"):
            await room.approve(plan)
        room.arm()
        room.chronicle.record(Disarmed(known_safe("ana")))
        with pytest.raises(Refused, match="READ-ONLY"):
            await room.approve(plan)
        room.arm()
        await room.clock.sleep(901)
        with pytest.raises(Refused, match="READ-ONLY"):
            await room.approve(await label(room, pair[0]))

        assert writes(controlplane, pair[0]) == {}


async def test_a_command_is_armed_by_its_reason(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling())) as room:
        plan = await label(room, pair[0])

        with pytest.raises(Refused, match="--reason"):
            await room.approve(plan, arm=True, reason="  ")

        outcome = await room.finish(plan, arm=True, reason="stop the miner")
        assert outcome.stage is Stage.EFFECTIVE
        assert room.records("approved")[0].reason == "stop the miner"


async def test_an_approval_is_bound_to_the_plan_that_was_shown(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling())) as room:
        room.arm()
        plan, other = await label(room, pair[0]), await label(room, pair[1])

        with pytest.raises(Refused, match="not the id of this plan"):
            await room.approve(plan, typed=other.id)
        with pytest.raises(BadInput, match="no plan of this incident"):
            await room.runner.approve("f" * 64, Approval("ana", 1000, "ffff"))

        blob = tmp_path / "evidence" / plan.digest[:2] / plan.digest
        blob.write_bytes(blob.read_bytes().replace(pair[0].encode(), pair[1].encode()))
        with pytest.raises(JournalError, match="was altered"):
            await room.approve(plan)
        assert writes(controlplane, pair[1]) == {}


async def test_a_plan_is_kept_for_fifteen_minutes_and_over_a_restart(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling())) as room:
        room.arm()
        first, second = await label(room, pair[0]), await label(room, pair[1])

    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling()), SwiftClock()) as room:
        room.arm()
        assert (await room.finish(first)).stage is Stage.EFFECTIVE
        await room.clock.sleep(901)
        room.arm()
        with pytest.raises(Refused, match=r"15 minutes old|kept for 15"):
            await room.approve(second)


async def test_approving_twice_writes_once(controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path) -> None:
    import asyncio

    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling())) as room:
        room.arm()
        plan = await label(room, pair[0])

        await asyncio.gather(room.approve(plan), room.approve(plan), room.approve(plan))
        await room.runner.follow(plan.digest)
        outcome = await room.approve(plan)

        assert outcome.stage is Stage.EFFECTIVE
        assert len(room.records("approved")) == 1
        assert list(writes(controlplane, pair[0]).values()) == [1]


async def test_what_cannot_be_undone_wants_a_second_person(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling(Danger.D3))) as room:
        room.arm("ana")
        room.arm("bo")
        plan = await label(room, pair[0])
        ana = Approval("ana", 1000, plan.id)

        with pytest.raises(Refused, match="--break-glass"):
            await room.runner.approve(plan.digest, ana, {})
        with pytest.raises(Refused, match="nobody else"):
            await room.runner.approve(plan.digest, ana, {"ana's other window": 1000})
        waiting = await room.runner.approve(plan.digest, ana, {"bo": 1001})
        again = await room.runner.approve(
            plan.digest, Approval("ana-2", 1000, plan.id, reason="x", arm=True), {"bo": 1001}
        )

        assert (waiting.stage, again.stage) == (Stage.PLANNED, Stage.PLANNED)
        assert writes(controlplane, pair[0]) == {}

        await room.runner.approve(plan.digest, Approval("bo", 1001, plan.id), {"ana": 1000})
        assert (await room.runner.follow(plan.digest)).stage is Stage.EFFECTIVE


async def test_broken_glass_is_on_record(controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling(Danger.D3))) as room:
        room.arm()
        plan = await label(room, pair[0])

        with pytest.raises(Refused, match="nobody else"):
            await room.approve(plan, break_glass="   ")
        outcome = await room.finish(plan, break_glass="alone on call, they are exfiltrating")

        assert outcome.stage is Stage.EFFECTIVE
        assert room.records("approved")[0].break_glass == "alone on call, they are exfiltrating"


async def test_an_approval_that_waits_for_a_second_survives_a_restart(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling(Danger.D3))) as room:
        room.arm()
        plan = await label(room, pair[0])
        await room.runner.approve(plan.digest, Approval("ana", 1000, plan.id), {"bo": 1001})

    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling(Danger.D3))) as room:
        room.arm("bo")
        waiting = room.runner.outcome(plan.digest)
        assert (waiting.stage, waiting.text.startswith("approved by ana (user id 1000)")) == (Stage.PLANNED, True)
        await room.runner.approve(plan.digest, Approval("bo", 1001, plan.id), {})

        assert (await room.runner.follow(plan.digest)).stage is Stage.EFFECTIVE


async def test_evidence_comes_before_what_destroys_it(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling(destroys=True))) as room:
        room.arm()
        plan = await label(room, pair[0])

        with pytest.raises(Refused, match=f"Node {pair[0]} of which there is no evidence"):
            await room.approve(plan)
        assert [gap.ref.name for gap in (await room.runner.preflight(plan)).evidence] == [pair[0]]

        outcome = await room.finish(plan, skip_evidence="it is being wiped right now")
        assert outcome.stage is Stage.EFFECTIVE
        assert room.records("approved")[0].skip_evidence == "it is being wiped right now"


async def test_an_action_that_captures_itself_passes_the_gate(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    action = Labelling(destroys=True, protects=("node.yaml",))
    async with incident(controlplane.kubeconfig(), tmp_path, only(action)) as room:
        room.arm()
        plan = await label(room, *pair)

        assert (await room.finish(plan)).stage is Stage.EFFECTIVE
        order = [entry.record.__struct_config__.tag for entry in room.journal.read()]
        assert order.index("captured") < order.index("intent")
        assert {item.uid for item in room.records("captured")} == {ref.uid for ref in plan.destroys}


async def test_a_plan_that_stops_half_way_names_what_is_done_and_what_is_not(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling(undo="sample.unlabel"))) as room:
        room.arm()
        plan = await label(room, *pair)

        def meddle(entry: Entry) -> None:
            """Somebody cordons the second node as soon as the first is done."""
            if isinstance(entry.record, Effect):
                controlplane.kubectl("cordon", pair[1])

        room.chronicle.listen(meddle)

        outcome = await room.finish(plan)

        assert (outcome.stage, outcome.exit_code) == (Stage.PARTIAL, 6)
        assert f"Done: label node {pair[0]}" in outcome.text
        assert "spec.unschedulable=true" in outcome.text
        assert outcome.residual == (f"not done: label node {pair[1]}",)
        assert len(room.case.state.open_undo()) == 1


async def test_an_approved_action_outlives_the_arming_it_was_approved_under(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    """A session that drops after the approval must not leave an action half done."""
    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling()), SwiftClock()) as room:
        room.arm()
        plan = await label(room, *pair)

        def disarm(entry: Entry) -> None:
            if isinstance(entry.record, Effect) and "ana" in room.case.state.armed:
                room.chronicle.record(Disarmed(known_safe("ana")))

        room.chronicle.listen(disarm)
        outcome = await room.finish(plan)

        assert room.case.state.armed == {}
        assert outcome.stage is Stage.EFFECTIVE
        assert [effect.status for effect in room.records("effect")] == [200, 200]


async def test_parameters_are_held_to_their_kinds(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling())) as room:
        with pytest.raises(BadInput, match="how is one of plain, loud, not 'shouting'"):
            await room.runner.plan("sample.label", node(pair[0]), {"how": "shouting"})
        plan = await label(room, pair[0])

        assert dict(plan.params) == {"how": "plain", "nodes": ""}


async def test_an_action_without_undo_says_why(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    async with incident(controlplane.kubeconfig(), tmp_path, only(Labelling())) as room:
        room.arm()
        plan = await label(room, pair[0])
        with pytest.raises(BadInput, match="has written nothing"):
            await room.runner.plan_undo(plan.digest)

        await room.finish(plan)

        with pytest.raises(Refused, match=r"cannot be undone: It is a test\."):
            await room.runner.plan_undo(plan.id)
