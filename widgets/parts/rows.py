"""Rows of one topic as one pane sees them: kept by key, ordered, filtered. No widget in here.

In: snapshots and deltas. Out: an ordered list of keys. A delta costs what it changes, whatever the number of rows.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from console.ports.session import Delta, Snapshot, Update

if TYPE_CHECKING:
    from console.ports.views import Row

SortKey = Callable[[Any], tuple[Any, ...]]
FILTER_LIMIT = 200
"""Characters of a filter: it is typed, not loaded."""


class Rows:
    """Rows in order.

    Args:
        sorts: name -> sort key of a row; the first is the default. Each key must end in something unique.
        words: the text of a row that filters look at.
    """

    def __init__(self, sorts: Mapping[str, SortKey], words: Callable[[Any], str]) -> None:
        self.sorts = dict(sorts)
        self.sort = next(iter(self.sorts))
        self.by_key: dict[str, Row] = {}
        self.loaded = False
        """Whether a whole snapshot has arrived."""
        self.pattern = ""
        self.problem = ""
        """Why the filter could not be used as a pattern."""
        self._words = words
        self._order: list[tuple[Any, ...]] = []
        self._match: Callable[[str], bool] | None = None
        self._sorted_at = 0
        self._loose = False
        """Whether the order is only begun: a snapshot has not come to its end."""
        self._told: tuple[int, Any, Any] = (-1, None, None)
        self._updates = 0

    def __len__(self) -> int:
        return len(self._order)

    @property
    def total(self) -> int:
        """Rows without the filter."""
        return len(self.by_key)

    @property
    def known(self) -> bool:
        """Whether their number says anything: none before the first snapshot does not mean that there are none."""
        return self.loaded or self.total > 0

    def key_at(self, index: int) -> str:
        """Key of the row at that place."""
        return str(self._order[index][-1])

    def at(self, index: int) -> Row:
        """Row at that place."""
        return self.by_key[self._order[index][-1]]

    def index(self, key: str) -> int:
        """Place of a key, -1 if it is not shown."""
        row = self.by_key.get(key)
        if row is None:
            return -1
        entry = self._entry(row)
        place = bisect_left(self._order, entry)
        return place if place < len(self._order) and self._order[place] == entry else -1

    def take(self, update: Update) -> None:
        """Apply one update."""
        self._updates += 1
        if isinstance(update, Snapshot):
            self._snapshot(update)
        else:
            self._delta(update)

    def _snapshot(self, update: Snapshot) -> None:
        if update.first:
            self.by_key.clear()
            self._order.clear()
            self._sorted_at = 0
            self.loaded = False
        self.by_key.update({row.key: row for row in update.rows})
        self._order += self._entries(update.rows)
        # Sorting every chunk of a long snapshot would be quadratic: sort the first, each doubling, and the last.
        if update.last or len(self._order) >= 2 * self._sorted_at:
            twice = self._match is not None or len(self._order) != len(self.by_key)  # or nobody knows
            if update.last and twice:
                self.rebuild()
            else:
                self._order.sort()
            self._sorted_at = len(self._order)
        self._loose = not update.last
        self.loaded = self.loaded or update.last

    def _delta(self, update: Delta) -> None:
        if self._loose:
            for key in update.removes:
                self.by_key.pop(key, None)
            self.by_key.update((row.key, row) for row in update.upserts)
            self.rebuild()
            return
        for key in update.removes:
            if row := self.by_key.pop(key, None):
                self._forget(row)
        for row in update.upserts:
            old = self.by_key.get(row.key)
            self.by_key[row.key] = row
            if old is not None:
                if self._match is None and self._entry(old) == self._entry(row):
                    continue
                self._forget(old)
            if self._shown(row):
                insort(self._order, self._entry(row))

    def _forget(self, row: Row) -> None:
        entry = self._entry(row)
        place = bisect_left(self._order, entry)
        if place < len(self._order) and self._order[place] == entry:
            del self._order[place]

    def _entry(self, row: Row) -> tuple[Any, ...]:
        return (*self.sorts[self.sort](row), row.key)

    def _entries(self, rows: Iterable[Row]) -> list[tuple[Any, ...]]:
        """Those of the rows that the filter lets through; ten thousand of them are waited for when a seat opens."""
        key = self.sorts[self.sort]
        return [(*key(row), row.key) for row in rows if self._match is None or self._match(self._words(row))]

    def _shown(self, row: Row) -> bool:
        return self._match is None or self._match(self._words(row))

    def rebuild(self) -> None:
        """Order and filter everything again."""
        self._order = sorted(self._entries(self.by_key.values()))
        self._loose = False

    def sort_by(self, name: str) -> None:
        """Another order; an unknown name changes nothing."""
        if name in self.sorts and name != self.sort:
            self.sort = name
            self.rebuild()

    def offer(self, sorts: Mapping[str, SortKey]) -> None:
        """Other orders than before; the one in use stays if it is still there."""
        self.sorts = dict(sorts)
        if self.sort not in self.sorts:
            self.sort = next(iter(self.sorts))
        self.rebuild()

    @property
    def usual(self) -> bool:
        """Whether the order is the one it began with."""
        return self.sort == next(iter(self.sorts))

    def next_sort(self) -> str:
        """Go on to the next order; its name."""
        names = list(self.sorts)
        self.sort_by(names[(names.index(self.sort) + 1) % len(names)])
        return self.sort

    def filter(self, pattern: str) -> None:
        """Show only rows that match; `!` in front shows the others, "" shows all."""
        self.pattern = pattern[:FILTER_LIMIT]
        self._match, self.problem = matcher(self.pattern)
        self.rebuild()

    def told(self, make: Callable[[Any], Any]) -> Any:
        """What `make` makes of all rows; made again only after an update, for a key must not look at ten thousand."""
        if self._told[:2] != (self._updates, make):
            self._told = (self._updates, make, make(self.by_key.values()))
        return self._told[2]

    def values(self) -> Iterable[Row]:
        """All rows, unordered and unfiltered."""
        return self.by_key.values()


def matcher(pattern: str) -> tuple[Callable[[str], bool] | None, str]:
    """A test of a row's words, and what was wrong with the pattern ("" = nothing). Linear time: rows are hostile."""
    inverse = pattern.startswith("!")
    body = pattern[1:] if inverse else pattern
    if not body:
        return None, ""
    import re2  # a third of the first frame if imported at the top, and most seats never filter

    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = body != body.lower()
    problem = ""
    try:
        found = re2.compile(body, options).search
    except re2.error as error:
        problem = f"not a pattern ({str(error)[:60]}): searched as plain text"
        found = re2.compile(re.escape(body), options).search
    return (lambda words: (found(words) is None) == inverse), problem
