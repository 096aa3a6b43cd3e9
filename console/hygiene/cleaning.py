"""Make any text safe to draw on one line: no control, bidi, zero-width or private-use character gets through.

Lossless bytes stay in evidence; what is drawn shows a visible stand-in for everything removed.
"""

from __future__ import annotations

import re

FIELD_LIMIT = 4096
"""Characters kept of one field."""

_CONTROL = {code: chr(0x2400 + code) for code in range(32)} | {0x7F: "\u2421"}
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\ue000-\uf8ff"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe20-\ufe2f"
)
_ASCII_UNSAFE = re.compile("[\x00-\x1f\x7f]")
_ASCII_SHOWN = {chr(code): shown for code, shown in _CONTROL.items()} | {"\t": "    "}
# What `str.isprintable` lets through although it draws nothing, changes its neighbour or piles up.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef" + _MARKS + "]"
)
_PILED = re.compile(f"([{_MARKS}]{{3}})[{_MARKS}]+")


def clean(text: str, limit: int = FIELD_LIMIT) -> str:
    """`text` on one line, safe to draw, at most `limit` characters of it (plus a note of what was cut)."""
    if len(text) > limit:
        text = text[:limit] + f"…⟨+{len(text) - limit} chars⟩"
    if text.isascii():
        return text if text.isprintable() else _ASCII_UNSAFE.sub(lambda match: _ASCII_SHOWN[match[0]], text)
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    text = _UNSAFE.sub(_stand_in, text.replace("\t", "    "))
    return _PILED.sub(r"\1⟨…⟩", text)


def _stand_in(match: re.Match[str]) -> str:
    code = ord(match.group())
    return _CONTROL.get(code) or f"⟨U+{code:04X}⟩"
