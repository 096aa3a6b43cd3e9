"""`alert.silence` and its undo at a real Alertmanager: planned, refused, applied, proved, never made twice, undone."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.actions.catalogue import all_actions
from console.errors import BadInput, Refused
from console.model.plan import Plan
from console.model.ref import ResourceRef
from console.model.verdict import Stage
from console.ports.silences import Silences
from console.sources.alertmanager.silences import AlertmanagerSilences
from tests.console.actions.incident import Incident, SwiftClock, eventually, incident
from tests.console.sources.alertmanager.test_polling import alert
from tests.controlplane import ControlPlane
from tests.means import alertmanager as real
from tests.means.silences import Lossy

WHY = {"reason": "we are on it"}


@asynccontextmanager
async def room_at(
    controlplane: ControlPlane, folder: Path, silences: Silences | None, **more: Any
) -> AsyncIterator[Incident]:
    async with incident(controlplane.kubeconfig(), folder, all_actions(), silences=silences, **more) as room:
        room.arm()
        try:
            yield room
        finally:
            if silences is not None:
                await silences.close()


def of(server: real.Alertmanager, name: str) -> ResourceRef:
    """The alert of that name, as a responder names it."""
    found = next(one for one in listed(server) if one["labels"]["alertname"] == name)
    return ResourceRef("", "", "Alert", "", found["fingerprint"])


def listed(server: real.Alertmanager) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.call("GET", "/api/v2/alerts")
    return found


def silences_at(server: real.Alertmanager, state: str = "active") -> list[dict[str, Any]]:
    return [one for one in server.call("GET", "/api/v2/silences") if one["status"]["state"] == state]


def states(server: real.Alertmanager) -> dict[str, str]:
    return {one["labels"]["alertname"]: one["status"]["state"] for one in listed(server)}


async def silence(room: Incident, ref: ResourceRef, **params: str) -> Plan:
    return await room.runner.plan("alert.silence", ref, {**WHY, **params})


async def test_a_silence_is_proved_by_what_alertmanager_lists_and_undone(
    controlplane: ControlPlane, alertmanager: real.Alertmanager, tmp_path: Path
) -> None:
    alertmanager.post(alert("CertExpires", namespace="shop", pod="web-1"), alert("KubeAPIDown"))
    async with room_at(controlplane, tmp_path, AlertmanagerSilences(alertmanager.url)) as room:
        plan = await silence(room, of(alertmanager, "CertExpires"))
        assert silences_at(alertmanager) == [], "planning writes nothing"
        tried = await room.runner.dry_run(plan)
        assert [(one.ok, one.able) for one in tried] == [(True, False)]
        assert silences_at(alertmanager) == [], "a dry run writes nothing"

        outcome = await room.finish(plan)

        assert (outcome.stage, outcome.residual, outcome.unverifiable) == (Stage.EFFECTIVE, (), ())
        assert states(alertmanager) == {"CertExpires": "suppressed", "KubeAPIDown": "active"}
        (made,) = silences_at(alertmanager)
        assert made["comment"].startswith("warroom: we are on it [c")
        assert made["createdBy"] == room.cluster.info.user
        assert [a.planned.digest for a in room.case.state.open_undo()] == [plan.digest]

        assert list(room.runner.touched()) == [], "no watch of the cluster tells of a silence"

        undo = await room.runner.plan_undo(plan.digest)
        outcome = await room.finish(undo)

        assert outcome.stage is Stage.EFFECTIVE
        assert room.runner.outcome(plan.digest).stage is Stage.UNDONE
        assert states(alertmanager) == {"CertExpires": "active", "KubeAPIDown": "active"}
        assert silences_at(alertmanager) == []
        assert room.case.state.open_undo() == []


async def test_a_plan_says_what_it_will_hide_and_for_how_long(
    controlplane: ControlPlane, alertmanager: real.Alertmanager, tmp_path: Path
) -> None:
    alertmanager.post(
        alert("Slow", namespace="shop", pod="web-1"),
        alert("Slow", namespace="shop", pod="web-2", category="security"),
        alert("KubeAPIDown"),
    )
    async with room_at(controlplane, tmp_path, AlertmanagerSilences(alertmanager.url)) as room:
        (ref,) = (
            ResourceRef("", "", "Alert", "", one["fingerprint"])
            for one in listed(alertmanager)
            if one["labels"].get("pod") == "web-1"
        )
        narrow = await silence(room, ref, **{"for": "30m"})
        wide = await silence(room, ref, labels="alertname, namespace")

    assert narrow.blast[0].startswith("hides 1 alert that fires now at Alertmanager 127.0.0.1:")
    assert narrow.warnings == ()
    assert 'pod="web-1"' in narrow.blast[2]
    body = msgspec.json.decode(narrow.steps[0].call.body)
    assert {one["name"] for one in body["matchers"]} == {"alertname", "namespace", "pod", "severity"}
    assert wide.blast[0].startswith("hides 2 alerts that fire now")
    assert wide.warnings[0].startswith("It hits 1 more than this alert: Slow (")
    assert wide.warnings[1].startswith("It hides SECURITY alerts of others: Slow (")


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"labels": "severity"}, "it would silence everything"),
        ({"labels": "team"}, "This would silence everything: all 2 alerts"),
        ({"labels": "pod"}, "has no label 'pod'; it has: alertname, severity, team"),
        ({"for": "1m"}, "is no time from 5m to 7d"),
        ({"for": "8d"}, "is no time from 5m to 7d"),
        ({"reason": " "}, "reason is needed"),
    ],
)
async def test_what_would_hide_too_much_or_cannot_be_meant_is_refused(
    controlplane: ControlPlane, alertmanager: real.Alertmanager, tmp_path: Path, params: dict[str, str], said: str
) -> None:
    alertmanager.post(alert("KubeAPIDown", team="a"), alert("Slow", team="a", pod="x"))
    async with room_at(controlplane, tmp_path, AlertmanagerSilences(alertmanager.url)) as room:
        with pytest.raises((Refused, BadInput), match=said):
            await silence(room, of(alertmanager, "KubeAPIDown"), **params)


async def test_the_watchdog_is_never_silenced(
    controlplane: ControlPlane, alertmanager: real.Alertmanager, tmp_path: Path
) -> None:
    alertmanager.post(alert("Watchdog", team="a"), alert("Slow", team="a"), alert("KubeAPIDown"))
    async with room_at(controlplane, tmp_path, AlertmanagerSilences(alertmanager.url, watchdog="Watchdog")) as room:
        with pytest.raises(Refused, match="Watchdog is the alert that always fires"):
            await silence(room, of(alertmanager, "Watchdog"))
        with pytest.raises(Refused, match="Watchdog is the alert that always fires"):
            await silence(room, of(alertmanager, "Slow"), labels="team")


async def test_without_an_alertmanager_it_says_what_is_missing(controlplane: ControlPlane, tmp_path: Path) -> None:
    async with room_at(controlplane, tmp_path, None) as room:
        with pytest.raises(Refused, match="No Alertmanager is configured"):
            await silence(room, ResourceRef("", "", "Alert", "", "0123456789abcdef"))


async def test_an_alert_that_has_ended_is_not_silenced(
    controlplane: ControlPlane, alertmanager: real.Alertmanager, tmp_path: Path
) -> None:
    async with room_at(controlplane, tmp_path, AlertmanagerSilences(alertmanager.url)) as room:
        with pytest.raises(Refused, match="No alert with the fingerprint 0123456789abcdef fires at Alertmanager"):
            await silence(room, ResourceRef("", "", "Alert", "", "0123456789abcdef"))


async def test_a_lost_answer_is_found_out_by_the_marker_and_nothing_is_sent_again(
    controlplane: ControlPlane, alertmanager: real.Alertmanager, tmp_path: Path
) -> None:
    """The request arrives, its answer does not: there is one silence, and it is proved and can be undone."""
    alertmanager.post(alert("Slow"), alert("KubeAPIDown"))
    server = Lossy(AlertmanagerSilences(alertmanager.url), carried_out=True)
    async with room_at(controlplane, tmp_path, server) as room:
        plan = await silence(room, of(alertmanager, "Slow"))
        outcome = await room.finish(plan)

        assert outcome.stage is Stage.EFFECTIVE
        assert server.sent == ["POST /api/v2/silences"]
        assert len(silences_at(alertmanager)) == 1
        assert [one.done for one in room.records("resolved")] == [True]
        with pytest.raises(Refused, match="silenced already, by this incident"):
            await silence(room, of(alertmanager, "Slow"))

        server.losing = True
        assert (await room.finish(await room.runner.plan_undo(plan.digest))).stage is Stage.EFFECTIVE
        assert states(alertmanager)["Slow"] == "active"


async def test_a_request_that_never_arrived_is_told_as_not_done(
    controlplane: ControlPlane, alertmanager: real.Alertmanager, tmp_path: Path
) -> None:
    alertmanager.post(alert("Slow"), alert("KubeAPIDown"))
    server = Lossy(AlertmanagerSilences(alertmanager.url), carried_out=False)
    async with room_at(controlplane, tmp_path, server, clock=SwiftClock()) as room:
        outcome = await room.finish(await silence(room, of(alertmanager, "Slow")))

    assert outcome.stage is Stage.FAILED
    assert "it was not done" in outcome.text
    assert silences_at(alertmanager) == []


async def test_an_engine_that_died_between_request_and_answer_finds_the_silence(
    controlplane: ControlPlane, alertmanager: real.Alertmanager, tmp_path: Path
) -> None:
    alertmanager.post(alert("Slow"), alert("KubeAPIDown"))
    server = Lossy(AlertmanagerSilences(alertmanager.url), carried_out=True, hanging=True)
    async with room_at(controlplane, tmp_path, server) as room:
        plan = await silence(room, of(alertmanager, "Slow"))
        await room.approve(plan)
        await eventually(lambda: server.sent)
        await eventually(lambda: silences_at(alertmanager))
        for task in room.runner._running.values():
            task.cancel()

    async with room_at(controlplane, tmp_path, AlertmanagerSilences(alertmanager.url)) as room:
        outcome = await asyncio.wait_for(room.runner.follow(plan.digest), 60)
    assert outcome.stage is Stage.EFFECTIVE
    assert len(silences_at(alertmanager)) == 1


async def test_a_silence_that_somebody_ends_is_no_longer_shown_as_effective(
    controlplane: ControlPlane, alertmanager: real.Alertmanager, tmp_path: Path
) -> None:
    alertmanager.post(alert("Slow"), alert("KubeAPIDown"))
    async with room_at(controlplane, tmp_path, AlertmanagerSilences(alertmanager.url), clock=SwiftClock()) as room:
        plan = await silence(room, of(alertmanager, "Slow"))
        assert (await room.finish(plan)).stage is Stage.EFFECTIVE
        alertmanager.unsilence(silences_at(alertmanager)[0]["id"])
        await eventually(lambda: room.runner.outcome(plan.digest).residual)

        assert room.runner.outcome(plan.digest).residual[0] == "the silence is expired"
        undo = await room.runner.plan_undo(plan.digest)
        assert (undo.steps, undo.warnings[0][:20]) == ((), "Nothing is left to p")
        assert (await room.finish(undo)).stage is Stage.EFFECTIVE


async def test_the_line_for_people_makes_the_same_silence(
    controlplane: ControlPlane, alertmanager: real.Alertmanager, tmp_path: Path
) -> None:
    alertmanager.post(alert("Slow", pod='a"b\\c'), alert("KubeAPIDown"))
    amtool = real.provide_alertmanager().with_name("amtool")
    if not amtool.is_file():
        pytest.skip("amtool is not beside Alertmanager here")
    async with room_at(controlplane, tmp_path, AlertmanagerSilences(alertmanager.url)) as room:
        plan = await silence(room, of(alertmanager, "Slow"))
    words = shlex.split(plan.steps[0].call.kubectl)
    assert words[0] == "amtool"
    process = await asyncio.create_subprocess_exec(str(amtool), *words[1:])
    assert await process.wait() == 0

    assert states(alertmanager) == {"Slow": "suppressed", "KubeAPIDown": "active"}
