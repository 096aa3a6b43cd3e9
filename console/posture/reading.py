"""Reads manifests from files: YAML of one document or several, JSON, lists of objects.

In: paths (`-` is standard input). Out: the objects, and a sentence for each file or document that is none. What cannot
be read never hides what can.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from console.errors import BadInput
from console.hygiene.documents import load_documents
from console.posture.manifest import Manifest, manifests_of

_LONGEST = 256 << 20


def read_files(paths: list[str]) -> tuple[list[Manifest], list[str]]:
    """All objects of the files, and what could not be read."""
    found: list[Manifest] = []
    faults: list[str] = []
    for path in paths:
        try:
            for document, where in _documents(path):
                try:
                    found += manifests_of(document, where)
                except BadInput as error:
                    faults.append(str(error))
        except BadInput as error:
            faults.append(str(error))
    return found, faults


def _documents(path: str) -> Iterator[tuple[Any, str]]:
    text, name = _bytes(path), "standard input" if path == "-" else path
    if text.lstrip()[:1] in (b"{", b"["):
        try:
            whole = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            pass  # flow style YAML, or several objects: the slow road says what it is
        else:
            yield from ((one, name) for one in (whole if isinstance(whole, list) else [whole]))
            return
    try:
        for number, document in enumerate(load_documents(text), 1):
            if document is not None:
                yield document, name if number == 1 else f"{name} document {number}"
    except (yaml.YAMLError, UnicodeError, ValueError) as error:  # a tag raises what its reader raises
        why = getattr(error, "problem", None) or "neither YAML nor JSON"
        raise BadInput(f"{name}{_line(error)}: {why}. Correct it there.") from None


def _bytes(path: str) -> bytes:
    try:
        text = sys.stdin.buffer.read(_LONGEST + 1) if path == "-" else _read(Path(path))
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}. Check the path and its permissions.") from None
    if len(text) > _LONGEST:
        raise BadInput(f"{path}: more than {_LONGEST >> 20} MiB. Give it in parts.")
    return text


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LONGEST + 1)


def _line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" line {mark.line + 1}" if mark else ""
