"""Passes over the events of a block of lines that no rule can match: they are not read in full, nor matched.

In: lines and the rules. Out: the lines that have to be read as any other. An event that is passed over is one whose
caller and cells are known, from an event that was read in full, to have no candidate: what is found stays the same.
What is no plain event, or is not known yet, is left.
"""

from __future__ import annotations

from collections.abc import Sequence

from console.model.envelopes.blocks import Block
from console.rules.compiling import RuleSet


def unskimmed(lines: Block, rules: RuleSet) -> Sequence[bytes]:
    """The lines that have to be read; each of the others is one event."""
    glimpses = lines.glimpses()
    if not glimpses:
        return list(lines)
    none = rules.chooses_none
    return [lines[at] for at, one in enumerate(glimpses) if one.stage != "RequestReceived" and not none(one)]
