"""How bad a finding is.

The words are those of data, JSON and command line; the screen has its own (`widgets.render`).
"""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """Ordered by `rank`: 0 is the worst."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical to 4 for info, for sorting and for `--min-severity`."""
        return _RANK[self]

    def at_least(self, floor: Severity) -> bool:
        """Whether this is as bad as `floor` or worse."""
        return self.rank <= floor.rank


_RANK = {severity: rank for rank, severity in enumerate(Severity)}
