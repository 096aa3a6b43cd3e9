"""The state machine of an item: what was observed, what a person said, what was true before. Pure.

Kleene logic over the members of an item's set: false beats unknown, unknown beats true, and unknown never ticks.
A tick needs the truth to have held without a break; what was proved once and is false again has REGRESSED; a member
that joins the set re-opens the item, and a person's word covers only the members there were when it was said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from console.model.boxes import DONE
from console.model.state import ItemMark
from console.model.verdict import Verdict
from console.runbooks.items import Item
from console.runbooks.observing import misses_of, words

MARKS = ("claimed", "attested", "overridden", "n-a", "deferred", "open")
"""What a person can say; `open` takes it back."""
_SETTLING = ("overridden", "n-a", "deferred")
_GOOD = ("held", "settled")


class Member(msgspec.Struct, frozen=True):
    """One object of an item's set, and the verdict on it."""

    key: str
    """Unique in the set and of one incarnation; "" is the incident itself."""
    name: str
    """As a person writes it: `namespace/name`."""
    verdict: Verdict | None
    """None for items without a check."""


class Past(msgspec.Struct, frozen=True):
    """What is remembered of one member."""

    first: float
    """When it joined the set; 0.0 when it was there at the first look."""
    since: float | None = None
    """Since when its check is true without a break; None while it is not."""
    proved: bool = False
    """Whether it was ever true for long enough."""


class ItemState(msgspec.Struct, frozen=True):
    """How an item stands. Raw text."""

    item: str
    state: str
    seen: str
    """By observation alone: `proved`, `verified`, `open`, `unknown` or `regressed`. Nobody's word changes it."""
    observed: str
    at: float
    """Since when state and observed value are what they are (epoch seconds)."""
    done: int = 0
    total: int = 0
    """Members of the set that are proved or settled, and all of them; 0 where there is no set."""
    misses: tuple[str, ...] = ()
    by: str = ""
    reason: str = ""
    due: float | None = None
    """When a hold ends if nothing happens before: judge again then."""


class Judged(msgspec.Struct, frozen=True):
    """One judgement: the state, and what to remember for the next."""

    state: ItemState
    past: Mapping[str, Past]


class Before(msgspec.Struct, frozen=True):
    """What is known from earlier."""

    past: Mapping[str, Past] | None = None
    """What the last judgement said to remember; None at the first look of this engine."""
    proved: bool = False
    """Whether the journal says the item was proved once."""


def judge(
    item: Item,
    members: Sequence[Member],
    marks: Mapping[str, ItemMark],
    before: Before,
    open_needs: Sequence[str],
    now: float,
) -> Judged:
    """The state of one item.

    Args:
        members: its set, with verdicts; one member with key "" for an item over the incident.
        marks: people's newest words by member name, "" for the item as a whole.
        open_needs: items it needs that are not done.
        now: epoch seconds.
    """
    lived = {one.key: _lived(item, one, before, now) for one in members}
    standing = [_standing(item, one, lived[one.key], marks, now) for one in members]
    seen = _seen(item, standing, open_needs)
    mark = marks.get("")
    if mark and not all(one.first <= mark.at for one in lived.values()):
        mark = None
    state = _said(item, seen, mark, standing, open_needs)
    whole = bool(members) and members[0].key == ""
    done = len(members) if state == "attested" else sum(one in _GOOD for one in standing)
    waits = [one.since + item.hold_seconds for one in lived.values() if one.since is not None]
    due = min((wait for wait in waits if wait > now), default=None)
    unattested = state == "proved" or (whole and item.kind == "attest" and state not in DONE)
    text = words(item, members, standing, open_needs if state == "blocked" else (), due and due - now, unattested)
    total = 0 if whole else len(members)
    misses = misses_of(item, members)
    result = ItemState(item.id, state, seen, text, now, 0 if whole else done, total, misses, due=due)
    if word := marks.get(""):
        result = msgspec.structs.replace(result, by=word.seat, reason=word.reason)
    return Judged(result, lived)


def refusal(item: Item, state: str, reason: str) -> str:
    """Why a person may not mark this item so, "" when they may."""
    if state not in MARKS:
        return f"{state!r} is none of {', '.join(MARKS)}."
    if state == "attested" and item.kind == "auto":
        return f"{item.id} ticks by observation alone; override it with a reason instead."
    if state in ("attested", *_SETTLING) and not reason.strip():
        wanted = f" ({item.attest})" if state == "attested" else ""
        return f"{item.id} cannot be {state} without a reason: say it in words{wanted}."
    return ""


def _lived(item: Item, member: Member, before: Before, now: float) -> Past:
    past = before.past.get(member.key) if before.past is not None else Past(0.0, None, before.proved)
    first, since, proved = (past.first, past.since, past.proved) if past else (now, None, False)
    if member.verdict is None or member.verdict.truth is not True:
        return Past(first, None, proved)
    since = now if since is None else since
    return Past(first, since, proved or now - since >= item.hold_seconds)


def _standing(item: Item, member: Member, lived: Past, marks: Mapping[str, ItemMark], now: float) -> str:
    """One word for a member: held, holding, false, regressed, unknown, settled or unasked."""
    mark = marks.get(member.name) if member.key else None
    if mark and mark.state in ("overridden", "n-a") and lived.first <= mark.at:
        return "settled"
    if member.verdict is None:
        return "settled" if mark and mark.state == "attested" and lived.first <= mark.at else "unasked"
    if member.verdict.truth is None:
        return "unknown"
    if member.verdict.truth is False:
        return "regressed" if lived.proved else "false"
    return "held" if lived.since is not None and now - lived.since >= item.hold_seconds else "holding"


def _seen(item: Item, standing: Sequence[str], open_needs: Sequence[str]) -> str:
    if "regressed" in standing:
        return "regressed"
    if "false" in standing or item.kind == "attest" or not standing:
        return "open"
    if "unknown" in standing:
        return "unknown"
    if "holding" in standing or (item.gate and open_needs):
        return "open"
    return "proved" if item.kind == "hybrid" else "verified"


def _said(item: Item, seen: str, mark: ItemMark | None, standing: Sequence[str], open_needs: Sequence[str]) -> str:
    """The state people see: observation first, then their own word, then what has to come before."""
    word = mark.state if mark else ""
    if word in ("overridden", "n-a"):
        return word
    if word == "attested" and item.kind == "hybrid" and seen == "proved":
        return "verified"
    if item.kind == "attest" and (word == "attested" or (standing and all(one == "settled" for one in standing))):
        return "attested"
    if word == "deferred" and seen == "unknown":
        return word
    if seen != "open":
        return seen
    if word in ("claimed", "deferred"):
        return word
    return "blocked" if open_needs else "open"
