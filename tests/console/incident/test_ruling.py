"""What an engine says of its rules: an eye that is shut is told where the sources are."""

from __future__ import annotations

from pathlib import Path

from console.bootstrap.ruling import rules_of
from console.config.settings import RuleSettings, TuneSettings
from console.model.severity import Severity
from console.ports.clock import ManualClock
from console.ports.views import FindingRow, HeaderView, SourceView
from tests.console.incident.room import Room, drill_engine


async def of_rules(room: Room) -> list[SourceView]:
    (header,) = await room.rows("header", HeaderView)
    return [one for one in header.sources if one.name == "rules"]


async def test_a_broken_rule_is_told_and_everything_else_runs(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "bad\x1b[2J.yml").write_text("title: [")
    wanted = RuleSettings(str(mine), disable=("K8S-EXEC-POD",), tune={"K8S-PRIVILEGED": TuneSettings(Severity.LOW)})

    async with drill_engine(tmp_path, ManualClock(), rules=rules_of(wanted, "/etc/warroom.toml")()) as room:
        (told,) = await of_rules(room)
        await room.pass_time(60)
        findings = await room.rows("findings", FindingRow)

    assert (told.state, told.why.startswith("1 fault in the rules: ")) == ("live", True)
    assert f"{mine}/bad" in told.why
    assert "\x1b" not in told.why
    assert told.why.endswith("the rule is not used; 1 rule disabled by the settings (K8S-EXEC-POD)")
    assert told.note == "1 rule tuned by the settings (K8S-PRIVILEGED)"
    assert findings, "the drill's intruder is found all the same"


async def test_rules_as_they_were_shipped_are_no_news(tmp_path: Path) -> None:
    async with drill_engine(tmp_path, ManualClock(), attacked=False, rules=rules_of(RuleSettings(), "")()) as room:
        assert await of_rules(room) == []
