"""A checklist item as a row, cards as heads between them, an item as details."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from console.model.boxes import DONE
from widgets.render.ages import age
from widgets.render.fitting import Column
from widgets.render.lines import Line, Span, labelled, together
from widgets.render.words import box

if TYPE_CHECKING:
    from console.ports.views import ItemRow
    from widgets.theme import Look

COLUMNS = (
    Column("card", "", 2, right=True),
    Column("box", "", 3),
    Column("title", "ITEM", 24, 64),
    Column("observed", "OBSERVED", 14, 60, grow=1, drop=2),
    Column("age", "AGE", 4, right=True),
)


def _by_position(row: ItemRow) -> tuple[Any, ...]:
    return (row.position,)


_URGENCY = {"regressed": 0, "unknown": 2, "proved": 1, "claimed": 1, "open": 1}
SORTS = {"card": _by_position, "state": lambda row: (_URGENCY.get(row.state, 5), row.position)}


def words(row: ItemRow) -> str:
    """What a filter looks at."""
    return f"{row.key} {row.card} {row.title} {row.state} {row.observed} {row.by}"


def card_name(card: str) -> str:
    """`first-5-minutes` as people say it."""
    return card.replace("-", " ").capitalize()


def cells(row: ItemRow, look: Look) -> tuple[Span, ...]:
    """One span a column."""
    mark, ink = box(row.state)
    done = row.state in DONE or row.state == "deferred"
    title = row.title + (f"  {row.members}" if row.members else "")
    plain = "dim" if done or row.state == "blocked" else ink if row.state in ("regressed", "unknown") else "ink"
    said: str = row.observed or row.reason
    if row.by and row.state in ("claimed", "attested", "overridden", "n-a", "deferred"):
        said = f"{row.by}: {row.reason}" if row.reason else f"{row.state} by {row.by}"
    return (
        (mark, ink),
        (title, plain),
        (said or look["none"], "dim" if plain == "ink" else plain),
        (age(row.at, look.now(), look["none"]), "dim"),
    )


def progress(items: Iterable[ItemRow]) -> tuple[int, int]:
    """Items that need nobody any more, and all."""
    rows = list(items)
    return sum(row.state in DONE for row in rows), len(rows)


def meter(done: int, total: int, cells_wide: int, look: Look) -> Line:
    """`5/11 ━━━━────`."""
    full = cells_wide * done // total if total else 0
    return (
        (f"{done}/{total} ", "proved"),
        (look["full"] * full, "proved"),
        (look["rest"] * (cells_wide - full), "frame"),
    )


def details(row: ItemRow, look: Look, width: int) -> list[Line]:
    """Everything the row knows."""
    mark, ink = box(row.state)
    how = {"auto": "ticks by itself", "hybrid": "proved, then attested", "attest": "attested by a person"}.get(
        row.kind, row.kind
    )
    members = f"  {row.members}" if row.members else ""
    lines = together(((f"{mark} ", ink), (row.title, "strong"), (members, "ink")), width)
    state = f"{row.state}, {how}" + (f", {age(row.at, look.now())} ago" if row.at else "")
    lines += labelled("state", state, width, ink)
    if row.why:
        lines += labelled("why", row.why, width)
    if row.observed:
        lines += labelled("saw", row.observed, width)
    if row.by:
        lines += labelled("by", row.by + (f": {row.reason}" if row.reason else ""), width)
    if row.needs:
        lines += labelled("needs", ", ".join(row.needs), width, "dim")
    for miss in row.misses:
        lines += labelled("blind", miss, width, "dim")
    return lines
