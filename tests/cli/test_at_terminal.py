"""Commands that ask a person at a terminal, and what they say where there is none."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.scripted import Config, kubeconfig
from tests.controlplane.running import ControlPlane
from tests.controlplane.waiting import eventually
from tests.engine.running import Installation
from tests.rooms.sitting import UNSEEN
from tests.terminal import Terminal

CORDON = ("contain", "node.cordon", "node/node-1")


def typed(warroom: Installation, *words: str) -> Terminal:
    """A command as a person types it at a terminal."""
    return Terminal([sys.executable, "-m", "console", *words], 120, 40, warroom.environment)


def cordoned(controlplane: ControlPlane) -> bool:
    return bool(controlplane.get("node", "node-1")["spec"].get("unschedulable"))


def test_without_a_terminal_the_war_room_says_what_to_ask_instead(warroom: Installation) -> None:
    """Bare, as `ssh host warroom` or a cron job calls it: no screen, no engine, no drill."""
    done = subprocess.run(
        [sys.executable, "-m", "console"], env=warroom.environment, capture_output=True, text=True, timeout=60,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "`warroom status --json`" in done.stderr
    eventually(lambda: warroom.engine() is None)


def test_a_person_approves_at_the_terminal_by_the_plans_short_id(
    warroom: Installation, controlplane: ControlPlane
) -> None:
    with typed(warroom, *CORDON, "--reason", "a miner on it") as terminal:
        short = terminal.wait_for(r"type (\w{4}) to approve", 60)[1]
        assert re.search(rf"plan {short} .*Node node-1", terminal.text())
        terminal.send(f"{short}\r")
        terminal.wait_for("effective", 60)
        assert terminal.wait_end(20) == 0
    assert cordoned(controlplane)
    controlplane.kubectl("uncordon", "node-1")


@pytest.mark.parametrize("answer", ["y\r", "\r", "yes\r", "0000x\r", "\x04"])
def test_whatever_else_is_typed_does_nothing(warroom: Installation, controlplane: ControlPlane, answer: str) -> None:
    with typed(warroom, *CORDON, "--reason", "a miner on it") as terminal:
        terminal.wait_for("to approve", 60)
        terminal.send(answer)
        terminal.wait_for("Nothing was done", 20)
        assert terminal.wait_end(20) == 5
    assert not cordoned(controlplane)


def test_a_kubeconfig_that_cannot_be_used_is_said_on_the_screen_and_d_plays_the_drill(
    warroom: Installation, tmp_path: Path
) -> None:
    warroom.environment["KUBECONFIG"] = str(tmp_path / "absent")
    with typed(warroom) as terminal:
        terminal.wait_for("CANNOT OPEN THE CLUSTER", 30)
        assert "No such file" in terminal.text()
        eventually(lambda: warroom.engine() is None)
        assert list(warroom.state.glob("drill-*")) == [], "no drill unasked"
        terminal.settle(UNSEEN)
        terminal.send("d")
        terminal.wait_for("DRILL: nothing here is real", 120)
        terminal.wait_for("CRIT !!", 120)
        terminal.send("q")
        assert terminal.wait_end(20) == 0


@pytest.fixture
def blind(controlplane: ControlPlane, tmp_path: Path) -> Iterator[Installation]:
    """An installation whose kubeconfig trusts any server."""

    def change(config: Config) -> None:
        cluster = config["clusters"][0]["cluster"]
        cluster.pop("certificate-authority", None)
        cluster.pop("certificate-authority-data", None)
        cluster["insecure-skip-tls-verify"] = True

    one = Installation(kubeconfig(controlplane, tmp_path, change))
    yield one
    one.stop()
    shutil.rmtree(one.state, ignore_errors=True)


def test_what_a_kubeconfig_wants_is_approved_once_by_its_hash_and_every_command_names_how(blind: Installation) -> None:
    for command in ((*CORDON, "--plan"), ("checklist", "--json"), ("undo",)):
        done = blind.run(*command)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "warroom trust" in done.stderr
    assert "warroom trust" in blind.run("doctor").stdout
    asked = blind.run("trust")
    assert asked.returncode == 2
    short = re.search(r"--hash (\w+)", asked.stderr)
    assert short is not None

    with typed(blind, "trust") as terminal:
        terminal.wait_for("without verifying its certificate", 30)
        terminal.wait_for(f"type {short[1]} to approve")
        terminal.send("y\r")
        terminal.wait_for("Nothing was approved")
        assert terminal.wait_end(10) == 2
    with typed(blind, "trust") as terminal:
        terminal.wait_for(f"type {short[1]} to approve", 30)
        terminal.send(f"{short[1]}\r")
        terminal.wait_for("Approved")
        assert terminal.wait_end(10) == 0

    done = blind.run(*CORDON, "--plan")
    assert done.returncode == 0, done.stderr


def test_what_a_kubeconfig_wants_is_approved_on_the_error_screen_by_typing_its_short_hash(blind: Installation) -> None:
    short = re.search(r"--hash (\w+)", blind.run("trust").stderr)
    assert short is not None
    with typed(blind) as terminal:
        terminal.wait_for("without verifying its certificate", 30)
        terminal.settle(UNSEEN)
        terminal.send("y\r")
        terminal.settle(UNSEEN)
        eventually(lambda: blind.engine() is None)
        for key in short[1]:
            terminal.send(key)
        terminal.wait_for("1 Suspicious activity", 60)
        terminal.wait_for("NOT verified", 20)
        terminal.send("q")
        assert terminal.wait_end(20) == 0
