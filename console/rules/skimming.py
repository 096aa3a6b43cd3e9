"""Passes over the events of a block of lines that no rule can match: they are not read in full, nor matched.

In: lines and the rules. Out: the lines that have to be read as any other. An event that is passed over is one whose
caller and cells are known, from an event that was read in full, to have no candidate: what is found stays the same.
What is no plain event, or is not known yet, is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from console.model.envelopes.blocks import Block
from console.model.glimpse import Glimpse


def unskimmed(lines: Block, none: Callable[[Glimpse], bool]) -> Sequence[bytes]:
    """The lines that have to be read; each of the others is one event, of which `none` says that nothing comes."""
    glimpses = lines.glimpses()
    if not glimpses:
        return list(lines)
    return [lines[at] for at, one in enumerate(glimpses) if one.stage != "RequestReceived" and not none(one)]
