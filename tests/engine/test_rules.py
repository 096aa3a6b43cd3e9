"""The user's own rules in an engine of its own process, from the settings file to the screen's rows and `status`."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.ports.views import FindingRow, HeaderView
from tests.controlplane.running import ControlPlane
from tests.engine.running import Installation, until

MINE = """title: config map of ours made
id: MY-CONFIGMAP
level: low
detection:
  selection: {verb: create, objectRef.resource: configmaps, target.name: mine}
  condition: selection
"""


@pytest.fixture
def config(warroom: Installation, tmp_path: Path) -> Path:
    """Settings with one rule that works and one that does not, beside them."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "good.yml").write_text(MINE)
    (tmp_path / "mine" / "bad.yml").write_text(MINE.replace("verb:", "verbs:").replace("MY-", "MY-BAD-"))
    path = tmp_path / "config.toml"
    lines = ("[rules]", 'folder = "mine"', 'disable = ["K8S-SECRETS-DUMP", "K8S-SECRET-DUMP"]')
    path.write_text("\n".join((*lines, "[rules.tune.MY-CONFIGMAP]", 'level = "high"', "")))
    warroom.environment["WARROOM_CONFIG"] = str(path)
    return path


async def test_a_broken_rule_disables_itself_and_all_else_starts_and_finds(
    warroom: Installation, controlplane: ControlPlane, namespace: str, config: Path
) -> None:
    done = warroom.run("checklist", "--json")
    assert done.returncode == 0, done.stderr

    controlplane.kubectl("get", "secrets", "-A", "--as=system:serviceaccount:shop:ci", "--as-group=system:masters")
    controlplane.kubectl("-n", namespace, "create", "configmap", "mine")
    async with warroom.seat() as seat:
        rows = await until(seat, "findings", FindingRow, lambda rows: "MY-CONFIGMAP" in {row.rule for row in rows})
        (header,) = await until(
            seat, "header", HeaderView, lambda rows: "rules" in {one.name for one in rows[0].sources}
        )

    assert [row.severity for row in rows if row.rule == "MY-CONFIGMAP"] == ["high"]
    assert "K8S-SECRETS-DUMP" not in {row.rule for row in rows}
    (told,) = [one for one in header.sources if one.name == "rules"]
    assert told.why.startswith(f"2 faults in the rules: {config.parent}/mine/bad.yml:4: unknown field 'verbs'")
    assert "1 rule disabled by the settings (K8S-SECRETS-DUMP)" in told.why
    assert told.note == "1 rule tuned by the settings (MY-CONFIGMAP)"
    assert f"rules: live — {told.why}; {told.note}" in warroom.run("status").stdout


def test_a_folder_that_is_not_there_stops_the_start_with_its_name(warroom: Installation, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[rules]\nfolder = "absent"\n')

    done = warroom.run("checklist", "--config", str(path))

    assert done.returncode == 2
    assert f"The rules folder {tmp_path}/absent of the settings is no folder." in done.stderr
    assert warroom.run("status").returncode == 1, "no engine runs"
