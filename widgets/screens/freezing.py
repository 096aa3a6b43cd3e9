"""Holding the screen still: updates are merged by row while it is frozen, so that memory does not grow with time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.ports.session import CHUNK, Delta, Snapshot, Update
from widgets.render.ages import held

if TYPE_CHECKING:
    from console.ports.views import Row


class _Held:
    def __init__(self) -> None:
        self.whole = False
        self.rows: dict[str, Row] = {}
        self.gone: set[str] = set()
        self.revision = 0


class Freezer:
    """Keeps what arrives while frozen."""

    def __init__(self) -> None:
        self._since = -1.0
        self._topics: dict[str, _Held] = {}
        self._count = 0

    @property
    def frozen(self) -> bool:
        """Whether the screen holds."""
        return self._since >= 0

    def freeze(self, now: float) -> None:
        """Start holding. `now` is monotonic."""
        self._since, self._count = now, 0

    def hold(self, update: Update) -> None:
        """Keep an update for later."""
        kept = self._topics.setdefault(update.topic, _Held())
        kept.revision = update.revision
        if isinstance(update, Snapshot):
            if update.first:
                kept.whole = True
                kept.rows.clear()
                kept.gone.clear()
            rows = update.rows
        else:
            rows = update.upserts
            for key in update.removes:
                kept.rows.pop(key, None)
                kept.gone.add(key)
        for row in rows:
            kept.rows[row.key] = row
            kept.gone.discard(row.key)
        self._count += len(rows)

    def thaw(self) -> list[Update]:
        """Stop holding; what was kept, as few updates as possible."""
        updates: list[Update] = []
        for topic, kept in self._topics.items():
            rows = tuple(kept.rows.values())
            if kept.whole:
                chunks = [rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)] or [()]
                last = len(chunks) - 1
                updates += [Snapshot(topic, kept.revision, part, i == 0, i == last) for i, part in enumerate(chunks)]
            else:
                updates.append(Delta(topic, kept.revision, rows, tuple(kept.gone)))  # type: ignore[arg-type]
        self._topics.clear()
        self._since = -1.0
        return updates

    def words(self, now: float) -> str:
        """`FROZEN 00:42  +1204 held`, "" while not frozen."""
        return f"FROZEN {held(now - self._since)}  +{self._count} held  f goes on" if self.frozen else ""
