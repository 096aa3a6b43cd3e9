"""Bytes at the pty -> the screen a person sees, by pyte; what pyte would draw wrongly is taken out before.

Pure: no program, no time. A sequence cut in two by a read waits for its rest.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from itertools import chain

import pyte
from wcwidth import wcwidth

# pyte 0.8 prints the end of these as text: private CSI (kitty keyboard, modifyOtherKeys), DECRQM, colon
# sub-parameters, and the strings of DCS and APC.
_UNKNOWN = re.compile(
    "\x1b\\[[<=>][0-9;:]*[ -/]*[@-~]"
    "|\x1b\\[[0-9;:?]*[ -/]+[@-~]"
    "|\x1b\\[[?0-9;]*:[0-9;:]*[@-~]"
    "|\x1b\\[\\?[0-9;]*u"
    "|\x1b[P_X^][^\x1b]*\x1b\\\\"
)
_UNFINISHED = re.compile("\x1b(?:\\[[0-9;:<=>? -/]*|[\\]P_X^][^\x1b\x07]*\x1b?)?$")


class Rendering:
    """The screen after all bytes so far."""

    def __init__(self, cols: int, rows: int) -> None:
        self._screen = pyte.Screen(cols, rows)
        self._stream = pyte.Stream(self._screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes) -> None:
        """Draws what these bytes say."""
        text = self._rest + self._decoder.decode(data)
        unfinished = _UNFINISHED.search(text)
        self._rest = unfinished.group() if unfinished else ""
        self._stream.feed(_UNKNOWN.sub("", text[: len(text) - len(self._rest)]))

    def resize(self, cols: int, rows: int) -> None:
        """The window has another size from now on."""
        self._screen.resize(rows, cols)

    def lines(self) -> list[str]:
        """The rows as text, without the blanks at their ends."""
        return [self._line(row).rstrip() for row in range(self._screen.lines)]

    def _line(self, row: int) -> str:
        """As a terminal shows it also when half of a wide character was written over: the other half is a blank."""
        cells, wide, text = self._screen.buffer[row], False, []
        for column in range(self._screen.columns):
            data = cells[column].data
            if not (wide and not data):
                text.append(data or " ")
            wide = bool(data) and wcwidth(data[0]) == 2
        return "".join(text)

    def coloured(self) -> list[int]:
        """For each row, in how many cells its background is not that of most of the screen."""
        rows, columns = range(self._screen.lines), range(self._screen.columns)
        grounds = [[self._screen.buffer[row][column].bg for column in columns] for row in rows]
        ((ground, _),) = Counter(chain.from_iterable(grounds)).most_common(1)
        return [sum(one != ground for one in row) for row in grounds]

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row, from 0."""
        return self._screen.cursor.x, self._screen.cursor.y
