"""An action's parameters, set by keys in the form, and what the cluster looks like afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.everyday import deployment
from tests.controlplane.running import ControlPlane
from tests.engine.running import Installation
from tests.rooms.sitting import UNSEEN, Sitting


def _labels(controlplane: ControlPlane, namespace: str, name: str) -> dict[str, str]:
    labels: dict[str, str] = controlplane.get("pod", name, namespace)["metadata"].get("labels", {})
    return labels


def _form(seat: Sitting, *keys: str) -> str:
    """The form of the plan in sight, filled in with these keys; gives the id of the plan that comes of it."""
    seat.terminal.send("\x0f")
    seat.see("PARAMETERS")
    seat.terminal.settle(UNSEEN)
    for key in keys:
        seat.terminal.send(key)
    seat.terminal.wait_gone("PARAMETERS", 30)
    return seat.planned()


@pytest.mark.slow
@pytest.mark.parametrize(("cols", "rows", "look"), [(80, 24, {}), (120, 40, {"NO_COLOR": "1"})])
def test_a_pod_is_isolated_in_place_and_attached_again_by_what_was_chosen_in_the_form(
    warroom: Installation, controlplane: ControlPlane, namespace: str, cols: int, rows: int, look: dict[str, Any]
) -> None:
    controlplane.apply(deployment(namespace, "shop", 1))
    controlplane.kubectl("-n", namespace, "rollout", "status", "deployment/shop", "--timeout=60s")
    pod = controlplane.kubectl("-n", namespace, "get", "pods", "-o", "name").stdout.strip().removeprefix("pod/")
    with Sitting(warroom, controlplane.audit_log, cols, rows, look) as seat:
        seat.see("1 Suspicious activity")
        seat.see("watch live")
        seat.arm("stolen token")
        seat.browse("pods", namespace)
        first = seat.plan("i")
        seat.see("detach = auto, protect-node = yes")
        second = _form(seat, "\x1b[C", "\x1b[C", "\t", " ", "\r")
        seat.see("detach = no, protect-node = no")
        assert second != first
        seat.approve(second, "effective|residual|converged")
        assert _labels(controlplane, namespace, pod).get("app") == "shop", "detach=no leaves the pod its labels"

        seat.terminal.send("u")
        seat.see("Undo register")
        seat.terminal.settle(UNSEEN)
        seat.terminal.send("\r")
        seat.planned()
        seat.see("mode = network")
        short = _form(seat, " ", "\r")
        seat.see(r"mode = reattach$|mode = reattach[^-]")
        seat.approve(short)
    names = controlplane.kubectl("-n", namespace, "get", "networkpolicies", "-o", "name").stdout
    assert names == ""
