"""A real engine and a real Alertmanager: what fires is found once, with what Falco tells straight, over a kill too."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator

import pytest

from console.ports.views import FindingRow, HeaderView, ResourceRow
from tests.console.model.envelopes.test_alertmanager import from_falco
from tests.console.model.envelopes.test_falco import SHELL
from tests.console.sources.alertmanager.test_polling import alert
from tests.controlplane.running import ControlPlane, free_ports
from tests.engine.running import Installation, now, until
from tests.engine.test_sensors import SHELL_RULE, post
from tests.means import alertmanager as real

RULES = {SHELL_RULE, "ALERTMANAGER-KUBEAPIDOWN", "ALERTMANAGER-MINERFOUND", "ALERTMANAGER-CERTEXPIRES"}


@pytest.fixture
def warroom(controlplane: ControlPlane) -> Iterator[Installation]:
    one = Installation(controlplane.kubeconfig("admin"))
    yield one
    one.stop()
    shutil.rmtree(one.state, ignore_errors=True)


def told(rows: list[FindingRow]) -> dict[str, tuple[str, int, str]]:
    return {str(row.rule): (str(row.severity), row.count, str(row.target)) for row in rows if str(row.rule) in RULES}


async def test_what_fires_is_found_once_with_its_sources_and_outlives_a_kill(
    warroom: Installation, alertmanager: real.Alertmanager
) -> None:
    alertmanager.silence(alertname="Silenced")
    falco = from_falco()
    alertmanager.post(
        alert("KubeAPIDown"),
        alert("CertExpires", namespace="shop", pod="web-2"),
        alert("MinerFound", namespace="shop", pod="web-1", category="security"),
        alert("Silenced"),
        {"labels": falco["labels"], "annotations": falco["annotations"]},
    )
    port = free_ports(1)
    named = [f"--alertmanager={alertmanager.url}", f"--falco-webhook=127.0.0.1:{port}"]
    assert warroom.run("checklist", "--json", *named).returncode == 0

    async with warroom.seat() as seat:
        await until(seat, "findings", FindingRow, lambda rows: told(rows).keys() == RULES)
        assert post(port, SHELL) == 200
        await until(seat, "findings", FindingRow, lambda rows: any("," in row.sources for row in rows))
        before = await now(seat, "findings", FindingRow)
        (header,) = await now(seat, "header", HeaderView)
    assert {rule: row[:2] for rule, row in told(before).items()} == {
        SHELL_RULE: ("medium", 1),
        "ALERTMANAGER-KUBEAPIDOWN": ("medium", 1),
        "ALERTMANAGER-CERTEXPIRES": ("medium", 1),
        "ALERTMANAGER-MINERFOUND": ("critical", 1),
    }
    assert not any("SILENCED" in row.rule for row in before)
    (both,) = (row for row in before if str(row.rule) == SHELL_RULE)
    assert both.sources == "alertmanager, falco:webhook"
    (source,) = (one for one in header.sources if one.name == "alertmanager")
    assert (source.state, source.note) == (
        "live",
        "no Watchdog alert is defined or it never fired; 1 silence hides 1 alert",
    )

    warroom.kill()
    alertmanager.post(alert("KubeAPIDown", cluster="b"))
    assert warroom.run("checklist", "--json", *named).returncode == 0
    async with warroom.seat() as seat:
        await until(seat, "findings", FindingRow, lambda rows: len([r for r in rows if "APIDOWN" in r.rule]) == 2)
        after = await now(seat, "findings", FindingRow)
    assert {rule: row[1] for rule, row in told(after).items()} == dict.fromkeys(RULES, 1)


def state_of(server: real.Alertmanager, name: str) -> str:
    (one,) = (one for one in server.call("GET", "/api/v2/alerts") if one["labels"]["alertname"] == name)
    return str(one["status"]["state"])


async def test_a_finding_s_alert_is_silenced_proved_and_undone_from_the_command_line(
    warroom: Installation, alertmanager: real.Alertmanager
) -> None:
    alertmanager.post(alert("CertExpires", namespace="shop", pod="web-2"), alert("KubeAPIDown"))
    assert warroom.run("checklist", "--json", f"--alertmanager={alertmanager.url}").returncode == 0
    async with warroom.seat() as seat:
        await until(seat, "findings", FindingRow, lambda rows: len(told(rows)) == 2)
        (row,) = (one for one in await now(seat, "findings", FindingRow) if one.rule == "ALERTMANAGER-CERTEXPIRES")
        (fingerprint,) = (a["fingerprint"] for a in alertmanager.call("GET", "/api/v2/alerts") if "pod" in a["labels"])
        assert row.alert_key == f"Alert//{fingerprint}"
        order = ("contain", "alert.silence", f"alert/{row.key}", "--param", "reason=the renewal runs", "--json")

        planned = json.loads(warroom.run(*order, "--plan").stdout)
        assert state_of(alertmanager, "CertExpires") == "active"
        done = warroom.run(*order, "--approve", planned["digest"], "--reason", "noise")
        outcome = json.loads(done.stdout)
        assert (done.returncode, outcome["stage"], outcome.get("residual")) == (0, "effective", None)
        assert state_of(alertmanager, "CertExpires") == "suppressed"
        (made,) = alertmanager.call("GET", "/api/v2/silences")
        assert made["status"]["state"] == "active"
        assert re.fullmatch(r"warroom inc-\w+: the renewal runs \[c\w{10}\]", made["comment"])
        await until(seat, "resources", ResourceRow, lambda rows: [r.status for r in rows if r.kind == "Alert"] != [])

        (line,) = [json.loads(one) for one in warroom.run("undo", "--json").stdout.splitlines()]
        plan = json.loads(warroom.run("undo", line["key"], "--plan", "--json").stdout)
        done = warroom.run("undo", line["key"], "--approve", plan["digest"], "--reason", "over", "--json")
        assert (done.returncode, json.loads(done.stdout)["stage"]) == (0, "effective")
    assert state_of(alertmanager, "CertExpires") == "active"
    assert [one["status"]["state"] for one in alertmanager.call("GET", "/api/v2/silences")] == ["expired"]
