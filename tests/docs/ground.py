"""What the README's commands stand on in a test: programs on PATH, a cluster, an audit log, a namespace.

In: a command exactly as the README has it. Out: how it ended. What a reader's machine has and a test's has not is put
in its place by `substituted`, and nowhere else.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import ROOT
from tests.controlplane.running import ControlPlane
from tests.engine.running import Installation
from tests.engine.test_first_light import break_in
from tests.terminal import Terminal

README = ROOT / "README.md"


def commands() -> list[str]:
    """Every command of the README's `sh` blocks, without comments, in order."""
    found: list[str] = []
    inside = False
    for line in README.read_text().splitlines():
        if line.startswith("```"):
            inside = line == "```sh"
        elif inside and (command := line.split("  #")[0].split(" # ")[0].strip()):
            found.append(command)
    return found


class Ground:
    """Commands as a reader types them, on a cluster with a namespace, a stolen account `ci` and a node `node-1`.

    Args:
        folder: an empty one, for programs and homes of this test.
    """

    def __init__(self, warroom: Installation, plane: ControlPlane, namespace: str, folder: Path) -> None:
        self.warroom, self.plane, self.namespace = warroom, plane, namespace
        break_in(plane, namespace)
        programs = folder / "programs"
        programs.mkdir()
        kubectl = programs / "kubectl"
        kubectl.write_text(f'#!/bin/sh\nexec "{plane.binary}" kubectl "$@"\n')
        kubectl.chmod(0o755)
        path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
        self.environment = warroom.environment | {"PATH": path, "HOME": str(folder)}
        self.empty = self.environment | {"KUBECONFIG": str(folder / "no-cluster")}
        """The same on a machine without a cluster."""

    def close(self) -> None:
        """End every engine, a drill's beside the cluster's; put back what is not in the namespace."""
        while self.warroom.engine():
            self.warroom.stop()
        self.plane.kubectl("delete", "clusterrolebinding", f"x-{self.namespace}")

    def substituted(self, command: str) -> str:
        """The command with what only the reader's machine has replaced."""
        places = {"/var/log/kubernetes/audit.log": str(self.plane.audit_log), "-n shop": f"-n {self.namespace}"}
        for theirs, ours in places.items():
            command = command.replace(theirs, ours)
        return command

    def run(self, command: str, environment: dict[str, str] | None = None, seconds: float = 120) -> str:
        """What it printed; it must have ended with 0."""
        done = self.ended(command, environment, seconds)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    def ended(
        self, command: str, environment: dict[str, str] | None = None, seconds: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """A command without a terminal, in the checkout."""
        return subprocess.run(
            ["bash", "-c", self.substituted(command)],
            env=environment or self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            cwd=ROOT,
        )

    def at_terminal(self, command: str, cols: int = 120, rows: int = 40) -> Terminal:
        """A command at a terminal, in the checkout."""
        return Terminal(["bash", "-c", self.substituted(command)], cols, rows, self.environment, ROOT)
