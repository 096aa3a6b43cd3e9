"""Pane 2: what was touched and how it is contained; also the browser of a kind, and the last 24 hours."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import structs

from console.ports.session import Snapshot
from console.ports.views import ChangeRow, Columns, ObjectRow
from widgets.messages import Moved
from widgets.parts.rows import Rows
from widgets.parts.sheet import Sheet
from widgets.parts.table import Table
from widgets.render import browsing, resources
from widgets.render.ages import minute
from widgets.render.fitting import Column
from widgets.render.lines import Line, Span
from widgets.render.words import status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from console.model.text import Clean
    from console.ports.session import Update
    from console.ports.views import HeaderView, ResourceRow, SourceView
    from widgets.theme import Look


def _statuses(rows: Iterable[ResourceRow]) -> Counter[str]:
    """How many resources have each status."""
    return Counter(row.status for row in rows)


class Resources(Table):
    """Affected resources, a browser, or changes: three sheets in one frame."""

    def __init__(self, look: Look) -> None:
        self.affected = Sheet(
            "2 Affected resources", resources.COLUMNS, Rows(resources.SORTS, resources.words), resources.cells,
            lambda look: self._none_affected(),
        )  # fmt: skip
        self.changes = Sheet(
            "2 What changed in 24 hours", browsing.CHANGE_COLUMNS, Rows(browsing.CHANGE_SORTS, browsing.change_words),
            browsing.change_cells, lambda look: self._no_changes(),
        )  # fmt: skip
        super().__init__(look, self.affected, id="resources")
        self.topic = ""
        """Topic of the browser, "" when it is closed."""
        self.head: Columns | None = None
        self.header: HeaderView | None = None
        self.chosen = False
        """Whether a person chose the sheet; until then an empty room shows what changed."""

    # -- rows

    def receive(self, update: Update) -> None:
        """Rows of any of the topics this pane shows."""
        if update.topic == "resources":
            self.take(update, self.affected)
        elif update.topic == "changes":
            self.take(update, self.changes)
        elif update.topic == self.topic:
            self._browse(update)
        if not self.chosen and not self.topic and not self.sheet.held:  # no row changes under a hand
            wanted = self.changes if self.changes.rows.total and not self.affected.rows.total else self.affected
            if wanted is not self.sheet:
                self.show(wanted)

    def _browse(self, update: Update) -> None:
        rows = update.rows if isinstance(update, Snapshot) else update.upserts
        heads = [row for row in rows if isinstance(row, Columns)]
        if heads:
            self._head(heads[-1])
            kept = tuple(row for row in rows if not isinstance(row, Columns))
            if isinstance(update, Snapshot):
                update = Snapshot(update.topic, update.revision, kept, update.first, update.last)
            else:
                update = type(update)(update.topic, update.revision, kept, update.removes)
        self.take(update, self.sheet)

    def _head(self, head: Columns) -> None:
        old, self.head = self.head, head
        if old is None or old.titles != head.titles:
            self.sheet.columns = browsing.columns(head)
            self.sheet.cells = browsing.cells_of(len(head.titles))
            self.sheet.rows.offer(browsing.sorts(head))
            self.restyle()

    def fail(self, topic: str, why: Clean) -> None:
        """The engine does not send this topic, or not any more."""
        if topic != self.topic:
            return
        from console.hygiene.exporting import known_safe

        head = self.head or Columns(known_safe("columns"), known_safe(self._word), (), (), known_safe("failed"), 0.0)
        self.head = structs.replace(head, state=known_safe("failed"), since=self.look.now(), why=why)
        self.changed()

    @property
    def _word(self) -> str:
        """The kind as it was asked for, "" without a browser."""
        return self.topic.split(":")[1] if self.topic else ""

    @property
    def namespace(self) -> str:
        """The only namespace the browser shows, "" for all."""
        return self.topic.split(":", 2)[2] if self.topic.count(":") > 1 else ""

    def inform(self, header: HeaderView) -> None:
        """What could be read decides what an empty list means."""
        self.header = header
        self.redraw()

    # -- sheets

    def sheets(self) -> Sequence[Sheet]:
        return (self.affected, self.changes, self.sheet)

    def browse(self, topic: str) -> None:
        """Show every object of a kind; the screen subscribes to the topic."""
        self.topic, self.head, self.chosen = topic, None, True
        kind = self._word
        first = (Column("name", kind.upper(), 18, 60, grow=1), Column("age", "AGE", 4, right=True))
        sheet = Sheet(
            f"2 :{kind} {self.namespace}".rstrip(),
            first,
            Rows(browsing.sorts(None), browsing.words),
            browsing.cells_of(1),
            lambda look: self._not_there(),
        )
        self.show(sheet)

    def back(self) -> bool:
        """Leave the browser or the changes; False when there is nothing to leave."""
        if self.sheet is self.affected:
            return False
        self.topic, self.head, self.chosen = "", None, True
        self.show(self.affected)
        return True

    def show_changes(self) -> None:
        """Show what changed, or go back from it."""
        if self.sheet is self.changes:
            self.back()
        else:
            self.topic, self.head, self.chosen = "", None, True
            self.show(self.changes)
        self.post_message(Moved())

    def find(self, key: str) -> ResourceRow | None:
        """The affected resource of that key."""
        return self.affected.rows.by_key.get(key)  # type: ignore[return-value]

    @property
    def kind(self) -> str:
        """Kind of the row under the cursor, "" if there is none."""
        row = self.row
        if isinstance(row, ObjectRow):
            return self.head.kind if self.head else ""
        return getattr(row, "kind", "")

    # -- drawing

    def title(self, width: int) -> Line:
        rows = self.rows
        parts: list[Span] = [(self.sheet.name, "strong")]
        if self._counted:
            parts.append((f"  {rows.total}", "ink"))
        parts += self.sheet.marks_words()
        if not self.topic and (old := next((one for one in self._watch() if one.state in ("stale", "failed")), None)):
            parts.append((f"  {old.state.upper()} since {minute(old.since)}", "warn"))
        if self.sheet is self.affected:
            counts: Counter[str] = rows.told(_statuses)
            for word in ("open", "residual", "unverifiable", "partial", "effective"):
                if counts[word]:
                    parts += [("  ", "ink"), (f"{word} {counts[word]}", status(word)[1])]
        elif self.head and self.head.state not in ("live",):
            since = f" since {minute(self.head.since)}" if self.head.since else ""
            parts.append((f"  {self.head.state.upper()}{since} {self.head.why}", "warn"))
        elif self.head and self.head.why:
            parts.append((f"  {self.head.why}", "warn"))  # live, and yet not all there is
        if rows.pattern:
            parts.append((f"  /{rows.pattern} {len(rows)}", "warn"))
        if rows.problem:
            parts.append((f"  {rows.problem}", "bad"))
        if self.sheet is not self.affected:
            more = self.affected.rows.total if self.sheet is self.changes else 0
            parts.append((f"  esc: {more} affected" if more else "  esc back", "dim"))
        return tuple(parts)

    @property
    def _counted(self) -> bool:
        """Whether the number of rows says anything: that there are none is told only of what was read."""
        if self.rows.total or not self.rows.loaded or self.sheet is self.affected:
            return self.rows.known
        return browsing.listed(self.head) if self.topic else not self._unseen()

    def _unseen(self) -> list[SourceView]:
        """Whether the cluster is not seen, or not all of it."""
        return [one for one in self._watch() if one.state != "live" or one.why]

    def _watch(self) -> list[SourceView]:
        """How well the cluster itself can be seen."""
        return [one for one in self.header.sources if one.name == "watch"] if self.header is not None else []

    def _none_affected(self) -> Sequence[tuple[str, str]]:
        if not self.affected.rows.loaded:
            return (("Waiting for the engine.", "dim"),)
        return (
            ("No finding and no action has touched an object yet.", "ink"),
            (f":pods or any :KIND browses the cluster; {self.look.key('act.contain')} on a row contains it.", "dim"),
        )

    def _no_changes(self) -> Sequence[tuple[str, str]]:
        if not self.changes.rows.loaded:
            return (("Reading creation times, managers, requests for certificates and Events.", "dim"),)
        if unseen := self._unseen():
            since = f" since {minute(unseen[0].since)}" if unseen[0].since else ""
            return (
                ("Nothing known of what was created or changed in the last 24 hours: not all could be read.", "warn"),
                (f"watch is {unseen[0].state}{since}{': ' + unseen[0].why if unseen[0].why else ''}", "ink"),
            )
        return (("Nothing was created or changed in the last 24 hours, as far as the cluster remembers.", "ink"),)

    def _not_there(self) -> Sequence[tuple[str, str]]:
        kind, head = self._word, self.head
        if head is None or head.state == "loading":
            return ((f"Listing {kind}.", "dim"),)
        if head.state == "forbidden":
            return (
                (f"You may not list {head.kind}: {head.why}", "warn"),
                ("Ask for get, list and watch on it; `warroom rbac render` prints the role.", "ink"),
                ("Where you may only in some namespaces, start warroom with -n NAMESPACE,NAMESPACE.", "ink"),
            )
        if head.state == "absent":
            return ((f"This API server serves no {kind}. {head.why}", "warn"), ("esc goes back.", "dim"))
        if head.state == "stale":
            since = f" since {minute(head.since)}" if head.since else ""
            return (
                (f"Nothing known about {kind}{since}: {head.why or 'the API server does not answer'}", "warn"),
                ("It is asked again and again; what comes shows here at once. None shown is not none there.", "ink"),
            )
        if head.state != "live":
            return ((f"{kind} cannot be shown: {head.why or head.state}", "warn"), ("esc goes back.", "dim"))
        where = f" in {self.namespace}" if self.namespace else ""
        if head.why:
            return (
                (f"There is no {head.kind}{where} in what can be seen: {head.why}", "warn"),
                ("esc goes back.", "dim"),
            )
        return ((f"There is no {head.kind}{where}.", "ink"), ("esc goes back.", "dim"))


def row_details(pane: Resources, row: ChangeRow | ObjectRow | ResourceRow, width: int) -> list[Line]:
    """Details of whatever this pane's cursor is on."""
    if isinstance(row, ChangeRow):
        return browsing.change_details(row, pane.look, width)
    if isinstance(row, ObjectRow):
        return browsing.details(row, pane.head, pane.look, width) if pane.head else []
    return resources.details(row, pane.look, width)
