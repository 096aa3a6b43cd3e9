"""What cannot be undone waits for a second person: another uid of this host, told by the kernel and by nothing else."""

from __future__ import annotations

import grp
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.bootstrap.linking import linked_socket
from console.config.options import Options
from console.ports.session import ActionOutcome, Approve, Arm, FollowAction, PlanAction, ShowPlan
from console.ports.views import Done, OutcomeView, PlanView, Refusal
from console.wire.client import SocketSession
from tests.controlplane.running import ControlPlane
from tests.controlplane.waiting import eventually
from tests.engine.neighbour import Neighbour, neighbour
from tests.engine.running import Installation

GROUP = "daemon"


class Shared:
    """An engine whose state folder a group may enter."""

    def __init__(self, plane: ControlPlane) -> None:
        self.above = Path(tempfile.mkdtemp(prefix="wr-"))
        self.above.chmod(0o711)
        self.warroom = Installation(plane.kubeconfig("admin"))
        shutil.rmtree(self.warroom.state)
        self.warroom.state = self.above / "s"
        self.warroom.environment["WARROOM_STATE"] = str(self.warroom.state)
        self.options = Options(kubeconfig=str(plane.kubeconfig("admin")), state=str(self.warroom.state), group=GROUP)
        self.gid = grp.getgrnam(GROUP).gr_gid

    def start(self) -> None:
        """Start the engine."""
        done = self.warroom.run("checklist", "--json", "--group", GROUP, "--state", str(self.warroom.state))
        assert done.returncode == 0, done.stderr

    @property
    def socket(self) -> Path:
        path = linked_socket(self.options)
        assert path is not None
        return path


@pytest.fixture
def shared(controlplane: ControlPlane) -> Iterator[Shared]:
    one = Shared(controlplane)
    one.start()
    yield one
    one.warroom.stop()
    shutil.rmtree(one.above, ignore_errors=True)


@pytest.fixture
def pod(controlplane: ControlPlane, namespace: str) -> str:
    """A pod that nobody makes again."""
    spec = {"terminationGracePeriodSeconds": 0, "containers": [{"name": "app", "image": "registry.example/app:1"}]}
    controlplane.apply(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "miner", "namespace": namespace}, "spec": spec}
    )
    controlplane.kubectl("wait", "-n", namespace, "--for=condition=Ready", "pod/miner", "--timeout=30s")
    return namespace


def is_there(plane: ControlPlane, namespace: str) -> bool:
    return bool(plane.kubectl("get", "pod", "miner", "-n", namespace, "--ignore-not-found").stdout.strip())


async def planned(seat: SocketSession, namespace: str) -> PlanView:
    assert isinstance(await seat.ask(Arm("stolen account mines")), Done)
    plan = await seat.ask(PlanAction("pod.delete", "pod/miner", namespace))
    assert isinstance(plan, PlanView), plan
    assert plan.approvers == 1
    return plan


def approval(plan: PlanView) -> Approve:
    return Approve(plan.digest, plan.id, reason="mines", skip_evidence="captured by hand")


@pytest.mark.skipif(os.getuid() != 0, reason="takes a seat as another user, which only root can")
async def test_a_delete_waits_for_a_person_of_another_uid(shared: Shared, controlplane: ControlPlane, pod: str) -> None:
    assert stat.S_IMODE(shared.warroom.state.stat().st_mode) == 0o2750
    assert stat.S_IMODE(shared.socket.stat().st_mode) == 0o660
    async with shared.warroom.seat("ana") as ana, shared.warroom.seat("eva") as eva:
        plan = await planned(ana, pod)
        alone = await ana.ask(approval(plan))
        assert isinstance(alone, Refusal)
        assert "nobody else is here" in alone.text, "eva is another name of the same user"

        with neighbour(shared.socket, "li", shared.gid) as li:
            first = await ana.ask(approval(plan))
            assert isinstance(first, OutcomeView)
            assert (first.stage, first.waits) == ("planned", True)

            again = await eva.ask(Arm("me too")), await eva.ask(approval(plan))
            assert isinstance(again[1], OutcomeView)
            assert (again[1].stage, again[1].waits) == ("planned", True), "the same uid twice is one person"
            assert is_there(controlplane, pod)

            refuse_unarmed(li, plan)
            assert is_there(controlplane, pod)
            final = finish(li, plan)

    assert final.stage == "effective", final
    eventually(lambda: not is_there(controlplane, pod))
    record = shared.warroom.run("journal", "show", "--state", str(shared.warroom.state)).stdout
    approved = [line for line in record.splitlines() if "approved" in line]
    assert [name for line in approved for name in ("ana", "eva", "li") if f" {name} " in f"{line} "] == [
        "ana", "eva", "li",
    ]  # fmt: skip


def refuse_unarmed(li: Neighbour, plan: PlanView) -> None:
    """The second person sees the same plan, and approves from a seat that is armed."""
    shown = li.ask(ShowPlan(plan.digest))
    assert isinstance(shown, PlanView)
    assert (shown.digest, shown.calls) == (plan.digest, plan.calls)
    refused = li.ask(approval(plan))
    assert isinstance(refused, Refusal)
    assert "READ-ONLY" in refused.text
    still = li.ask(ActionOutcome(plan.digest))
    assert isinstance(still, OutcomeView)
    assert still.stage == "planned"


def finish(li: Neighbour, plan: PlanView) -> OutcomeView:
    """The second approval starts it; followed to its end."""
    assert isinstance(li.ask(Arm("second person")), Done)
    answer = li.ask(approval(plan))
    assert isinstance(answer, OutcomeView), answer
    assert not answer.waits
    while not answer.final:
        answer = li.ask(FollowAction(plan.digest, answer.stage))
        assert isinstance(answer, OutcomeView), answer
    return answer
