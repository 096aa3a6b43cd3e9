"""A login that was renewed by somebody else: tried at once when a person says so, on a real API server."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from console.cluster.connecting import approve, connect, judgement_of
from console.cluster.live import LiveCluster
from console.cluster.options import ConnectOptions
from console.errors import LoginNeeded
from console.ports.clock import SystemClock
from console.ports.cluster import Request
from tests.console.cluster.conftest import SECRET
from tests.controlplane import ControlPlane


async def test_a_token_file_that_holds_a_good_token_again_is_taken_at_once_and_says_who_we_are(
    controlplane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    good = controlplane.kubectl("-n", namespace, "create", "token", "default").stdout
    (tmp_path / "token").write_text(good)
    whole = yaml.safe_load(controlplane.kubeconfig().read_text())
    whole["users"] = [{"name": one["name"], "user": {"tokenFile": "token"}} for one in whole["users"]]
    (tmp_path / "config").write_text(yaml.safe_dump(whole))
    (tmp_path / "config").chmod(0o600)
    options = ConnectOptions((tmp_path / "config",), tmp_path / "state")
    approve(options, judgement_of(options)[1].short_hash)
    cluster = LiveCluster(await connect(options, SystemClock()), SystemClock(), SECRET)
    try:
        (tmp_path / "token").write_text("ended")
        with pytest.raises(LoginNeeded):
            await cluster.log_in()
        with pytest.raises(LoginNeeded):
            await cluster.send(Request("GET", "/version"))
        assert cluster.login_needed

        (tmp_path / "token").write_text(good)
        info = await cluster.log_in()

        assert info.user == cluster.info.user == f"system:serviceaccount:{namespace}:default"
        assert cluster.login_needed == ""
        assert (await cluster.send(Request("GET", "/version"))).status == 200
    finally:
        await cluster.close()
