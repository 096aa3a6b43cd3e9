"""Objects of one kind, and what changed lately, as rows and as details."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from widgets.render.ages import age, day
from widgets.render.fitting import Column
from widgets.render.lines import Line, Span, labelled, together
from widgets.render.resources import short

if TYPE_CHECKING:
    from console.ports.views import ChangeRow, Columns, ObjectRow
    from widgets.theme import Look


_PLACE = {"NAMESPACE": (9, 63), "NAME": (18, 63)}
"""Least and most cells of what tells one object from another."""


def columns(head: Columns) -> tuple[Column, ...]:
    """Columns of a kind: namespace and name are the identity and stay; later ones leave first."""
    out = []
    for i, title in enumerate(head.titles):
        right = i < len(head.right) and head.right[i]
        least, most = _PLACE.get(title, (max(4, min(len(title), 12)), 36))
        drop = 0 if title in _PLACE else i
        out.append(Column(title.lower(), title, least, most, right, drop=drop, whole=title == "NAME"))
    return (*out, Column("age", "AGE", 4, right=True, drop=4))


def listed(head: Columns | None) -> bool:
    """Whether a list of this kind came to its end, so that nothing in it is a count and not a guess."""
    return head is not None and head.state == "live"


def name_of(row: ObjectRow) -> str:
    """`namespace/name`, or the name where there is no namespace: what the key says after the kind."""
    return row.key.partition("/")[2].removeprefix("/") or row.key


def sorts(head: Columns | None) -> dict[str, Callable[[Any], tuple[Any, ...]]]:
    """By name, by trouble, by age, and by each column."""
    found: dict[str, Callable[[Any], tuple[Any, ...]]] = {
        "name": lambda row: (),  # the key, which ends every order, is the name behind a kind that all rows have
        "trouble": lambda row: (not row.bad, name_of(row)),
        "age": lambda row: (-row.created,),
    }
    for i, title in enumerate(head.titles if head else ()):
        if title in _PLACE:
            continue
        right = head is not None and i < len(head.right) and head.right[i]
        found[title.lower()] = _by_number(i) if right else _by_text(i)
    return found


def _by_text(i: int) -> Callable[[Any], tuple[Any, ...]]:
    return lambda row: (row.cells[i] if i < len(row.cells) else "",)


def _by_number(i: int) -> Callable[[Any], tuple[Any, ...]]:
    def key(row: ObjectRow) -> tuple[Any, ...]:
        text = row.cells[i].split("/")[0] if i < len(row.cells) else ""
        return (-int(text) if text.isascii() and text.isdigit() else 1,)

    return key


def words(row: ObjectRow) -> str:
    """What a filter looks at."""
    return " ".join(row.cells)


def cells_of(count: int) -> Callable[[ObjectRow, Look], tuple[Span, ...]]:
    """Cells of a kind with that many columns."""

    def cells(row: ObjectRow, look: Look) -> tuple[Span, ...]:
        ink = "warn" if row.bad else "ink"
        texts = (*row.cells, *[""] * count)[:count]
        shown = tuple((text or look["none"], ink) for text in texts)
        return (*shown, (age(row.created, look.now(), look["none"]), "dim"))

    return cells


def details(row: ObjectRow, head: Columns, look: Look, width: int) -> list[Line]:
    """Everything the row knows."""
    lines = together(((f"{head.kind} ", "dim"), (name_of(row), "strong")), width)
    told = zip(head.titles, row.cells, strict=False)
    facts = [f"{title.lower()} {text}" for title, text in told if text and title not in _PLACE]
    lines += labelled("is", "   ".join(facts), width, "warn" if row.bad else "ink")
    if row.created:
        lines += labelled("made", f"{day(row.created, look.now())}, {age(row.created, look.now())} ago", width)
    return lines


CHANGE_COLUMNS = (
    Column("age", "AGO", 4, right=True),
    Column("verb", "WHAT", 7, 9),
    Column("kind", "KIND", 8, 18),
    Column("name", "NAME", 18, 48, place=True),
    Column("manager", "BY", 8, 30, drop=2),
    Column("text", "", 10, 60, grow=1, drop=3),
)
CHANGE_SORTS: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "newest": lambda row: (-row.at,),
    "kind": lambda row: (row.kind, row.name),
    "name": lambda row: (row.name,),
    "manager": lambda row: (row.manager, -row.at),
}


def change_words(row: ChangeRow) -> str:
    """What a filter looks at."""
    return f"{row.verb} {row.kind} {row.name} {row.manager} {row.text}"


def change_cells(row: ChangeRow, look: Look) -> tuple[Span, ...]:
    """One span a column."""
    return (
        (age(row.at, look.now(), look["none"]), "dim"),
        (row.verb, "ink"),
        (short(row.kind), "dim"),
        (row.name, "ink"),
        (row.manager or look["none"], "dim"),
        (row.text, "dim"),
    )


def change_details(row: ChangeRow, look: Look, width: int) -> list[Line]:
    """Everything the row knows."""
    lines = together(((f"{row.kind} ", "dim"), (row.name, "strong"), (f"  {row.verb}", "ink")), width)
    lines += labelled("when", f"{day(row.at, look.now())}, {age(row.at, look.now())} ago", width)
    lines += labelled("by", row.manager or "not recorded", width)
    return lines + (labelled("what", row.text, width) if row.text else [])
