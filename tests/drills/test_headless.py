"""The drill played headless through a seat of a real engine: by one who wins, and by one who deletes and loses."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.drill.headless import play
from console.drill.narrating import conclude
from console.drill.score import score
from console.errors import BadInput
from console.model.entry import Entry, Intent, Recorded
from console.model.finding import Finding
from console.model.severity import Severity
from tests.drills.room import room

pytestmark = pytest.mark.slow

_MUST_FIND = {
    "K8S-ACCOUNT-OWN-RIGHTS",
    "K8S-SECRETS-DUMP",
    "K8S-PRIVILEGED",
    "K8S-HOSTPATH",
    "K8S-EXEC-CREDENTIALS",
    "K8S-TOKEN-MINTED",
    "K8S-CRONJOB",
    "K8S-CLUSTER-ADMIN-BOUND",
}
"""Rules that every drill of `shop` sets off."""


class Played(msgspec.Struct):
    """What is left of a drill that was played."""

    code: int
    out: list[str]
    findings: list[Finding]
    stages: dict[str, str]
    left: list[str]
    entries: list[Entry]
    audit: list[dict[str, Any]]


def _play(folder: Path, script: str, as_json: bool = False) -> Played:
    async def whole() -> Played:
        out: list[str] = []
        async with room(folder) as at:
            code = await play(at.session, at.drill, at.clock, out.append, at.read, script, as_json)
            actions = at.engine.state.actions.values()
            return Played(
                code,
                out,
                list(at.engine.board.findings.values()),
                {str(one.planned.action): str(one.verified.stage) for one in actions if one.verified},
                at.drill.left(),
                list(at.read()),
                [msgspec.json.decode(line) for line in at.drill.server.audit.lines],
            )

    return asyncio.run(whole())


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return _play(tmp_path_factory.mktemp("steady"), "steady")


@pytest.fixture(scope="module")
def reckless(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return _play(tmp_path_factory.mktemp("reckless"), "reckless", as_json=True)


def test_the_steady_responder_wins(steady: Played) -> None:
    assert steady.code == 0, "\n".join(steady.out)
    assert any(line.startswith("VERDICT: won, ") for line in steady.out)
    assert steady.left == []


def test_his_containment_is_proved_and_not_only_accepted(steady: Played) -> None:
    assert {steady.stages[name] for name in ("sa.revoke", "workload.suspend", "stream.cut")} == {"effective"}


def test_the_attack_is_found_by_the_shipped_rules(steady: Played) -> None:
    assert {finding.rule for finding in steady.findings} >= _MUST_FIND


def test_everyday_work_and_our_own_stay_below_medium(steady: Played) -> None:
    loud = {
        (finding.who.user, finding.rule)
        for finding in steady.findings
        if finding.severity.at_least(Severity.MEDIUM) and finding.who.ip != "203.0.113.66"
    }

    assert loud == set()


def test_every_write_went_through_the_journal(steady: Played) -> None:
    intents = {entry.record.audit_id for entry in steady.entries if isinstance(entry.record, Intent)}
    writes = {
        event["auditID"]
        for event in steady.audit
        if event["user"]["username"] == "responder"
        and event["verb"] in ("create", "update", "patch", "delete")
        and event["objectRef"].get("apiGroup") not in ("authorization.k8s.io", "authentication.k8s.io")
        and "dryRun" not in event["requestURI"]
    }

    assert writes
    assert writes == intents


def test_the_attackers_story_is_on_record_only_at_the_end(steady: Played) -> None:
    told = [
        entry.seq for entry in steady.entries if isinstance(entry.record, Recorded) and "drill." in entry.record.topic
    ]
    writes = [entry.seq for entry in steady.entries if isinstance(entry.record, Intent)]

    assert len(told) >= 10
    assert min(told) > max(writes)


def test_the_reckless_responder_loses(reckless: Played) -> None:
    head = msgspec.json.decode(reckless.out[0])

    assert reckless.code == 1
    assert (head["verdict"], head["reasons"][0]) == ("lost", "the attacker has what he wanted")
    assert head["returned"] >= 2
    assert head["points"] <= 30
    assert "Deployment shop/metrics-proxy runs" in reckless.left


def test_the_lost_drill_teaches_what_was_missed(reckless: Played) -> None:
    head = msgspec.json.decode(reckless.out[0])

    assert any("its owner was still there" in lesson for lesson in head["lessons"])
    assert {msgspec.json.decode(line)["side"] for line in reckless.out[1:]} == {"attacker", "responder"}


async def test_a_drill_that_people_play_is_put_on_record_when_it_is_over(tmp_path: Path) -> None:
    async with room(tmp_path, pace=400.0) as at:
        why = await conclude(at.drill, at.session)
        result = score(at.read(), at.drill.scenario.lessons)

    assert why == ""
    assert (result.verdict, result.act_s) == ("lost", None)


async def test_an_unknown_play_is_named_with_those_there_are(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        with pytest.raises(BadInput, match=r"has no play 'lazy'\. It has: steady, reckless"):
            await play(at.session, at.drill, at.clock, lambda text: None, at.read, "lazy")
