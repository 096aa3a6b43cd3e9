"""Items, verdicts and marks for tests of the checklist."""

from __future__ import annotations

from typing import Any

import msgspec

from console.model.state import ItemMark
from console.model.verdict import Verdict
from console.runbooks.items import Item, Offer
from console.runbooks.states import Before, Judged, Member, judge

T = 1_780_000_000.0
_BASE = Item(
    "CON-01", "Affected nodes cordoned", "why", "read-do", "responder", "node", "auto",
    Offer("node.cordon", "D1", 0, "node.uncordon"), "2m", check="node.closed",
)  # fmt: skip


def item(**fields: Any) -> Item:
    """An automatic item over nodes without a hold; fields by keyword."""
    if fields.get("kind") == "attest":
        fields = {"check": "", "attest": "a note", **fields}
    elif fields.get("kind") == "hybrid":
        fields = {"attest": "a note", **fields}
    return msgspec.structs.replace(_BASE, **fields)


def member(name: str, truth: bool | str | None, observed: str = "") -> Member:
    """A member with a verdict; truth "none" is a member without a check, name "" the incident itself."""
    if truth == "none":
        return Member(name, name, None)
    assert not isinstance(truth, str)
    return Member(name, name, Verdict(truth, observed or f"seen {truth}"))


def mark(state: str, at: float = T, reason: str = "because") -> ItemMark:
    return ItemMark(state, "ana", reason, at)


class Line:
    """One item judged again and again, remembering."""

    def __init__(self, what: Item, ever_proved: bool = False) -> None:
        self.item, self.before = what, Before(None, ever_proved)

    def at(self, seconds: float, *members: Member, marks: dict[str, ItemMark] | None = None, needs: Any = ()) -> str:
        """The state `seconds` after the beginning."""
        return self.judged(seconds, *members, marks=marks, needs=needs).state.state

    def judged(
        self, seconds: float, *members: Member, marks: dict[str, ItemMark] | None = None, needs: Any = ()
    ) -> Judged:
        found = judge(self.item, members, marks or {}, self.before, needs, T + seconds)
        self.before = Before(found.past, self.before.proved or found.state.seen in ("proved", "verified"))
        return found
