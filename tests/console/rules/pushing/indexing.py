"""A stand-in for an index, for tests without a server: answers the questions that `pushing` asks of documents.

It keeps what a search cluster keeps by dynamic mapping: whole texts up to 256 characters, and all of them word by word.
What a real server answers is asked in `tests/console/bootstrap/test_pushing.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from console.rules.pushing.trees import TEXT, All, Atom, No, Some, Tree

_IGNORED = 256


def holds(tree: Tree, document: Mapping[str, Any]) -> bool:
    """Whether a document fulfils a condition."""
    if isinstance(tree, bool):
        return tree
    if isinstance(tree, No):
        return not holds(tree.inner, document)
    if isinstance(tree, All):
        return all(holds(part, document) for part in tree.parts)
    if isinstance(tree, Some):
        return any(holds(part, document) for part in tree.parts)
    return _answers(tree, document)


def _answers(atom: Atom, document: Mapping[str, Any]) -> bool:
    found = _values(document, atom.field.removesuffix(TEXT).split("."))
    if not atom.field.endswith(TEXT):
        found = [one for one in found if not isinstance(one, str) or len(one) <= _IGNORED]
    if atom.modifier == "exists":
        return bool(found) is atom.value
    if atom.modifier == "re":
        return any(isinstance(one, str) and re.fullmatch(str(atom.value), one, re.DOTALL) for one in found)
    if atom.modifier in ("gte", "gt", "lte", "lt"):
        return any(_compared(atom.modifier, one, atom.value) for one in found)
    if atom.field.endswith(TEXT):
        return any(_words(str(atom.value)) & _words(str(one)) for one in found)
    return atom.value in found


def _compared(sign: str, found: Any, value: Any) -> bool:
    return bool({"gte": found >= value, "gt": found > value, "lte": found <= value, "lt": found < value}[sign])


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _values(value: Any, path: list[str]) -> list[Any]:
    if isinstance(value, list):
        return [found for one in value for found in _values(one, path)]
    if not path:
        return [] if value is None or isinstance(value, dict) else [value]
    if not isinstance(value, dict):
        return []
    joined = ".".join(path)
    if joined in value:
        return _values(value[joined], [])
    return _values(value[path[0]], path[1:]) if path[0] in value else []
