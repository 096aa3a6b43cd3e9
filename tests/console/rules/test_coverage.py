"""The catalogue of detections: every entry has a state, and names only what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.errors import DataError
from console.policy.podsecurity.judging import CONTROLS
from console.posture import exposure, grants, networks, pods
from console.rules import coverage
from console.rules.coverage import catalogue, render
from console.rules.loading import load_rules
from console.rules.measures import load_measure_rules


def test_the_catalogue_is_whole_and_every_rule_names_entries_of_it() -> None:
    ids = [entry.id for entry in catalogue()]

    assert ids == [f"D{number:02}" for number in range(1, 111) if number not in (59, 68)]
    named = {one for rule in load_rules().rules for one in rule.catalogue}
    named |= {one for rule in load_measure_rules() for one in rule.catalogue}
    assert named <= set(ids)


def test_every_entry_is_covered_or_says_why_not() -> None:
    text = render()

    assert text.count("\n| D") == 108
    assert all(f"| {entry.id} |" in text for entry in catalogue())
    assert all(entry.without in text for entry in catalogue())


def test_every_control_of_posture_that_is_named_is_one() -> None:
    known = {one.id for one in CONTROLS} | set(grants.ESCALATING) | {grants.WILDCARD, grants.ADMIN}
    written = "".join(Path(module.__file__ or "").read_text() for module in (exposure, grants, networks, pods))

    for entry in catalogue():
        for control in entry.posture:
            assert control in known or f'"{control}"' in written, (entry.id, control)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- {id: D09, detection: a, tactic: b, signal: c}", "D09 is covered by nothing and gives no reason"),
        (
            "- {id: D33, detection: a, tactic: b, signal: c, without: d}",
            "D33 is covered and gives a reason why it is not",
        ),
        ("- {id: D33}", "missing required field"),
        ("- [", "did not find expected"),
    ],
)
def test_a_catalogue_that_claims_too_much_or_too_little_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "catalogue.yml"
    path.write_text(text)
    monkeypatch.setattr(coverage, "_FILE", path)

    with pytest.raises(DataError, match=words):
        render()
