"""Every command in the README does what the README says of it, on a real control plane."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.architecture.sources import ROOT
from tests.controlplane.running import ControlPlane
from tests.docs.ground import README, Ground, commands
from tests.docs.installers import environment, provide_installer
from tests.engine.running import Installation
from tests.means.cache import Missing

VERSION = "warroom 0."


@pytest.fixture
def ground(warroom: Installation, controlplane: ControlPlane, namespace: str, tmp_path: Path) -> Iterator[Ground]:
    one = Ground(warroom, controlplane, namespace, tmp_path)
    yield one
    one.close()


def runs_headless_without_a_cluster(ground: Ground, command: str) -> None:
    """`make run` without a terminal and without a kubeconfig plays the drill, and the built-in responder wins."""
    current = 'eval "$(grep ^wanted= scripts/venv.sh)"; cat .venv/*.stamp | grep -qx "$wanted $PWD"'
    if ground.ended(current).returncode:
        pytest.skip("make run would set up .venv anew under the running tests: run make test, which does it before")
    told = ground.run(command, ground.empty, seconds=280)
    assert "playing the drill headless" in told
    assert "won" in told.splitlines()[-1] or "won" in told[-1500:]


def is_a_target_of_make(ground: Ground, command: str) -> None:
    """Running it here would run this test again."""
    assert "pytest" in ground.run(f"make -n {command.removeprefix('make ')}")


def installs(ground: Ground, command: str) -> None:
    """Both programs work afterwards, from wherever they were installed."""
    try:
        installer = provide_installer(command.split()[0])
    except Missing as missing:
        pytest.skip(f"{missing.why}. {missing.how}")
    home = Path(ground.environment["HOME"])
    told = environment(home)
    line = [str(installer), *command.split()[1:]]
    done = subprocess.run(line, env=told, cwd=ROOT, capture_output=True, text=True, timeout=280)
    if done.returncode and _no_index(done.stderr):
        pytest.skip(f"no package index can be reached from here: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr[-3000:]
    for program in ("warroom", "kubectl-warroom"):
        said = subprocess.run([home / "bin" / program, "--version"], capture_output=True, text=True, check=True).stdout
        assert said.startswith(VERSION)


def _no_index(text: str) -> bool:
    signs = ("error sending request", "dns error", "Failed to fetch", "NewConnectionError", "No matching distribution")
    return any(sign in text for sign in signs)


def tells_its_version(ground: Ground, command: str) -> None:
    assert ground.run(command).startswith(VERSION)


def opens_a_drill(ground: Ground, command: str) -> None:
    with ground.at_terminal(command) as terminal:
        terminal.wait_for("DRILL", 40)
        terminal.wait_for("CRIT !!", 60)
        terminal.send("q")
        assert terminal.wait_end() == 0


def opens_the_war_room(ground: Ground, command: str) -> None:
    """Read-only, with the audit log as a source and its findings in pane 1."""
    with ground.at_terminal(command) as terminal:
        terminal.wait_for("READ-ONLY", 40)
        terminal.wait_for("audit live", 40)
        terminal.wait_for("1 Suspicious activity", 40)
        terminal.send("q")
        assert terminal.wait_end() == 0
    assert ground.run("warroom status --json"), "the engine goes on, and is found without naming its sources again"


def tells_the_state(ground: Ground, command: str) -> None:
    assert ground.ended(command).returncode == 1, "no engine runs yet, and asking must not start one"
    ground.run("warroom checklist --json")
    state = json.loads(ground.run(command))
    assert state["engine"] is True
    assert state["checklist"]["of"] == 86


def detects_offline(ground: Ground, command: str) -> None:
    done = ground.ended(command)
    assert done.returncode == 10, done.stderr
    assert all(json.loads(line)["severity"] in ("critical", "high", "medium") for line in done.stdout.splitlines())
    assert ground.warroom.engine() is None


def explains_a_rule(ground: Ground, command: str) -> None:
    done = ground.ended(command)
    assert done.returncode == 0, done.stderr
    assert "pod.privileged: True" in done.stdout
    assert ground.warroom.engine() is None


def tells_weaknesses(ground: Ground, command: str) -> None:
    done = ground.ended(command)
    assert done.returncode == 10, done.stderr
    assert {json.loads(line)["control"] for line in done.stdout.splitlines()} >= {"clusterAdmin"}
    assert ground.warroom.engine() is None


def plans(ground: Ground, command: str) -> None:
    """A plan with its digest; nothing changes."""
    before = _versions(ground)
    told = ground.run(command)
    assert "will do:" in told
    assert "digest " in told.splitlines()[-1]
    assert _versions(ground) == before


def plans_with_the_servers_word(ground: Ground, command: str) -> None:
    plans(ground, command)
    assert "the API server's dry run" in ground.run(command)


def _versions(ground: Ground) -> tuple[str, str]:
    plane = ground.plane
    node = plane.get("node", "node-1")
    return (
        str(node["spec"].get("unschedulable")),
        plane.get("serviceaccount", "ci", ground.namespace)["metadata"]["resourceVersion"],
    )


def lists_the_register(ground: Ground, command: str) -> None:
    assert ground.run(command).strip() == "Nothing is left to undo."


def prints_the_checklist(ground: Ground, command: str) -> None:
    told = ground.run(command)
    assert "[ ]" in told
    assert "ORG-01" in told


def finds_the_record_intact(ground: Ground, command: str) -> None:
    ground.run("warroom checklist --print")
    assert ground.run(command).startswith("intact: ")


def renders_rights_the_server_takes(ground: Ground, command: str) -> None:
    role = ground.run(command)
    applied = ground.plane.kubectl("apply", "--dry-run=server", "-f", "-", input=role).stdout
    assert "clusterrole.rbac.authorization.k8s.io/" in applied


def examines_this_host(ground: Ground, command: str) -> None:
    done = ground.ended(command)
    lines = done.stdout.splitlines()
    states = {line.split()[1]: line.split()[0] for line in lines}
    assert states["cluster"] == "ok"
    assert states["rights"] == "ok"
    assert done.returncode == int("bad" in states.values())
    assert not done.stderr


def ends_the_engine(ground: Ground, command: str) -> None:
    ground.run("warroom undo")
    engine = ground.warroom.engine()
    assert engine is not None
    ground.run(command)
    psutil.wait_procs([engine], timeout=20)
    assert ground.warroom.engine() is None
    assert ground.run("warroom journal verify"), "the record stays"


KNOWN: dict[str, Callable[[Ground, str], None]] = {
    "make run": runs_headless_without_a_cluster,
    "make test": is_a_target_of_make,
    "uv tool install .": installs,
    "pipx install .": installs,
    "kubectl warroom --version": tells_its_version,
    "python -m console --version": tells_its_version,
    "warroom drill": opens_a_drill,
    "warroom --audit /var/log/kubernetes/audit.log": opens_the_war_room,
    "warroom status --json": tells_the_state,
    "warroom detect /var/log/kubernetes/audit.log --json": detects_offline,
    "warroom posture --json": tells_weaknesses,
    "warroom rules explain K8S-PRIVILEGED /var/log/kubernetes/audit.log": explains_a_rule,
    "warroom contain sa.revoke sa/ci -n shop --plan": plans,
    "warroom contain node.cordon node/node-1 --plan --dry-run=server": plans_with_the_servers_word,
    "warroom undo": lists_the_register,
    "warroom checklist --print": prints_the_checklist,
    "warroom journal verify": finds_the_record_intact,
    "warroom rbac render": renders_rights_the_server_takes,
    "warroom doctor": examines_this_host,
    "warroom stop": ends_the_engine,
}


@pytest.mark.slow
@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_readme_does_what_it_says(command: str, ground: Ground) -> None:
    assert command in KNOWN, f"{README.name} has a command that nothing tests: {command}"
    KNOWN[command](ground, command)


def test_nothing_is_tested_that_the_readme_does_not_say() -> None:
    assert set(KNOWN) == set(commands())


def test_every_picture_and_document_the_readme_names_is_there() -> None:
    text = README.read_text()
    named = [part.split(")")[0] for part in text.split("](")[1:]]
    missing = [path for path in named if not path.startswith("http") and not (ROOT / path).exists()]
    assert missing == []
    assert os.path.getsize(README) < 12_000, "a README is read, not searched"
