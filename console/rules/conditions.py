"""The condition language of Sigma: `selection and not 1 of filter_*`, parentheses, `all of them`.

Out: a small tree (`And`, `Or`, `Not`, `Name`) over the names of searches. A mistake raises `BadInput` with the word.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence

import msgspec

from console.errors import BadInput


class Name(msgspec.Struct, frozen=True):
    name: str


class Not(msgspec.Struct, frozen=True):
    inner: Node


class And(msgspec.Struct, frozen=True):
    parts: tuple[Node, ...]


class Or(msgspec.Struct, frozen=True):
    parts: tuple[Node, ...]


Node = Name | Not | And | Or
_DEEPEST = 50


def parse_condition(text: str, names: Sequence[str]) -> Node:
    """The tree of a condition over these searches."""
    words = re.findall(r"\(|\)|[^\s()]+", text)
    parser = _Parser(words, names)
    tree = parser.either(0)
    if parser.peek():
        raise BadInput(f"condition: unexpected {parser.peek()!r}")
    return tree


class _Parser:
    def __init__(self, words: list[str], names: Sequence[str]) -> None:
        self._words = words
        self._names = names
        self._at = 0

    def peek(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def _next(self) -> str:
        word = self.peek()
        if not word:
            raise BadInput("condition ends too early")
        self._at += 1
        return word

    def either(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise BadInput("condition is nested too deeply")
        parts = [self._both(depth)]
        while self.peek().lower() == "or":
            self._next()
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _both(self, depth: int) -> Node:
        parts = [self._one(depth)]
        while self.peek().lower() == "and":
            self._next()
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, depth: int) -> Node:
        word = self._next()
        if word.lower() == "not":
            return Not(self._one(depth + 1))
        if word == "(":
            inner = self.either(depth + 1)
            if self._next() != ")":
                raise BadInput("condition: ) is missing")
            return inner
        if word.lower() in ("1", "any", "all") and self.peek().lower() == "of":
            self._next()
            return self._of(word.lower(), self._next())
        if word not in self._names:
            raise BadInput(f"condition names {word!r}, which is no search of this rule")
        return Name(word)

    def _of(self, how_many: str, pattern: str) -> Node:
        if pattern.lower() == "them":
            pattern = "*"
        found = tuple(Name(name) for name in self._names if fnmatch.fnmatchcase(name, pattern) and name[:1] != "_")
        if not found:
            raise BadInput(f"condition: no search matches {pattern!r}")
        return And(found) if how_many == "all" else Or(found)
