"""A score in words and as JSON."""

from __future__ import annotations

import msgspec

from console.drill.score import Score
from console.drill.times import seconds
from console.hygiene.exporting import known_safe
from console.model.text import Clean

_TIMES = (
    ("first finding", "detect_s"),
    ("declared", "declare_s"),
    ("first write", "act_s"),
    ("attacker has nothing left", "contain_s"),
    ("from first write to last proof", "verify_s"),
)


def lines(score: Score) -> list[Clean]:
    """The whole debrief, one line each."""
    found = [f"DRILL {score.scenario}", "", "timeline (UTC)"]
    found += [f"  {seconds(line.at)[11:]}  {line.side:<9}  {line.text}" for line in score.timeline]
    found += ["", "times since the opening"]
    for title, field in _TIMES:
        value = getattr(score, field)
        found.append(f"  {title:<32}{'never' if value is None else f'{value:.0f} s':>8}")
    found += ["", "counts"]
    for title, count in (
        ("pods deleted with evidence before", f"{score.captured} of {score.destroyed}"),
        ("came back by their owner", str(score.returned)),
        ("came back with rights left", str(score.reentries)),
        ("evidence overrides", str(score.overrides)),
        ("open undo", str(score.undo_debt)),
    ):
        found.append(f"  {title:<34}{count:>6}")
    if score.lessons:
        found += ["", "lessons", *(f"  {text}" for text in score.lessons)]
    found += ["", f"VERDICT: {score.verdict}, {score.points} of 100 points"]
    found += [f"  {reason}" for reason in score.reasons]
    return [known_safe(line) for line in found]


def as_json(score: Score) -> list[Clean]:
    """JSON Lines: the score without its timeline, then one line for each step of the timeline."""
    head = msgspec.structs.replace(score, timeline=())
    return [known_safe(msgspec.json.encode(part).decode()) for part in (head, *score.timeline)]
