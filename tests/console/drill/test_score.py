"""Score and debrief, from the journal alone."""

from __future__ import annotations

import msgspec

from console.drill.debrief import as_json, lines
from console.drill.score import score
from console.hygiene.exporting import known_safe
from console.model import entry as e
from tests.console.drill.journal import DELETE, REVOKE, Journal

_LESSONS = {"reentry": "stop the owner", "unrevoked": "revoke", "evidence": "capture first", "slow": "be quick"}


def _won() -> Journal:
    clean = known_safe
    found = e.Found(clean("f"), clean("K8S-X"), clean("high"), clean("t"), clean("w"), clean("x"))
    journal = Journal().add(1, found).add(20, e.Declared(clean("shop"), clean("drill")))
    journal.act(30, REVOKE, "sa.revoke", "sa-uid").captured(40, "pod-uid").act(50, DELETE, "pod.delete", "pod-uid")
    journal.opened().deed(-540, "move", "starts a miner").deed(90, "over", "gives up")
    return journal.ended("gave up")


def test_a_clean_win_has_all_points_and_its_times() -> None:
    found = score(_won().entries, _LESSONS)

    assert (found.verdict, found.points, found.scenario) == ("won", 100, "shop")
    assert (found.detect_s, found.declare_s, found.act_s, found.contain_s, found.verify_s) == (1, 20, 30, 90, 22)
    assert (found.captured, found.destroyed, found.undo_debt, found.lessons) == (1, 1, 1, ())


def test_the_timeline_has_both_sides_in_order() -> None:
    found = score(_won().entries).timeline

    assert [line.at for line in found] == sorted(line.at for line in found)
    assert (found[0].side, found[0].text) == ("attacker", "starts a miner")
    assert ("responder", "effective: pod.delete Pod shop/metrics-proxy-1") in [(one.side, one.text) for one in found]


def test_a_pod_deleted_before_its_evidence_costs_points_and_teaches() -> None:
    journal = Journal().act(10, DELETE, "pod.delete", "pod-uid", skip="no time").captured(20, "pod-uid")
    journal.opened().deed(60, "over", "gives up").ended("gave up")

    found = score(journal.entries, _LESSONS)

    assert (found.verdict, found.points) == ("won", 80)
    assert (found.captured, found.destroyed, found.overrides) == (0, 1, 1)
    assert found.lessons == ("capture first",)


def test_a_capture_that_failed_is_no_evidence() -> None:
    journal = Journal().captured(5, "pod-uid", failed=True).act(10, DELETE, "pod.delete", "pod-uid").opened()

    assert score(journal.entries).captured == 0


def test_comebacks_cost_points_and_name_their_trap() -> None:
    journal = Journal().opened().deed(10, "returned", "is back").deed(20, "reentry", "starts again")
    journal.deed(60, "over", "gives up").ended("gave up")

    found = score(journal.entries, _LESSONS)

    assert (found.returned, found.reentries, found.points) == (1, 1, 80)
    assert found.lessons == ("stop the owner", "revoke")


def test_a_lost_drill_says_what_the_attacker_still_has() -> None:
    journal = Journal().opened().deed(600, "over", "has what he wanted").ended("won", "Deployment shop/miner runs")

    found = score(journal.entries)

    assert found.verdict == "lost"
    assert found.points <= 30
    assert found.reasons == ("the attacker has what he wanted", "Deployment shop/miner runs")
    assert found.contain_s is None


def test_a_journal_without_an_end_is_unfinished() -> None:
    assert score(Journal().opened().entries).verdict == "unfinished"
    assert score(Journal().entries).verdict == "unfinished"


def test_the_debrief_ends_with_verdict_and_reasons() -> None:
    text = lines(score(_won().entries))

    assert text[-2:] == ["VERDICT: won, 100 of 100 points", "  the attacker has nothing left and gave up"]
    assert any("attacker has nothing left" in line and "90 s" in line for line in text)


def test_the_json_has_the_score_first_and_one_line_for_each_step() -> None:
    found = score(_won().entries)

    head, *steps = (msgspec.json.decode(line) for line in as_json(found))

    assert (head["verdict"], head["points"]) == ("won", 100)
    assert len(steps) == len(found.timeline)
