"""Conditions over fields of an index, and pairs of them: what a rule's condition needs, and what is enough for it.

A `Bounds` holds for an unknown condition C two conditions we can ask an index for: every event with C fulfils `upper`,
every event that fulfils `lower` has C. The negation of one bounds the negation from the other side, so whatever cannot
be asked (`UNKNOWN`) is never taken for false, also not below a `not`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Atom(msgspec.Struct, frozen=True):
    """One question to an index."""

    field: str
    """Of the audit event; as text, not word by word, when it ends in `TEXT`."""
    modifier: str
    """Of Sigma: `re`, `exists`, `gte`, or "" for equal."""
    value: str | int | bool


class No(msgspec.Struct, frozen=True):
    inner: Tree


class All(msgspec.Struct, frozen=True):
    parts: tuple[Tree, ...]


class Some(msgspec.Struct, frozen=True):
    parts: tuple[Tree, ...]


Tree = Atom | No | All | Some | bool
TEXT = ":text"
_ANY = ".+"
_OPEN = ".*"
"""How patterns begin that find something anywhere: together they cost a search cluster more than each by itself."""
_FINDING = ("", "re", "gte", "gt")
_RARE = "impersonatedUser."
"""Fields that few requests have at all."""
_COMMON = frozenset({"auditID", "stage", "verb", "requestURI", "userAgent", "user.username", "responseStatus.code"})
"""Fields that nearly every request has: few lack them."""


class Bounds(msgspec.Struct, frozen=True):
    """What is needed and what is enough."""

    upper: Tree
    lower: Tree


UNKNOWN = Bounds(True, False)
NEVER = Bounds(False, False)


def exactly(tree: Tree) -> Bounds:
    """A condition that the index answers as we would."""
    return Bounds(tree, tree)


def no(tree: Tree) -> Tree:
    """Not this."""
    if isinstance(tree, bool):
        return not tree
    return tree.inner if isinstance(tree, No) else No(tree)


def every(parts: Iterable[Tree]) -> Tree:
    """All of these."""
    return _joined(parts, All, neutral=True)


def some(parts: Iterable[Tree]) -> Tree:
    """At least one of these."""
    return _joined(parts, Some, neutral=False)


def _joined(parts: Iterable[Tree], kind: type[All] | type[Some], *, neutral: bool) -> Tree:
    kept: dict[Tree, None] = {}
    for part in parts:
        for one in part.parts if isinstance(part, kind) else (part,):
            if isinstance(one, bool):
                if one is not neutral:
                    return one
            else:
                kept[one] = None
    if not kept:
        return neutral
    return next(iter(kept)) if len(kept) == 1 else kind(tuple(kept))


def not_(bounds: Bounds) -> Bounds:
    """The bounds of the negation."""
    return Bounds(no(bounds.lower), no(bounds.upper))


def all_(parts: Iterable[Bounds]) -> Bounds:
    """The bounds of a conjunction."""
    parts = list(parts)
    return Bounds(every(one.upper for one in parts), every(one.lower for one in parts))


def some_(parts: Iterable[Bounds]) -> Bounds:
    """The bounds of a disjunction."""
    parts = list(parts)
    return Bounds(some(one.upper for one in parts), some(one.lower for one in parts))


def is_selective(tree: Tree) -> bool:
    """Whether an index finds these events by what they have: what they lack leaves nearly all of them."""
    if isinstance(tree, bool):
        return not tree
    if isinstance(tree, All):
        return any(map(is_selective, tree.parts))
    if isinstance(tree, Some):
        return all(map(is_selective, tree.parts))
    if isinstance(tree, No):
        inner = tree.inner
        return (
            isinstance(inner, Atom) and inner.field in _COMMON and (inner.modifier == "exists" or inner.value == _ANY)
        )
    return (tree.modifier in _FINDING and tree.value != _ANY) or tree.field.startswith(_RARE)


def size(tree: Tree) -> int:
    """How many clauses a query of this tree has: whatever is negated is taken away from everything."""
    if isinstance(tree, (All, Some)):
        return sum(map(size, tree.parts))
    return 1 + size(tree.inner) if isinstance(tree, No) else 0 if isinstance(tree, bool) else 1


def merged(tree: Tree, longest: int) -> Tree:
    """The same condition with fewer questions: patterns for one field are one, up to a length."""
    if isinstance(tree, No):
        return no(merged(tree.inner, longest))
    if not isinstance(tree, (All, Some)):
        return tree
    parts = [merged(part, longest) for part in tree.parts]
    if isinstance(tree, Some):
        return some(_together(parts, longest))
    negated = [part.inner for part in parts if isinstance(part, No)]
    others = [part for part in parts if not isinstance(part, No)]
    return every([*others, *(no(part) for part in _together(negated, longest))])


def _together(parts: Iterable[Tree], longest: int) -> list[Tree]:
    """Alternatives, with patterns for the same field put into one."""
    flat = [one for part in parts for one in (part.parts if isinstance(part, Some) else (part,))]
    kept: list[Tree] = []
    at: dict[str, int] = {}
    for part in dict.fromkeys(flat):
        if isinstance(part, Atom) and part.modifier == "re" and not str(part.value).startswith(_OPEN):
            place = at.get(part.field)
            known = kept[place] if place is not None else None
            if place is not None and isinstance(known, Atom):
                both = f"{known.value}|{part.value}"
                if len(both) <= longest:
                    kept[place] = Atom(part.field, "re", both)
                    continue
            at[part.field] = len(kept)
        kept.append(part)
    return kept
