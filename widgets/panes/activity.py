"""Pane 1: what looks like the intruder, worst first. Silence is explained, never shown as calm."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from widgets.parts.rows import Rows
from widgets.parts.sheet import Sheet
from widgets.parts.table import Table
from widgets.render import findings
from widgets.render.ages import minute
from widgets.render.lines import Line, Span, wrap
from widgets.render.words import severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from console.ports.views import FindingRow, HeaderView, SourceView
    from widgets.theme import Look


_UNSEEN = "No audit source: reads of secrets, execs, minted tokens and impersonation cannot be seen, nor who did them."
_JUDGED = "What appears or changes in the cluster is judged all the same, by the objects alone."
_ADD = "Add one: start with --audit PATH or --audit-webhook ADDRESS, or under [sources] in the config file."


def _state(view: SourceView) -> str:
    since = f" since {minute(view.since)}" if view.since else ""
    return f"{view.name} is {view.state}{since}{': ' + view.why if view.why else ''}"


def _unseen(rows: Iterable[FindingRow]) -> Counter[str]:
    """How many of each severity nobody has acknowledged."""
    return Counter(row.severity for row in rows if not row.acknowledged)


class Activity(Table):
    """Findings."""

    def __init__(self, look: Look) -> None:
        sheet = Sheet(
            "1 Suspicious activity", findings.COLUMNS, Rows(findings.SORTS, findings.words), findings.cells, self._empty
        )
        super().__init__(look, sheet, id="activity")
        self.header: HeaderView | None = None

    def title(self, width: int) -> Line:
        parts: list[Span] = [(self.sheet.name, "strong"), *self.sheet.marks_words(), *self.counts()]
        if self.rows.pattern:
            parts.append((f"  /{self.rows.pattern} {len(self.rows)} of {self.rows.total}", "warn"))
        if self.rows.problem:
            parts.append((f"  {self.rows.problem}", "bad"))
        return tuple(parts)

    def notes(self, width: int) -> list[Line]:
        """What these findings cannot show, because nobody or nobody any more tells who did what."""
        if self.header is None or self.lost:
            return []
        if not self.audit_seen():
            said = [_UNSEEN, _ADD]
        else:
            said = [f"{_state(view)}: who did what since then is not known." for view in self._deaf("audit")]
        lines: list[Line] = [((" " + row, "warn"),) for text in said for row in wrap(text, width - 2)]
        return lines[:4]

    def counts(self) -> Line:
        """`3 CRIT  2 HIGH` of what nobody has acknowledged."""
        counts: Counter[str] = self.rows.told(_unseen)
        parts: list[Span] = []
        for word, ink in (("critical", "bad"), ("high", "warn"), ("medium", "ink")):
            if counts[word]:
                parts += [("  ", "ink"), (f"{counts[word]} {severity(word)[0].split()[0]}", ink)]
        return tuple(parts)

    def audit_seen(self) -> bool:
        """Whether any source tells who did what."""
        return self.header is not None and any(view.name.startswith("audit") for view in self.header.sources)

    def _deaf(self, name: str = "") -> list[SourceView]:
        """Sources of that kind which do not tell anything now."""
        views = self.header.sources if self.header is not None else ()
        return [view for view in views if view.name.startswith(name) and view.state not in ("live", "loading")]

    def inform(self, header: HeaderView) -> None:
        """What the header knows changes what silence means."""
        self.header = header
        self.redraw()

    def _empty(self, look: Look) -> Sequence[tuple[str, str]]:
        header = self.header
        if header is None or not self.rows.loaded:
            return (("Waiting for the engine's first findings.", "dim"),)
        if header.login:
            return (("Nothing can be seen: the cluster wants a login.", "warn"), (header.login, "ink"))
        if not self.audit_seen():
            return (
                (_UNSEEN, "warn"),
                (_JUDGED, "ink"),
                ("", "ink"),
                (_ADD, "ink"),
                (f"{look.key('room.changes')} shows what changed in the last 24 hours.", "dim"),
            )
        partly = [view for view in header.sources if view.state == "live" and view.why]
        if deaf := [*self._deaf(), *partly]:
            names = ", ".join(_state(view) for view in deaf)
            return (("Nothing found in what could be read, but not everything can be read:", "warn"), (names, "ink"))
        if loading := [view.name for view in header.sources if view.state == "loading"]:
            return ((f"Still reading {', '.join(loading)}: what is there is not known yet.", "dim"),)
        return (
            ("Nothing suspicious in what the sources say since they began.", "ink"),
            (
                f"That is no proof: {look.key('room.changes')} shows what changed before, "
                f"{look.key('room.checklist')} what to look for by hand.",
                "dim",
            ),
        )
