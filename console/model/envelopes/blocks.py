"""Whole lines of a file, kept as the one text they are: a line is cut when somebody asks for it.

In: bytes up to a line's end, or to the end of a file. Out: the lines, as a sequence, and a glimpse of all of them at
once, for half of what cutting and reading each costs. Nothing is raised for what the bytes are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import msgspec

from console.model.glimpse import Glimpse

_FAULTS = (msgspec.MsgspecError, RecursionError, ValueError, UnicodeError, MemoryError, OverflowError)
_OPEN, _CLOSE = b"{}"
_decoder = msgspec.json.Decoder(Glimpse)


class Block(Sequence[bytes]):
    """Lines of one text, without their ends.

    Args:
        text: its last line may be without an end.
    """

    def __init__(self, text: bytes) -> None:
        text = text if not text or text.endswith(b"\n") else text + b"\n"
        starts: list[int] = []
        are_objects, find, start = True, text.find, 0
        while (end := find(b"\n", start)) >= 0:
            if text[start] != _OPEN or text[end - 1] != _CLOSE:
                are_objects = False
            starts.append(start)
            start = end + 1
        self._text, self._count, self._are_objects = text, len(starts), are_objects
        self._starts = [*starts, start]

    def glimpses(self) -> Sequence[Glimpse]:
        """A glimpse of the event of each line; none when one of them is no plain event.

        A decoder of many documents does not care where lines end. So that no line swallows the next, or hides it by
        being two: each begins with `{` and ends with `}`, there is no newline in a string of JSON, and in no document
        a `{` comes right after a `}`. So every line is one document or several, and there are as many as lines.
        """
        if not self._count or not self._are_objects:
            return ()
        try:
            _decoder.decode(self[0])  # in a file of another envelope each line is in it: do not read a block in vain
            found = _decoder.decode_lines(self._text)
        except _FAULTS:
            return ()
        return found if len(found) == self._count else ()

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> list[bytes]: ...
    def __getitem__(self, at: int | slice) -> bytes | list[bytes]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(self._count))]
        if not -self._count <= at < self._count:
            raise IndexError(at)
        at %= self._count
        return self._text[self._starts[at] : self._starts[at + 1] - 1]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._text.split(b"\n")[: self._count])
