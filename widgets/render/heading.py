"""The header: incident, clock, cluster, mode; freshness of each source; what must not be overlooked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.render.ages import day, elapsed, minute
from widgets.render.digits import digits
from widgets.render.lines import Line, Span, fit, fit_end, line_width, pad, wrap
from widgets.render.lines import width as cells_of
from widgets.render.words import source

if TYPE_CHECKING:
    from console.ports.views import HeaderView, SourceView
    from widgets.theme import Look


MOST = 4
"""Lines in the header for what must not be overlooked."""
_FEW = 11
"""Cells of the number of seats, with its label."""
SKEWED = 5.0
"""Seconds between our clock and the server's from which on a person should know."""


def mode(header: HeaderView | None, look: Look) -> Span:
    """READ-ONLY, or until when this seat may write."""
    if header is None:
        return (" READ-ONLY ", "bar-strong")
    if look.armed_until > look.now():
        return (f" ARMED until {minute(look.armed_until)} ", "danger")
    return (" READ-ONLY ", "bar-strong")


def first(header: HeaderView | None, look: Look, width: int, lost: str) -> Line:
    """Incident and clock at the left, cluster and mode at the right. The mode is never cut."""
    right: list[Span] = [mode(header, look)]
    if header is None:
        left: Line = ((" warroom ", "alert"), (f"  {lost or 'waiting for the engine'} ", "bar"))
        return _between(left, (), right, width)
    name = header.incident or "undeclared"
    start = header.declared or header.opened
    clock = elapsed(look.now() - start) if start else ""
    drill = " DRILL " if header.drill else ""
    tag = f" {name}  {header.phase.upper() or 'WATCH'}  {clock} "
    left = ((drill, "danger"), (tag, "alert" if header.incident or header.drill else "tab"))
    room = width - line_width(left) - line_width(tuple(right))
    return _between(left, _where(header, room, look), right, width)


def _where(header: HeaderView, room: int, look: Look) -> Line:
    """The cluster: the server gives way first, then the beginning of the context, for clouds' names end differently."""
    name = f" {header.context}  "
    if cells_of(name) <= room:
        return ((name, "bar-strong"), (f"{host(header.server)} ", "bar"))  # cut at its end, where it does not fit
    return ((fit_end(f" {header.context} ", max(0, room), look["more"]), "bar-strong"),)


def host(server: str) -> str:
    """The API server without its scheme."""
    return server.split("://", 1)[-1]


def _between(left: Line, middle: Line, right: list[Span], width: int) -> Line:
    room = width - line_width(tuple(right))
    left = pad(left, min(line_width(left), room)) if line_width(left) > room else left
    rest = room - line_width(left)
    middle = pad(middle, rest, "bar") if line_width(middle) > rest else middle
    return (*left, (" " * max(0, rest - line_width(middle)), "bar"), *middle, *right)


def second(header: HeaderView | None, look: Look, width: int, lost: str = "") -> Line:
    """Sources first: silence must never look like calm."""
    if header is None:
        return ()
    parts: list[Span] = []
    for view in () if lost else sorted(header.sources, key=_well):  # what is wrong is not what the width cuts off
        said = view.state if view.state in ("live", "loading") else f"{view.state.upper()} since {minute(view.since)}"
        if view.state == "live" and view.lag >= 60:
            said = f"live, {int(view.lag // 60)}m behind"
        elif view.state == "live" and view.why:
            said = "live, in part"
        parts += [(f" {view.name} ", "bar-dim"), (said, source(view.state) if _well(view) else "bar-warn")]
        if view.dropped:
            parts.append((f" {view.dropped} lost", "bar-bad"))
    if lost:
        parts = [(" sources not known while the engine is lost ", "bar-bad")]
    elif not parts:
        parts = [(" no source yet: see ? sources", "bar-warn")]
    tail: list[Span] = []
    if abs(header.skew) >= SKEWED:
        tail += [("  clock ", "bar-dim"), (_apart(header.skew), "bar-warn")]
    if header.undo_debt:
        tail += [("  undo debt ", "bar-dim"), (str(header.undo_debt), "bar-warn")]
    if header.redact != "normal" or width >= 110:
        tail += [("  redact ", "bar-dim"), (header.redact, "bar")]
    if header.journal and header.journal != "chain ok":
        tail += [("  journal ", "bar-dim"), (_short(header.journal, look), "bar-bad")]
    used = line_width((*parts, *tail)) + 1
    if header.seats and not lost and (width >= 110 or used + _FEW <= width):
        tail += [("  seats ", "bar-dim"), (_seats(header, look, named=width >= 110), "bar")]
    tail.append((" ", "bar"))
    room = width - line_width(tuple(tail))
    return (*pad(tuple(parts), room, "bar"), *tail)


def _seats(header: HeaderView, look: Look, *, named: bool) -> str:
    """Who is here, or how many; a star marks who may write."""
    armed = {seat for seat, until in header.armed if until > look.now()}
    if named:
        return " ".join(seat + ("*" if seat in armed else "") for seat in header.seats)
    return f"{len(header.seats)}{'*' if armed else ''}"


def _well(view: SourceView) -> bool:
    """Whether a source tells all it should, now."""
    if view.lag >= 60 or view.dropped:
        return False
    return view.state in ("loading", "ended") or (view.state == "live" and not view.why)


def _short(text: str, look: Look) -> str:
    """What is wrong with the journal in few cells, for the sources stand beside it; pane 4 has it in full."""
    return fit(text, min(cells_of(text), 24), look["more"])


def _apart(skew: float) -> str:
    """How far this clock is from the server's: `5m ahead`."""
    far = abs(skew)
    amount = f"{far:.0f}s" if far < 100 else f"{far / 60:.0f}m" if far < 6000 else f"{far / 3600:.0f}h"
    return f"{amount} {'ahead' if skew > 0 else 'behind'}"


def sources(header: HeaderView, look: Look, seat: str) -> list[tuple[str, str]]:
    """Each source in full: label and text."""
    found: list[tuple[str, str]] = []
    for view in header.sources:
        lag = f", {int(view.lag // 60)} minutes behind" if view.lag >= 60 else ""
        since = f" since {day(view.since, look.now())}" if view.since else ""
        losses = ((view.malformed, "unreadable"), (view.dropped, "lost"))
        counts = "".join(f"   {count} {word}" for count, word in losses if count)
        why = "".join(f"{sign} {text}" for sign, text in ((":", view.why), (";", view.note)) if text)
        found.append((view.name, f"{view.state}{since}{lag}{why}{counts}"))
    if abs(header.skew) >= SKEWED:
        text = f"this machine's is {_apart(header.skew)} of the API server's: ages are off by that. Start time syncing"
        found.append(("clock", text))
    if not any(view.name.startswith("audit") for view in header.sources):
        found.append(
            ("audit", "no such source: who did what is not known. Add --audit PATH or --audit-webhook ADDRESS")
        )
    return found


def here(header: HeaderView, look: Look, seat: str) -> list[tuple[str, str]]:
    """Who is here and may write, and as whom we act: label and text."""
    armed = {name: until for name, until in header.armed if until > look.now()}
    found: list[tuple[str, str]] = []
    for name in header.seats:
        may = f"armed until {minute(armed[name])}" if name in armed else "read-only"
        found.append((name, may + ("   this seat" if name == seat else "")))
    return [*found, ("acting as", header.user or "not known yet"), ("cluster", f"{header.context} {header.server}")]


def urgent(header: HeaderView | None, look: Look, lost: str, frozen: str, width: int = 0) -> list[Line]:
    """At most four lines that must not be overlooked, the worst first; usually none. What is too much stands in the
    last one."""
    found: list[Span] = []
    if lost and header is not None:
        found.append((lost, "danger"))
    if frozen:
        found.append((frozen, "alert"))
    if header is not None:
        if header.login:
            found.append((f"LOGIN NEEDED, :login  {header.login}", "danger"))
        found += [(f"ALARM  {alarm}", "danger") for alarm in reversed(header.alarms)]
        if header.banner:
            found.insert(min(len(found), MOST - 1), (header.banner, "danger"))
    if len(found) > MOST:
        rest = "   ".join(text for text, _ in found[MOST - 1 :])
        found[MOST - 1 :] = [(f"and {len(found) - MOST + 1} more: {rest}", "danger")]
    rows = [(row, role) for text, role in found for row in wrap(text, width - 2)] if width else found
    # An alarm quotes what an intruder chose, who can make it long: what stands behind that is read where there is room.
    return [((f" {text} ", role),) for text, role in (rows if len(rows) <= MOST else found)]


def big(header: HeaderView | None, look: Look, counts: Line) -> list[Line]:
    """Clock and counts, three lines high, for a shared screen."""
    start = (header.declared or header.opened) if header is not None else 0.0
    clock = digits(elapsed(look.now() - start)[2:] if start else "", look.ascii_only)
    phase = (header.phase.upper() or "WATCH") if header is not None else ""
    beside: list[Line] = [((phase, "strong"),), counts, ()]
    return [((f"  {row}    ", "warn"), *line) for row, line in zip(clock, beside, strict=True)]


def people(header: HeaderView | None, look: Look, width: int, seat: str, lost: str = "") -> list[Line]:
    """Who is here, and who may write."""
    if header is None:
        return [(("waiting for the engine", "dim"),)]
    armed = {name: until for name, until in header.armed if until > look.now()}
    lines: list[Line] = [(("OLD: the engine is lost", "bad"),)] if lost else []
    for name in header.seats:
        may = f"armed until {minute(armed[name])}" if name in armed else "read-only"
        me = "  this seat" if name == seat else ""
        lines.append(((f"{name}  ", "strong"), (may, "warn" if name in armed else "dim"), (me, "dim")))
    lines.append(((f"acting as {header.user or 'not known yet'}", "dim"),))
    lines.append(((f"Kubernetes {header.version or '?'}  {host(header.server)}", "dim"),))
    if header.undo_debt:
        many = "" if header.undo_debt == 1 else "s"
        lines.append(((f"{header.undo_debt} open undo{many}, {look.key('act.undo')} lists them", "warn"),))
    return lines
