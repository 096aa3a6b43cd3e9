"""`make run` opens the cluster where there is one to open, and the drill only where there is none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.terminal import Terminal

RUN = ROOT / "scripts" / "run.sh"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A machine without any cluster, and a `warroom` that says how it was called."""
    program = tmp_path / "warroom"
    program.write_text('#!/bin/sh\necho "warroom" "$@"\n')
    program.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if key not in {"KUBECONFIG", "KUBERNETES_SERVICE_HOST"}}
    return kept | {"HOME": str(tmp_path), "WARROOM": str(program)}


def run(environment: dict[str, str], *args: str) -> list[str]:
    command = ["bash", str(RUN), *args]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_without_a_cluster_and_a_terminal_the_drill_plays_headless(environment: dict[str, str]) -> None:
    lines = run(environment)

    assert lines[-1] == "warroom drill --headless"
    assert len(lines) == 2
    assert "No kubeconfig" in lines[0]


def test_without_a_cluster_on_a_terminal_the_drill_is_announced(environment: dict[str, str]) -> None:
    with Terminal(["bash", RUN, "--seed", "3"], env={**environment, "KUBECONFIG": ""}) as terminal:
        terminal.wait_for(r"^No kubeconfig and not in a pod: starting the drill")
        terminal.wait_for(r"^warroom drill --seed 3$")


def test_one_existing_path_of_several_opens_the_war_room(environment: dict[str, str], tmp_path: Path) -> None:
    here = tmp_path / "b c.yaml"
    here.touch()

    assert run(environment | {"KUBECONFIG": f"{tmp_path}/absent::{here}"}, "-n", "shop") == ["warroom -n shop"]


def test_absent_paths_are_no_kubeconfig(environment: dict[str, str], tmp_path: Path) -> None:
    assert run(environment | {"KUBECONFIG": f"{tmp_path}/a:{tmp_path}/b"})[-1] == "warroom drill --headless"


def test_an_unusable_kubeconfig_is_the_war_rooms_to_explain(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text("not: [yaml")

    assert run(environment) == ["warroom"]


def test_a_pod_needs_no_kubeconfig(environment: dict[str, str]) -> None:
    assert run(environment | {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}) == ["warroom"]
