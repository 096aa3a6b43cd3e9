"""Strings of rules as regular expressions of Lucene, which match a whole value and know no case but the one given.

In: words, Sigma's wildcards, patterns of RE2. Out: expressions of at most `LONGEST` characters, together matching at
least what the rule's test does; None where that cannot be said. What is no letter, digit or known sign is escaped:
Lucene's own operators (`~ @ & < > # "`) mean nothing to RE2.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

LONGEST = 900
"""Characters of one expression; search clusters refuse more than 1000 (`index.max_regex_length`)."""
ANY = ".*"
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:/, %;=!'`")
_ALSO = {"k": "\u212a", "s": "\u017f"}
"""What RE2 or Python hold for another case of a letter of ASCII."""
_ASCII = 127
_parser: Any = importlib.import_module("re._parser")  # the parser of `re`; RE2's own grammar is a part of that


def literal(text: str, *, cased: bool = False) -> str:
    """The expression of exactly this text, which is ASCII: other letters change case in more ways than these know."""
    return "".join(_letter(one, cased=cased) for one in text)


def _letter(one: str, *, cased: bool) -> str:
    if not cased and one.isascii() and one.isalpha():
        low = one.lower()
        return f"[{low}{low.upper()}{_ALSO.get(low, '')}]"
    return one if one in _PLAIN else f"\\{one}"


def words(values: Iterable[str], *, cased: bool = False, before: str = "") -> list[str]:
    """Expressions for any of these words; `before` stands before each of them and is an expression already."""
    return packed([literal(value, cased=cased) for value in values], before)


def packed(expressions: Sequence[str], before: str = "", after: str = "") -> list[str]:
    """As few expressions as hold all of these as alternatives, between what stands around each of them.

    What stands around is written once: `.*(a|b).*` costs a search cluster little, `.*a.*|.*b.*` more with each part.
    """
    groups: list[list[str]] = []
    room = 0
    for one in dict.fromkeys(expressions):
        if not groups or room < len(one) + 1:
            groups.append([])
            room = LONGEST - len(before) - len(after) - 2
        groups[-1].append(one)
        room -= len(one) + 1
    return [f"{before}({'|'.join(group)}){after}" if len(group) > 1 else before + group[0] + after for group in groups]


def wildcards(value: str, modifiers: Sequence[str]) -> str:
    """A string of Sigma, as `matching` reads it."""
    cased = "cased" in modifiers
    parts: list[str] = []
    for piece in re.findall(r"\\[*?\\]|[*?]|[^*?\\]+|\\", value):
        if piece in ("*", "?"):
            parts.append(ANY if piece == "*" else ".")
        else:
            parts.append(literal(piece[1] if len(piece) == 2 and piece[0] == "\\" else piece, cased=cased))
    return "".join(parts)


def around(modifiers: Sequence[str]) -> tuple[str, str]:
    """What may stand before and after a string of Sigma."""
    start = ANY if {"contains", "endswith"} & set(modifiers) else ""
    return start, ANY if {"contains", "startswith"} & set(modifiers) else ""


def of_pattern(pattern: str) -> list[str] | None:
    """Expressions that match whatever holds a match of this pattern; boundaries and look of words count as nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of what the two read differently: `[[:alpha:]]`
            tree = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError, FutureWarning, DeprecationWarning):
        return None
    flags = tree.state.flags
    if flags & (re.VERBOSE | re.MULTILINE):
        return None
    cased = not flags & re.IGNORECASE
    items = list(tree)
    branches = items[0][1][1] if len(items) == 1 and str(items[0][0]) == "BRANCH" else [items]
    by_ends: dict[tuple[str, str], list[str]] = {}
    for branch in branches:
        inner = _sequence(branch, cased=cased)
        if inner is None or len(inner) > LONGEST - 2 * len(ANY) - 2:
            return None
        by_ends.setdefault(_ends(list(branch)), []).append(f"({inner})" if "|" in inner else inner)
    return [one for (before, after), found in by_ends.items() for one in packed(found, before, after)]


def _ends(items: list[Any]) -> tuple[str, str]:
    """What may stand before and after one alternative."""
    start = bool(items) and _is_at(items[0], "AT_BEGINNING", "AT_BEGINNING_STRING")
    end = bool(items) and _is_at(items[-1], "AT_END", "AT_END_STRING")
    return "" if start else ANY, "" if end else ANY


def _is_at(item: Any, *places: str) -> bool:
    return str(item[0]) == "AT" and str(item[1]) in places


def _sequence(items: Iterable[Any], *, cased: bool) -> str | None:
    parts = [_item(str(op), given, cased=cased) for op, given in items]
    return None if None in parts else "".join(part for part in parts if part is not None)


def _item(op: str, given: Any, *, cased: bool) -> str | None:
    if op == "LITERAL":
        return None if given > _ASCII else _letter(chr(given), cased=cased)
    if op == "AT":
        return ""  # without it more is matched
    if op in ("ANY", "NOT_LITERAL", "IN"):
        return _one_of(given) if op == "IN" and cased else "."
    if op == "SUBPATTERN":
        _, added, removed, inner = given
        if added or removed:
            return None
        found = _sequence(inner, cased=cased)
        return None if found is None else f"({found})" if found else ""
    if op == "BRANCH":
        branches = [_sequence(branch, cased=cased) for branch in given[1]]
        return None if None in branches else f"({'|'.join(one or '()' for one in branches)})"
    if op in ("MAX_REPEAT", "MIN_REPEAT"):
        least, _, inner = given
        found = _sequence(inner, cased=cased)
        return None if found is None else f"({found}){'+' if least else '*'}" if found else ""
    return None


def _one_of(members: Any) -> str:
    """A class of letters; what is said by a name or by what it is not is any."""
    out: list[str] = []
    for op, given in members:
        if str(op) == "LITERAL" and given <= _ASCII:
            out.append(_letter(chr(given), cased=True))
        elif str(op) == "RANGE" and chr(given[0]).isalnum() and chr(given[1]).isalnum():
            out.append(f"{chr(given[0])}-{chr(given[1])}")
        else:
            return "."
    return f"[{''.join(out)}]"
