"""The objects of the simulated cluster and the history that watches follow. Pure memory, no rules of the API.

Stored objects are never changed in place: a writer hands in a new one. One counter numbers all changes, as etcd does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from console.drill.resources import Body
from console.drill.statuses import expired

HISTORY = 4000
"""Changes kept for watches; an older position answers 410."""


class Change(NamedTuple):
    """One write: `verb` is the watch event's type."""

    revision: int
    verb: str
    kind: str
    obj: Body
    before: Body | None


Hearer = Callable[[Change], None]


def place(obj: Body) -> tuple[str, str]:
    """Namespace and name."""
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


class Store:
    """All objects by kind, with one revision counter."""

    def __init__(self) -> None:
        self.revision = 1000
        self._objects: dict[str, dict[tuple[str, str], Body]] = {}
        self._history: deque[Change] = deque(maxlen=HISTORY)
        self._hearers: list[Hearer] = []

    def get(self, kind: str, namespace: str, name: str) -> Body | None:
        """The object, not to be changed."""
        return self._objects.get(kind, {}).get((namespace, name))

    def all(self, kind: str, namespace: str = "") -> list[Body]:
        """Objects in the order of their keys, as the real server lists them."""
        found = self._objects.get(kind, {})
        return [found[key] for key in sorted(found) if not namespace or key[0] == namespace]

    def kinds(self) -> Iterator[str]:
        """Every kind that has or had objects."""
        return iter(tuple(self._objects))

    def write(self, kind: str, obj: Body) -> Body:
        """Keep `obj` under the next revision and return it as kept."""
        self.revision += 1
        kept: Body = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.revision)}}
        of_kind = self._objects.setdefault(kind, {})
        before = of_kind.get(place(kept))
        of_kind[place(kept)] = kept
        self._tell(Change(self.revision, "MODIFIED" if before else "ADDED", kind, kept, before))
        return kept

    def drop(self, kind: str, namespace: str, name: str, last: Body | None = None) -> Body:
        """Remove the object (in its `last` form, where that differs) and return it with the revision of its end."""
        before = self._objects[kind].pop((namespace, name))
        self.revision += 1
        last = last or before
        gone: Body = {**last, "metadata": {**last["metadata"], "resourceVersion": str(self.revision)}}
        self._tell(Change(self.revision, "DELETED", kind, gone, before))
        return gone

    def since(self, kind: str, revision: int) -> list[Change]:
        """Changes of a kind after `revision`. Raises `Failure` 410 when they are forgotten."""
        oldest = self._history[0].revision if self._history else self.revision
        if len(self._history) == HISTORY and revision < oldest - 1:
            raise expired(f"too old resource version: {revision} ({oldest})")
        return [change for change in self._history if change.revision > revision and change.kind == kind]

    def hear(self, hearer: Hearer) -> Callable[[], None]:
        """Call `hearer` after every change; returns what stops it."""
        self._hearers.append(hearer)
        return lambda: self._hearers.remove(hearer) if hearer in self._hearers else None

    def forget(self) -> None:
        """Drop the history, as a compaction does: every watch position before now is too old."""
        while len(self._history) < HISTORY:
            self._history.append(Change(self.revision, "MODIFIED", "", {"metadata": {}}, None))

    def _tell(self, change: Change) -> None:
        self._history.append(change)
        for hearer in tuple(self._hearers):
            hearer(change)
