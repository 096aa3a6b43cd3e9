"""A journal entry as a line of the tail pane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from widgets.render.ages import day, minute
from widgets.render.fitting import Column
from widgets.render.lines import Line, Span, labelled
from widgets.render.words import result

if TYPE_CHECKING:
    from console.ports.views import EntryRow
    from widgets.theme import Look

COLUMNS = (
    Column("at", "TIME", 6),
    Column("actor", "WHO", 6, 14),
    Column("text", "WHAT", 16, grow=1),
    Column("result", "RESULT", 9, 13, drop=2),
)


def _newest(row: EntryRow) -> tuple[Any, ...]:
    return (-row.seq,)


SORTS = {"newest": _newest, "who": lambda row: (row.actor, -row.seq)}


def words(row: EntryRow) -> str:
    """What a filter looks at."""
    return f"{row.actor} {row.text} {row.result}"


def cells(row: EntryRow, look: Look) -> tuple[Span, ...]:
    """One span a column."""
    return ((minute(row.at), "dim"), (row.actor, "ink"), (row.text, "ink"), result(row.result))


def details(row: EntryRow, look: Look, width: int) -> list[Line]:
    """Everything the row knows."""
    head: Line = (
        (f"entry {row.seq}  ", "dim"),
        (day(row.at, look.now()), "strong"),
        (f"  {row.actor}  ", "ink"),
        result(row.result),
    )
    return [head, *labelled("what", row.text, width)]
