"""LOGIN NEEDED, answered by a person: a plugin at a real terminal, a real API server that refused the old token."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.controlplane.running import ControlPlane
from tests.engine.running import Installation
from tests.rooms.sitting import Sitting

CODE = "471147"
SCRIPT = """#!/bin/sh
# Keeps its login in a file, as the clouds' own tools do; wants a code from a person when it has none.
cd {folder} || exit 9
env | cut -d= -f1 > seen.new && mv seen.new seen
if [ ! -s cache ]; then
  case "$KUBERNETES_EXEC_INFO" in *'"interactive":true'*) ;; *) echo "no login: run me at a terminal" >&2; exit 1;; esac
  printf 'One-time code: ' >&2
  read -r code
  [ "$code" = {code} ] || {{ echo "that code is wrong" >&2; exit 1; }}
  cp vault cache
fi
form='{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"%s"}}}}'
printf "$form" "$(cat cache)"
"""


class Provider:
    """Hands out tokens of one service account, through a plugin that wants a code first."""

    def __init__(self, plane: ControlPlane, namespace: str, folder: Path) -> None:
        self.plane, self.namespace, self.folder = plane, namespace, folder
        self.tokens: list[str] = []
        plugin = folder / "corp-login"
        plugin.write_text(SCRIPT.format(folder=folder, code=CODE))
        plugin.chmod(0o755)
        self.renew()
        user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "args": ["kube"]}}
        user["exec"]["interactiveMode"] = "IfAvailable"
        whole = yaml.safe_load(plane.kubeconfig().read_text())
        whole["users"] = [{"name": one["name"], "user": user} for one in whole["users"]]
        self.kubeconfig = folder / "config"
        self.kubeconfig.write_text(yaml.safe_dump(whole))
        self.kubeconfig.chmod(0o600)

    def renew(self) -> None:
        """Another account of the same name: every token of the one before is refused from now on."""
        metadata = {"name": "responder", "namespace": self.namespace}
        self.plane.kubectl("-n", self.namespace, "delete", "serviceaccount", "responder", "--ignore-not-found")
        self.plane.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
        (self.folder / "cache").unlink(missing_ok=True)
        made = self.plane.kubectl("-n", self.namespace, "create", "token", "responder").stdout.strip()
        self.tokens.append(made)
        (self.folder / "vault").write_text(made)


@pytest.fixture
def provider(controlplane: ControlPlane, namespace: str, tmp_path: Path) -> Iterator[Provider]:
    api = "rbac.authorization.k8s.io"
    controlplane.apply(
        {
            "apiVersion": f"{api}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"responder-{namespace}"},
            "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "responder", "namespace": namespace}],
        }
    )
    yield Provider(controlplane, namespace, tmp_path)
    controlplane.kubectl("delete", "clusterrolebinding", f"responder-{namespace}")


@pytest.fixture
def locked_out(controlplane: ControlPlane, provider: Provider) -> Iterator[Installation]:
    """An installation whose only way in is the plugin."""
    installation = Installation(provider.kubeconfig)
    yield installation
    installation.stop()
    shutil.rmtree(installation.state, ignore_errors=True)


def until_login_is_needed(seat: Sitting) -> None:
    """The API server believes a token it has just seen for some seconds more: ask until it does not."""
    for _ in range(40):
        seat.terminal.send("y")
        seat.see(r"LOGIN NEEDED|pgdn")
        seat.terminal.settle(0.5)
        if "pgdn" in seat.terminal.text():
            seat.terminal.send("\x1b")  # without a manifest in front this would leave the nodes
            seat.terminal.wait_gone("pgdn")
        if "LOGIN NEEDED" in seat.terminal.text():
            return
    raise AssertionError(f"the old token is still good:\n{seat.terminal.text()}")


def test_a_person_logs_in_from_their_seat_at_the_start_and_again_when_the_login_has_ended(
    locked_out: Installation, controlplane: ControlPlane, provider: Provider
) -> None:
    name = f"system:serviceaccount:{provider.namespace}:responder"
    with Sitting(locked_out, controlplane.audit_log, 120, 40) as seat:
        short = seat.see(r"(?s)wants to.*run the program .*type ([0-9a-f]{6})")[1]
        seat.terminal.settle(1)
        seat.keys(short)

        seat.see("no login: run me at a terminal")
        seat.see("log in here")
        seat.terminal.settle(1)
        seat.terminal.send("l")
        seat.see("One-time code:")
        seat.terminal.send(f"{CODE}\r")
        seat.see("1 Suspicious activity")
        seat.see(r"watch live", 60)

        seat.command("nodes")
        seat.see("2 :nodes")
        seat.go_to("node-1")
        provider.renew()
        until_login_is_needed(seat)
        seat.see("LOGIN NEEDED, :login")
        seat.terminal.send(":login\r")
        seat.see("One-time code:")
        seat.terminal.send("wrong\r")
        seat.see(r"that code is wrong")
        seat.see(r"corp-login ended with exit status 1.*Enter goes back")
        seat.terminal.send("\r")
        seat.terminal.wait_gone("Enter goes back")
        seat.see("2 :nodes")
        seat.see("corp-login ended with exit status 1")

        seat.terminal.send(":login\r")
        seat.see("One-time code:")
        seat.terminal.send("\x03")
        seat.see("ended by a signal.*Enter goes back")
        seat.terminal.send("\r")
        seat.terminal.wait_gone("Enter goes back")
        seat.see("2 :nodes")

        seat.terminal.send(":login\r")
        seat.see("One-time code:")
        seat.terminal.send(f"{CODE}\r")
        seat.see(f"Logged in: the API server takes this login, as {name}", 60)
        seat.terminal.wait_gone("LOGIN NEEDED", 20)
        seat.terminal.send("2")
        seat.see("2 :nodes")
        drawn = seat.terminal.bytes.decode(errors="replace")

    for token in provider.tokens:
        assert token not in drawn
        assert token[:40] not in drawn
    assert not {"PLANTED_SECRET", "WARROOM_STATE"} & set((provider.folder / "seen").read_text().split())
    journal = locked_out.run("journal", "show").stdout
    assert not any(token[:40] in journal for token in provider.tokens)
    assert json.loads(locked_out.run("status", "--json").stdout.splitlines()[-1])
