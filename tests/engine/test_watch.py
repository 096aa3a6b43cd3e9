"""A real engine without any audit trail: what its watches show is found all the same, and nobody is accused of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from console.model.severity import Severity
from console.ports.views import FindingRow, HeaderView
from tests.cluster.everyday import deployment, whole_day
from tests.cluster.intrusion import (
    Intruder,
    approves_client_certificate,
    clean_up,
    makes_privileged_host_pod,
    opens_node_port,
    sends_webhook_outside,
)
from tests.controlplane.running import ControlPlane
from tests.engine.running import Installation, now, until


@pytest.fixture
def warroom(controlplane: ControlPlane) -> Iterator[Installation]:
    one = Installation(controlplane.kubeconfig("admin"))
    yield one
    one.stop()
    shutil.rmtree(one.state, ignore_errors=True)


def loud(rows: list[FindingRow]) -> list[FindingRow]:
    return [row for row in rows if Severity(row.severity).at_least(Severity.MEDIUM)]


async def test_an_everyday_stays_below_medium_and_an_intrusion_is_found_without_a_user(
    warroom: Installation, controlplane: ControlPlane, namespace: str
) -> None:
    assert warroom.run("checklist", "--json").returncode == 0
    async with warroom.seat() as seat:
        await until(seat, "header", HeaderView, lambda rows: rows[0].sources[0].state == "live")
        whole_day(controlplane, namespace)
        controlplane.kubectl("-n", namespace, "create", "ingress", "last", "--rule=a.example/=web:80")
        ours = await until(seat, "findings", FindingRow, lambda rows: "OBJ-INGRESS-PLAIN" in {row.rule for row in rows})
        assert {"OBJ-CRONJOB", "OBJ-BINDING", "OBJ-NS-ADMIN"} <= {row.rule for row in ours}
        assert [(row.rule, row.target, row.severity) for row in loud(ours)] == []

        intruder = Intruder(controlplane, namespace)
        try:
            makes_privileged_host_pod(intruder)
            sends_webhook_outside(intruder)
            approves_client_certificate(intruder)
            opens_node_port(intruder)
            guarded = deployment(namespace, "tried", 1)
            guarded["spec"]["template"]["spec"]["hostPID"] = True
            controlplane.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=baseline")
            controlplane.apply(guarded)
            wanted = {
                *("OBJ-PRIVILEGED", "OBJ-HOST-PID", "OBJ-HOST-NETWORK", "OBJ-HOSTPATH", "OBJ-WEBHOOK-OUTSIDE"),
                *("OBJ-CLUSTER-ADMIN", "OBJ-CSR-ASKED", "OBJ-CSR-APPROVED", "OBJ-NODEPORT", "OBJ-CREATE-REFUSED"),
            }
            rows = await until(seat, "findings", FindingRow, lambda rows: wanted <= {row.rule for row in rows})
        finally:
            clean_up(intruder)
        (header,) = await now(seat, "header", HeaderView)

    found = {str(row.rule): row for row in rows}
    assert {row.sources for row in found.values()} == {"watch"}
    assert found["OBJ-CSR-ASKED"].who == f"sa {namespace}/web", "the request itself says who asked for it"
    others = {rule: str(row.who) for rule, row in found.items() if rule != "OBJ-CSR-ASKED"}
    assert {rule: who for rule, who in others.items() if who.partition(" ")[0] != "unknown"} == {}
    assert others["OBJ-CSR-APPROVED"] == "unknown (manager kubectl)", "not the mark of who asked"
    assert others["OBJ-CREATE-REFUSED"] == "unknown", "an Event's mark is that of who reports it"
    assert found["OBJ-PRIVILEGED"].target == f"{namespace}/node-tuner"
    assert others["OBJ-PRIVILEGED"] == "unknown (manager kubectl-client-side-apply)"
    assert (found["OBJ-HOST-PID"].severity, found["OBJ-CLUSTER-ADMIN"].severity) == ("high", "critical")
    assert "who made them is not known" in header.sources[0].note
