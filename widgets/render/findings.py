"""A finding as a row and as details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from widgets.render.ages import age, day
from widgets.render.fitting import Column
from widgets.render.lines import Line, Span, fit, labelled, together
from widgets.render.words import contained, rank, severity

if TYPE_CHECKING:
    from console.ports.views import FindingRow
    from widgets.theme import Look

COLUMNS = (
    Column("severity", "SEV", 7),
    Column("count", "N", 4, 7, right=True),
    Column("last", "LAST", 4, right=True),
    Column("what", "WHAT", 26, 44, grow=1),
    Column("target", "TARGET", 22, 48, place=True),
    Column("who", "WHO", 12, 30, drop=3),
    Column("contained", "CONTAINED", 13, 16, drop=4),
)

_SHORT = {
    "initial access": "access", "credential access": "credential", "privilege escalation": "privilege",
    "defense evasion": "evasion", "lateral movement": "lateral", "command and control": "C2",
}  # fmt: skip
"""Tactics of a story in one line; the details opened by enter have their whole names."""


def _worst(row: FindingRow) -> tuple[Any, ...]:
    # Newest kind of trouble first, and no jumping about: counters change in place.
    return (bool(row.acknowledged), rank(row.severity), -row.first)


SORTS = {
    "severity": _worst,
    "last": lambda row: (-row.last,),
    "count": lambda row: (-row.count,),
    "target": lambda row: (row.target,),
    "who": lambda row: (row.who,),
}


def words(row: FindingRow) -> str:
    """What a filter looks at; the id of a story leaves what belongs to it."""
    about = (row.severity, row.title, row.rule, row.kind, row.target, row.who)
    return " ".join((*about, row.contained, row.acknowledged, row.story))


def cells(row: FindingRow, look: Look) -> tuple[Span, ...]:
    """One span a column."""
    word, ink = severity(row.severity)
    quiet = bool(row.acknowledged) or row.severity in ("low", "info")
    plain = "dim" if quiet else "ink"
    state = (f"ack {row.acknowledged}", "dim") if row.acknowledged and not row.contained else contained(row.contained)
    return (
        (f"({word.split()[0]})", "dim") if row.acknowledged else (word, ink),
        (str(row.count), plain),
        (age(row.last, look.now(), look["none"]), "dim"),
        (row.title, plain),
        (row.target, plain),
        (row.who or look["none"], "dim"),
        state,
    )


def details(row: FindingRow, look: Look, width: int) -> list[Line]:
    """Everything the row knows."""
    now = look.now()
    word, ink = severity(row.severity)
    lines = together(((f"{word}  ", ink), (row.title, "strong")), width)
    lines += labelled("on", f"{row.kind} {row.target}".strip(), width)
    lines += labelled("who", row.who or "not known", width)
    lines.append(
        (
            ("first  ", "dim"), (day(row.first, now), "ink"), ("   last ", "dim"), (day(row.last, now), "ink"),
            (f"   {row.count} event{'' if row.count == 1 else 's'}", "ink"),
        )
    )  # fmt: skip
    lines += labelled(
        "rule", " ".join(filter(None, (row.rule, f"from {row.sources}" if row.sources else ""))), width, "dim"
    )
    if row.story:
        chain = f" {look['to']} ".join(_SHORT.get(tactic, tactic) for tactic in row.chain)
        lines += labelled("story", fit(f"{row.story}  {chain}", width - 7, look["more"]).rstrip(), width, "strong")
    if row.contained:
        lines.append((("now    ", "dim"), contained(row.contained)))
    if row.acknowledged:
        lines += labelled("ack", f"by {row.acknowledged}", width, "dim")
    return lines
