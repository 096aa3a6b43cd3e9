"""How the rules are, said where the sources say how they are: a rule that is not used is an eye that is shut.

In: compiled rules. Out: the health under the name `rules`, or nothing when all run as they were shipped. The same words
for screen, `status` and `doctor`.
"""

from __future__ import annotations

from collections.abc import Sequence

from console.model.signal import SourceHealth
from console.rules.compiling import RuleSet

NAME = "rules"
_NAMED = 5
"""Ids named at most; `warroom rules list` has all."""


def standing(rules: RuleSet, at: float) -> SourceHealth | None:
    """What is not as shipped. Faults and disabled rules are told as what is not seen, tuned ones beside it."""
    why = "; ".join(filter(None, (_faults(rules.faults), counted(rules.disabled, "disabled"))))
    note = counted(rules.tuned, "tuned")
    return SourceHealth(NAME, "live", at, why, note=note) if why or note else None


def counted(ids: Sequence[str], what: str) -> str:
    """`2 rules disabled by the settings (K8S-A, K8S-B)`, "" for none."""
    if not ids:
        return ""
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    plural = "" if len(ids) == 1 else "s"
    return f"{len(ids)} rule{plural} {what} by the settings ({', '.join(ids[:_NAMED])}{more})"


def _faults(faults: Sequence[str]) -> str:
    if not faults:
        return ""
    more = f"; {len(faults) - 1} more, see `warroom rules check`" if len(faults) > 1 else ""
    return f"{len(faults)} fault{'' if len(faults) == 1 else 's'} in the rules: {faults[0]}{more}"
