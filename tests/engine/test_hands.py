"""Own requests, a foreign use of our identity and colleagues, told apart in a real audit log by a real engine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from console.ports.views import EntryRow, FindingRow, HeaderView
from tests.controlplane.running import ControlPlane
from tests.engine.running import Installation, now, until
from tests.engine.test_first_light import approved


@pytest.fixture
def responder(controlplane: ControlPlane) -> Iterator[Installation]:
    """An installation under an identity that nothing else uses: the tests' own kubectl is the administrator."""
    controlplane.grant([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}], name="responder-all")
    one = Installation(controlplane.kubeconfig("responder"), controlplane.audit_log)
    yield one
    one.stop()
    shutil.rmtree(one.state, ignore_errors=True)
    controlplane.ungrant("responder-all")


async def test_doctor_beside_an_engine_is_no_foreign_use_of_our_identity(
    responder: Installation, controlplane: ControlPlane, namespace: str
) -> None:
    """Its requests carry ids of the incident: alarms for nothing would teach people to ignore them."""
    responder.run("undo")
    assert responder.run("doctor").returncode == 0
    controlplane.kubectl("create", "clusterrolebinding", f"after-{namespace}", "--clusterrole=cluster-admin",
                         f"--serviceaccount={namespace}:default")  # fmt: skip
    async with responder.seat() as seat:
        await until(seat, "findings", FindingRow, lambda rows: any(row.target == f"after-{namespace}" for row in rows))
        (header,) = await now(seat, "header", HeaderView)
    asked = [line for line in controlplane.audit_log.read_text().splitlines() if '"username":"responder"' in line]

    assert any("selfsubjectreviews" in line for line in asked), "the doctor's requests are in the record"
    assert header.alarms == ()
    controlplane.kubectl("delete", "clusterrolebinding", f"after-{namespace}")


async def test_our_identity_in_other_hands_is_an_alarm(
    responder: Installation, controlplane: ControlPlane, namespace: str
) -> None:
    responder.run("undo")
    controlplane.kubectl("get", "pods", "-n", namespace, user="responder")
    async with responder.seat() as seat:
        (header,) = await until(seat, "header", HeaderView, lambda rows: bool(rows and rows[0].alarms))

    (alarm,) = header.alarms
    assert alarm.startswith("our identity responder was used by another program: kubectl/")


async def test_a_colleague_at_an_object_we_touched_shows_as_other_hands(
    responder: Installation, controlplane: ControlPlane
) -> None:
    """Who it was comes out of the audit record: a field manager can be called anything."""
    approved(responder, "contain", "node.cordon", "node/node-1")
    controlplane.kubectl("label", "node", "node-0", "shift=night", "--overwrite")
    controlplane.kubectl("label", "node", "node-1", "shift=night", "--overwrite", "--field-manager=innocent")
    try:
        async with responder.seat() as seat:
            rows = await until(seat, "journal", EntryRow, lambda rows: any(" admin " in row.text for row in rows))
    finally:
        controlplane.kubectl("uncordon", "node-1")

    hands = [row.text for row in rows if row.result == "other-hand" or "other hand" in row.text]
    assert any("node-1" in text and "admin" in text for text in hands), [row.text for row in rows]
    assert not any("node-0" in text for text in hands)
