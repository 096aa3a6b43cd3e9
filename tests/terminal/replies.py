"""What a modern terminal answers to the questions a program writes between its output."""

from __future__ import annotations

import re

_QUESTION = re.compile(
    rb"\x1b\[(?:\?(?P<mode>\d+)\$p|(?P<device>0?c)|(?P<secondary>>0?c)|(?P<cursor>6n)|(?P<status>5n))"
)
_LONGEST = 16
"""No question is longer than this many bytes."""

_SUPPORTED_MODES = {b"2026"}
"""Synchronized output; a mode not listed is answered as unknown."""


class Replies:
    """Finds questions in a stream of chunks, also those cut in two."""

    def __init__(self, synchronized: bool = True) -> None:
        self._synchronized = synchronized
        self._tail = b""

    def to(self, chunk: bytes) -> bytes:
        """The bytes to send back for what this chunk completes."""
        data = self._tail + chunk
        answers = b""
        end = 0
        for question in _QUESTION.finditer(data):
            answers += self._answer(question)
            end = question.end()
        self._tail = data[max(end, len(data) - _LONGEST) :]
        return answers

    def _answer(self, question: re.Match[bytes]) -> bytes:
        mode = question["mode"]
        if mode is not None:
            known = self._synchronized and mode in _SUPPORTED_MODES
            return b"\x1b[?%s;%d$y" % (mode, 2 if known else 0)
        if question["device"]:
            return b"\x1b[?62;22c"
        if question["secondary"]:
            return b"\x1b[>1;10;0c"
        return b"\x1b[1;1R" if question["cursor"] else b"\x1b[0n"
