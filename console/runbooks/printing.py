"""The checklist as lines: JSON for programs (a stable contract), text to print. Rows are clean already."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

import msgspec

from console.model.boxes import BOXES, DONE
from console.model.instants import stamp
from console.ports.views import ItemRow

WIDTH = 100


def json_lines(rows: Iterable[ItemRow], now: float) -> Iterator[str]:
    """One JSON object for each item, in order; `age_s` is how long its state and observed value are as they are."""
    for row in sorted(rows, key=lambda row: row.position):
        line = {
            "card": row.card,
            "item": row.key,
            "title": row.title,
            "state": row.state,
            "observed": row.observed,
            "age_s": _age(row, now),
            "misses": row.misses,
            "action": row.action,
        }
        yield msgspec.json.encode(line).decode()


def printed(rows: Iterable[ItemRow], now: float) -> Iterator[str]:
    """The cards as text of at most 100 columns: box, item, state, observed value, what the check cannot see."""
    ordered = sorted(rows, key=lambda row: row.position)
    done = sum(row.state in DONE for row in ordered)
    yield f"Incident checklist at {stamp(now)}: {done} of {len(ordered)} items done"
    for (phase, card), items in groupby(ordered, key=lambda row: (row.phase, row.card)):
        here = list(items)
        yield ""
        yield f"{phase.upper()} / {card}  ({sum(row.state in DONE for row in here)} of {len(here)})"
        for row in here:
            yield from _item(row, now)


def _item(row: ItemRow, now: float) -> Iterator[str]:
    box = BOXES.get(row.state, "[ ]")
    members = f" {row.members}" if row.members else ""
    age = _age(row, now)
    since = f" {_span(age)}" if age is not None and row.state != "open" else ""
    yield from _wrapped(f"{box} {row.key} ", f"{row.title}: {row.state.upper()}{members}{since}")
    told = [f"observed: {row.observed}"] if row.observed else []
    if row.by:
        told.append(f"by {row.by}{f': {row.reason}' if row.reason else ''}")
    if row.misses:
        told.append(f"cannot see: {'; '.join(row.misses)}")
    if row.action and row.state not in DONE:
        told.append(f"action: {row.action}{f' ({row.action_keys})' if row.action_keys else ''}")
    for text in told:
        yield from _wrapped("      ", text)


def _wrapped(lead: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead)) or [lead.rstrip()]


def _age(row: ItemRow, now: float) -> int | None:
    return max(0, round(now - row.at)) if row.at else None


def _span(seconds: int) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
