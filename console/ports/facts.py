"""What a check is given: facts by name. A check never calls the cluster; what is missing is probed for it."""

from __future__ import annotations

from typing import Protocol

from console.model.facts import Ask, Fact


class Facts(Protocol):
    """The book of facts, as a check sees it."""

    def get(self, ask: Ask) -> Fact:
        """The newest value, or why there is none. Asking schedules a probe where one can answer."""
        ...

    def now(self) -> float:
        """Epoch seconds, the same during one judgement."""
        ...
