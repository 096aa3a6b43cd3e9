"""The words beside an item: the observed value, member by member, and what the check cannot see. Pure; raw text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.runbooks.items import Item

if TYPE_CHECKING:
    from console.runbooks.states import Member

SHOWN = 2
"""Members named before the rest becomes a number."""
_KIND = r"(?i)\b(?:node|namespace|user) "
_WORST = ("regressed", "false", "unknown", "holding", "unasked", "held", "settled")


def words(
    item: Item,
    members: Sequence[Member],
    standing: Sequence[str],
    open_needs: Sequence[str],
    wait: float | None,
    unattested: bool = False,
) -> str:
    """The observed value: worst members first; how long a hold still takes; what a blocked item waits for.

    `unattested`: a person's word is all that is missing, so what it should be about is said.
    """
    parts = [_seen(item, members, standing)]
    if wait and "holding" in standing:
        parts.append(f"must hold {_span(item.hold_seconds)}")
    if unattested:
        parts.append(f"to attest: {item.attest}")
    if open_needs:
        parts.append(f"first {', '.join(open_needs)}")
    return " · ".join(part for part in parts if part)


def misses_of(item: Item, members: Sequence[Member]) -> tuple[str, ...]:
    """What the item's check cannot see, and what its verdicts say they could not verify, each once."""
    verdicts = [one.verdict for one in members if one.verdict is not None]
    found = [*item.misses, *(text for verdict in verdicts for text in (*verdict.unverifiable, *verdict.limits))]
    return tuple(dict.fromkeys(found))


def _seen(item: Item, members: Sequence[Member], standing: Sequence[str]) -> str:
    if not members:
        return f"no affected {_NOUNS.get(item.per, item.per)} yet"
    if members[0].key == "":
        return _told(members[0])
    if item.kind == "attest":
        left = [one.name for one, word in zip(members, standing, strict=True) if word == "unasked"]
        return f"to attest: {_named(left)}" if left else ""
    ranked = sorted(zip(members, standing, strict=True), key=lambda pair: _WORST.index(pair[1]))
    worst = ranked[0][1]
    same = [one for one, word in ranked if word == worst]
    told = "; ".join(_named_once(one) for one in same[:SHOWN])
    return told + (f"; and {len(same) - SHOWN} more" if len(same) > SHOWN else "")


def _told(member: Member) -> str:
    if member.verdict is None:
        return ""
    left = member.verdict.residual if member.verdict.truth else ()
    return "; ".join((member.verdict.observed, *left)) if left else member.verdict.observed


def _named_once(member: Member) -> str:
    """The value, after the member's name unless it says that itself.

    `default` in "no default deny" names nobody: a name without a namespace counts only after its kind.
    """
    told = _told(member)
    named = member.name in told if "/" in member.name else re.search(_KIND + re.escape(member.name) + r"\b", told)
    return told if named else f"{member.name}: {told}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} m" if seconds >= 120 else f"{seconds:.0f} s"


_NOUNS = {
    "ns": "namespace",
    "sa": "service account",
    "dest": "destination",
}
