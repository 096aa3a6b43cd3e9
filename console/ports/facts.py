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


class Book(Facts, Protocol):
    """The whole book, as the runner uses it: it judges again whenever a fact may have changed, and never polls."""

    @property
    def revision(self) -> int:
        """Rises whenever a fact may have changed."""
        ...

    async def wait_change(self, seen: int = -1) -> int:
        """Wait for a revision above `seen` (-1: above the present one); at most four times a second."""
        ...

    def reading(self, urgent: bool = False) -> Facts:
        """The book with its time stopped, for one round of judgements; urgent when a person waits for the verdict."""
        ...

    def renew(self, fact: str) -> None:
        """Probed answers of this name may be out of date: a write was just made."""
        ...


class Stamped(Facts, Protocol):
    """A book that can tell cheaply whether an answer is still the same, without giving it."""

    def stamp(self, ask: Ask) -> object:
        """A value that differs whenever the answer may differ. Comparing two stamps is cheap."""
        ...
