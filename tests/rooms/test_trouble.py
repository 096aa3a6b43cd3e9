"""Lost connections and poor terminals: nothing is lost, nothing is done twice, and the screen says what is wrong."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.controlplane.running import ControlPlane
from tests.controlplane.waiting import eventually
from tests.engine.running import Installation
from tests.engine.test_first_light import break_in
from tests.rooms.sitting import UNSEEN, Sitting


@pytest.fixture
def shop(controlplane: ControlPlane, namespace: str) -> Iterator[str]:
    """A namespace whose account `ci` was stolen, was made cluster-admin and listed all secrets."""
    break_in(controlplane, namespace)
    yield namespace
    controlplane.kubectl("delete", "clusterrolebinding", f"x-{namespace}", "--ignore-not-found")


@contextmanager
def slow_writes(controlplane: ControlPlane, name: str) -> Iterator[None]:
    """Each write to a cluster role binding takes three seconds: an admission webhook that takes calls, answers none."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hook = {
            "name": "slow.example.org",
            "clientConfig": {"url": f"https://127.0.0.1:{silent.getsockname()[1]}/"},
            "rules": [
                {
                    "apiGroups": ["rbac.authorization.k8s.io"],
                    "apiVersions": ["v1"],
                    "operations": ["UPDATE"],
                    "resources": ["clusterrolebindings"],
                }
            ],
            "failurePolicy": "Ignore",
            "timeoutSeconds": 3,
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }
        kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
        controlplane.apply({**kind, "metadata": {"name": name}, "webhooks": [hook]})
        try:
            yield
        finally:
            controlplane.kubectl("delete", "validatingwebhookconfiguration", name)


def is_open(warroom: Installation) -> bool:
    """Whether an action was approved and has no verdict yet, as the record has it."""
    return bool(entries(warroom, "approved")) and not entries(warroom, "effective")


def is_bound(controlplane: ControlPlane, shop: str) -> bool:
    return bool(controlplane.get("clusterrolebinding", f"x-{shop}").get("subjects"))


def entries(warroom: Installation, word: str) -> list[str]:
    return [line for line in warroom.run("journal", "show").stdout.splitlines() if word in line]


def test_an_action_outlives_the_connection_it_was_approved_over(
    warroom: Installation, controlplane: ControlPlane, shop: str
) -> None:
    with Sitting(warroom, controlplane.audit_log) as seat:
        seat.see("CRIT !!")
        seat.arm("stolen account")
        seat.affected("account", f"{shop}/ci")
        with slow_writes(controlplane, shop):
            short = seat.plan("r")
            seat.keys(short)
            seat.see(f"ACTION {short}")
            seat.terminal.hang_up()
            seat.terminal.wait_end(20)
            assert is_open(warroom), "the connection was lost too late to prove anything"
            eventually(lambda: not is_bound(controlplane, shop), timeout=30)

    with Sitting(warroom, controlplane.audit_log) as back:
        back.see(rf"▌account +{re.escape(shop)}/ci +(effective|converged)")
        assert "2 Affected resources" in back.terminal.text()
        assert "READ-ONLY" in back.terminal.text(), "a seat that comes back is disarmed"
    assert len(warroom.run("undo").stdout.splitlines()) == 1, "the action must not be there twice"


def test_a_seat_comes_back_to_filter_and_pane(warroom: Installation, controlplane: ControlPlane, shop: str) -> None:
    with Sitting(warroom, controlplane.audit_log) as seat:
        seat.see("CRIT !!")
        seat.terminal.send("2")
        seat.terminal.send("/")
        seat.see(r"^ /$")
        seat.terminal.send(f"{shop}/ci\r")
        seat.see(rf"/{re.escape(shop)}/ci 1")
        seat.terminal.settle(1.5)  # the engine is told the place at most once a second
        seat.terminal.hang_up()
        seat.terminal.wait_end(20)

    with Sitting(warroom, controlplane.audit_log) as back:
        back.see(rf"2 Affected resources .*/{re.escape(shop)}/ci 1")


def test_a_terminal_that_cannot_draw_is_told_so(warroom: Installation, controlplane: ControlPlane) -> None:
    with Sitting(warroom, controlplane.audit_log, environment={"TERM": "dumb"}) as seat:
        assert seat.terminal.wait_end(20) == 2
        said = seat.terminal.bytes.decode()
    assert "TERM=xterm-256color" in said
    assert "warroom status --json" in said
    assert "\x1b" not in said


def test_a_tiny_window_shows_that_it_is_too_small_and_contains_nothing(
    warroom: Installation, controlplane: ControlPlane, shop: str
) -> None:
    with Sitting(warroom, controlplane.audit_log, 20, 5) as seat:
        seat.see("too small")
        seat.keys("xr")
        seat.terminal.settle()
        assert "PLAN" not in seat.terminal.text()
        seat.terminal.resize(80, 24)
        seat.see("1 Suspicious activity")
        seat.see("cluster-admin bound")
    assert entries(warroom, "plan") == []


def test_a_plan_stays_open_and_readable_while_its_window_changes(
    warroom: Installation, controlplane: ControlPlane, shop: str
) -> None:
    with Sitting(warroom, controlplane.audit_log, 120, 40) as seat:
        seat.see("CRIT !!")
        seat.arm("stolen account")
        seat.affected("account", f"{shop}/ci")
        short = seat.plan("r")
        for cols, rows in ((80, 24), (40, 10), (20, 5), (200, 60), (80, 24)):
            seat.terminal.resize(cols, rows)
            seat.terminal.settle()
        seat.see(rf"PLAN {short} ")
        seat.approve(short)
    assert not is_bound(controlplane, shop)


@pytest.mark.parametrize("locale", ["C", "POSIX", "de_DE.ISO-8859-1"])
def test_without_utf8_only_ascii_is_drawn(
    warroom: Installation, controlplane: ControlPlane, shop: str, locale: str
) -> None:
    environment = {"LANG": locale, "LC_ALL": locale, "PYTHONUTF8": "0"}
    with Sitting(warroom, controlplane.audit_log, environment=environment) as seat:
        seat.see("cluster-admin bound")
        seat.see(r"\+-+ 1 Suspicious activity|1 Suspicious activity")
        seat.terminal.send("?")
        seat.terminal.settle()
        assert seat.terminal.bytes.isascii()


def test_keys_typed_in_one_burst_go_to_the_command_line_they_opened(
    warroom: Installation, controlplane: ControlPlane, shop: str
) -> None:
    """A fast person, a slow link: what follows `:` must never be taken for keys of the room."""
    with Sitting(warroom, controlplane.audit_log) as seat:
        seat.see("CRIT !!")
        seat.terminal.send(":arm an hour of xrays\r")
        seat.see(r"ARMED until")
        seat.terminal.settle()
        assert "an hour of xrays" in entries(warroom, "armed")[0]


def test_leaving_the_seat_leaves_the_engine(warroom: Installation, controlplane: ControlPlane, shop: str) -> None:
    with Sitting(warroom, controlplane.audit_log) as seat:
        seat.see("CRIT !!")
        seat.terminal.send("q")
        assert seat.terminal.wait_end(20) == 0
    engine = warroom.engine()
    assert engine is not None
    assert os.getsid(engine.pid) == engine.pid, "in the terminal's session it would end with the login"
    assert warroom.run("status").returncode == 0


def test_a_seat_at_an_engine_with_another_view_is_told_so_and_one_that_asks_for_another_is_refused(
    warroom: Installation, controlplane: ControlPlane
) -> None:
    warroom.run("checklist", "-n", "default")

    with Sitting(warroom, controlplane.audit_log) as seat:
        seat.see(r"This engine runs already: it uses the context test")
    with Sitting(warroom, controlplane.audit_log, arguments=("-n", "kube-system")) as other:
        other.see("watches only default, and -n kube-system was")
        other.terminal.settle(UNSEEN)
        other.terminal.send("q")
        assert other.terminal.wait_end(20) == 2
