"""The engine over its own record and its sources: what it says of them, what it keeps, what it does not do twice."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from console.hygiene.exporting import Exporter
from console.incident import board
from console.incident.engine import Engine
from console.incident.noting import MOST, FindingNotes
from console.journal.sqlite import SqliteJournal
from console.model import entry as e
from console.model.audit import AuditEvent, AuditUser
from console.model.finding import Finding, Target
from console.model.identity import Identity
from console.model.severity import Severity
from console.ports.clock import ManualClock
from console.ports.source import Sink
from console.ports.views import EntryRow, FindingRow, HeaderView
from console.sources.alertmanager import Alertmanager
from console.sources.alertmanager.silences import AlertmanagerSilences
from tests.console.incident.room import drill_engine
from tests.means.silences import Lossy

export = Exporter(b"test")


def record(path: Path) -> list[e.Record]:
    journal = SqliteJournal(path / "drill-test" / "journal.db", reading=True)
    try:
        return [entry.record for entry in journal.read()]
    finally:
        journal.close()


async def test_a_record_that_was_tampered_with_is_an_alarm_and_work_goes_on(tmp_path: Path) -> None:
    async with drill_engine(tmp_path, ManualClock(), attacked=False, settle=1):
        pass
    with sqlite3.connect(tmp_path / "drill-test" / "journal.db") as base:
        base.execute(
            "UPDATE entries SET body = CAST(replace(CAST(body AS TEXT), 'drill', 'thrill') AS BLOB) WHERE seq = 1"
        )

    async with drill_engine(tmp_path, ManualClock(), attacked=False, settle=1) as room:
        room.engine.note(e.Noted(export("ana"), export("still on record")))
        (header,) = await room.rows("header", HeaderView)

    assert header.journal == "chain BROKEN: entry 1 was altered"
    assert any("not intact" in alarm for alarm in header.alarms)
    assert any(isinstance(one, e.Noted) for one in record(tmp_path))


async def test_a_finding_on_record_is_not_recorded_again_when_it_was_not_saved_before_the_crash(tmp_path: Path) -> None:
    """The entry is made at once, the finding saved half a second later: an engine may die in between."""
    async with drill_engine(tmp_path, ManualClock()):
        pass
    for path in (tmp_path / "drill-test").glob("findings.db*"):
        path.unlink()

    async with drill_engine(tmp_path, ManualClock()) as room:
        assert await room.rows("findings", FindingRow), "nothing was found again"

    times = Counter(one.finding for one in record(tmp_path) if isinstance(one, e.Found))
    assert times
    assert set(times.values()) == {1}


class Stumbling:
    """A source that breaks the first times it is run."""

    name = "audit:odd"

    def __init__(self, times: int) -> None:
        self.times = times
        self.runs = 0

    async def run(self, sink: Sink, position: str = "") -> None:
        self.runs += 1
        if self.runs <= self.times:
            raise KeyError("a defect")


async def test_a_source_that_breaks_is_shown_as_failed_and_run_again(tmp_path: Path) -> None:
    """Silence is never shown as calm: a source that is dead must not go on looking live."""
    source = Stumbling(2)

    async with drill_engine(tmp_path, ManualClock(), attacked=False, settle=0.5, sources=(source,)) as room:
        (header,) = await room.rows("header", HeaderView)
        await room.pass_time(5)

    (shown,) = [one for one in header.sources if one.name == source.name]
    assert (shown.state, "KeyError" in shown.why) == ("failed", True)
    assert any("source:audit:odd" in alarm for alarm in header.alarms)
    assert source.runs == 3


async def test_a_configured_source_is_never_missing_in_the_header(tmp_path: Path) -> None:
    async with drill_engine(tmp_path, ManualClock(), attacked=False, settle=0) as room:
        header = room.engine.board.tables["header"].get("header")

    assert isinstance(header, HeaderView)
    assert [(one.name, one.state) for one in header.sources if one.name == "audit"] == [("audit", "loading")]


async def test_changes_that_were_lost_in_a_storm_stand_beside_the_watch(tmp_path: Path) -> None:
    async with drill_engine(tmp_path, ManualClock(), attacked=False, settle=0.5) as room:
        room.engine.noticing.dropped = 3
        await room.pass_time(2)
        (header,) = await room.rows("header", HeaderView)

    watch = [one for one in header.sources if one.name == "watch"]
    assert [(one.state, one.dropped) for one in watch] == [("live", 3)]
    assert "who made them is not known" in watch[0].note


async def test_panes_keep_the_newest_and_the_worst_and_stay_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "SHOWN", 20)
    monkeypatch.setattr(board, "FINDINGS", 20)
    monkeypatch.setattr(board, "_SLACK", 5)

    async with drill_engine(tmp_path, ManualClock(), attacked=False, settle=0.5) as room:
        for number in range(100):
            room.engine.note(e.Noted(export("ana"), export(f"note {number}")))
            severity = Severity.LOW if number else Severity.CRITICAL
            one = Finding("r", "t", severity, Identity(f"user{number}"), Target(), 1.0 * number, 2.0 * number)
            room.engine.board.found([one])
        entries = await room.rows("journal", EntryRow)
        findings = await room.rows("findings", FindingRow)

    assert 20 <= len(entries) <= 25
    assert entries[-1].text == "note: note 99"
    assert 20 <= len(findings) <= 25
    assert "critical" in {row.severity for row in findings}, "the worst must not go first"
    assert len(record(tmp_path)) > 100, "the record itself keeps all"


async def test_a_flood_of_foreign_hands_does_not_fill_the_record(tmp_path: Path) -> None:
    from console.incident.hands import Sighting

    async with drill_engine(tmp_path, ManualClock(), attacked=False, settle=0.5) as room:
        for number in range(1000):
            room.engine._sighted(Sighting("", "eve", f"our identity was used by agent {number}", alarm=True))
        await room.pass_time(10)
        room.engine._sighted(Sighting("", "eve", "one more", alarm=True))

    alarms = [one.text for one in record(tmp_path) if isinstance(one, e.Alarm)]
    assert len(alarms) < 70
    assert any("940 more sightings" in text for text in alarms)


def test_a_finding_is_recorded_when_it_becomes_medium_and_only_then() -> None:
    told: list[e.Record] = []
    notes = FindingNotes(told.append, export)

    for severity in (Severity.LOW, Severity.HIGH, Severity.HIGH):
        notes.take([Finding("r", "t", severity, Identity("eve"), Target(), 1.0, 2.0)])

    assert [one.severity for one in told if isinstance(one, e.Found)] == ["high"]


def test_a_storm_of_findings_gets_so_many_entries_and_no_more_after_a_restart() -> None:
    told: list[e.Record] = []
    notes = FindingNotes(told.append, export)
    notes.recall((), count=MOST - 3)

    notes.take(Finding("r", "t", Severity.HIGH, Identity(f"u{n}"), Target(), 1.0, 2.0) for n in range(50))

    assert len(told) == 3


async def test_a_clouds_reserved_names_are_its_own_once_the_cluster_is_seen_to_be_that_clouds(tmp_path: Path) -> None:
    async with drill_engine(tmp_path, ManualClock()) as room:
        cluster, rules = room.engine.cluster, room.engine.detection.detector.rules
        event = AuditEvent(audit_id="x", stage="ResponseComplete", verb="create", user=AuditUser(username="eks:me"))
        before = rules.choose(event)[0][3]

        info = msgspec.structs.replace(cluster.info, version="v1.36.0-eks-1a2b3c")
        cluster._info = info  # type: ignore[attr-defined]  # as its API server might say it
        await room.pass_time(2)

        assert (before, rules.choose(event)[0][3]) == ("person", "provider")


async def test_whoever_tells_of_silences_knows_this_incident_s_own_by_their_mark(tmp_path: Path) -> None:
    async with drill_engine(tmp_path, ManualClock(), attacked=False, settle=1) as room:
        server = Lossy(AlertmanagerSilences("http://127.0.0.1:9"), carried_out=False)
        source = Alertmanager("alertmanager", "http://127.0.0.1:9", ManualClock())
        other = Engine(msgspec.structs.replace(room.engine.parts, silences=server, sources=(source,)))
        mark = other.case.names.of("silence of an alert")

        assert [one.ours(f"warroom: x [{mark}]") for one in (server, source)] == [True, True]
        assert [one.ours("warroom: x [cabcdefghij]") for one in (server, source)] == [False, False]
