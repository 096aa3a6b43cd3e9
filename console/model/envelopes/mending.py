r"""JSON that the API server takes and a strict reader does not: mended, so that nobody hides behind it.

Go reads half a surrogate pair (`\ud800`), bytes that are no UTF-8, numbers too large for a float and ten thousand
levels of nesting; whoever puts one of them into an annotation or an unknown field of a patch would else make the whole
record unreadable. In: the bytes of one record or body. Out: the same with those parts replaced (U+FFFD, 0, null), None
where it is none of these or too much. Linear time, bounded; only what could not be read comes here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 4 << 20
"""Bytes that are looked at: more than the API server takes in one request."""
DEEPEST = 100
"""Levels kept; objects of Kubernetes have a fifth of that, and a strict reader takes ten times as many."""
_DEEPEST_SENT = 10_000
"""Levels that Go's reader takes; what has more was never taken by the API server."""
_PIECES = 400_000
"""Pieces looked at, a quarter of a second of work; what has more stays unreadable and is counted as that."""

_PIECE = re.compile(r'[^"\[\]{}]+|"|[\[{]|[\]}]')
_REST_OF_STRING = re.compile(r'(?:[^"\\]+|\\.)*+"', re.DOTALL)
_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\."
)
_NUMBER = re.compile(r"-?\d[\d.]*[eE][+-]?\d+|-?\d{300,}[\d.]*")


def mend(record: bytes | memoryview) -> bytes | None:
    """What a strict reader can read, None where nothing of this kind is wrong with it."""
    if len(record) > LONGEST:
        return None
    text = bytes(record).decode("utf-8", "replace")
    try:
        mended = "".join(_pieces(text)).encode("utf-8", "replace")
    except _TooMuch:
        return None
    return None if mended == bytes(record) else mended


class _TooMuch(Exception):
    """More work than one record is worth."""


def _pieces(text: str) -> Iterator[str]:
    """The text, piece by piece, with null for whatever lies too deep."""
    at, depth, end, left = 0, 0, len(text), _PIECES
    while at < end:
        left -= 1
        if not left or depth > _DEEPEST_SENT:
            raise _TooMuch
        piece = _PIECE.match(text, at)
        if piece is None:  # cannot be: the pattern knows every character
            return
        word, at = piece[0], piece.end()
        if word == '"':
            rest = _REST_OF_STRING.match(text, at)
            at = rest.end() if rest else end
            word += _mended_string(rest[0]) if rest else '"'
        elif word in "[{":
            depth += 1
            if depth == DEEPEST + 1:
                yield "null"
        elif word in "]}":
            depth -= 1
            if depth == DEEPEST:
                continue
        else:
            word = _NUMBER.sub(_mended_number, word)
        if depth <= DEEPEST:
            yield word


def _mended_string(rest: str) -> str:
    return _SURROGATE.sub(lambda found: "\\ufffd" if _is_half(found[0]) else found[0], rest) if "\\u" in rest else rest


def _is_half(escape: str) -> bool:
    return len(escape) == 6 and escape[:3].lower() == "\\ud"


def _mended_number(found: re.Match[str]) -> str:
    try:
        return found[0] if abs(float(found[0])) < 1e300 else "0"
    except (ValueError, OverflowError):
        return "0"
