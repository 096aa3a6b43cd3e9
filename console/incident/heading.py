"""The header row: what incident, what cluster, what mode, how fresh. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from console.hygiene.exporting import Exporter, known_safe
from console.model.signal import SourceHealth
from console.model.state import IncidentState
from console.model.text import Clean
from console.ports.cluster import ClusterInfo, KindHealth
from console.ports.views import HeaderView, SourceView

WATCH = "watch"
_WORST = ("live", "ended", "loading", "absent", "forbidden", "stale", "failed")
CORE = ("Pod", "Node", "Namespace", "Deployment")
"""Kinds whose watch the header speaks for; others say how they are where their data would be."""


def header_view(
    info: ClusterInfo,
    state: IncidentState,
    healths: Iterable[SourceHealth],
    watches: Sequence[KindHealth],
    words: dict[str, str],
    export: Exporter,
    drill: bool,
) -> HeaderView:
    """The header as it is now. `words`: `journal`, `login`, `banner`, `phase`."""
    told = {health.name: health for health in healths}
    watch = _watch_view(watches, told.pop(WATCH, None), export)
    sources = [watch, *(_source_view(health, export) for health in told.values())]
    return HeaderView(
        Clean("header"),
        state.declared.name if state.declared else Clean(""),
        known_safe(words.get("phase", "")),
        state.opened_at,
        state.declared_at,
        export(info.context),
        export(info.server),
        export(info.id),
        export(info.version),
        export(info.user),
        drill,
        tuple((known_safe(seat), armed.until) for seat, armed in sorted(state.armed.items())),
        tuple(sources),
        tuple(known_safe(seat) for seat in sorted(state.seats)),
        len(state.open_undo()),
        Clean("normal"),
        known_safe(words.get("journal", "")),
        tuple(known_safe(alarm) for alarm in state.alarms[-5:]),
        export(words.get("login", "")),
        export(words.get("banner", "")),
        info.skew,
    )


def phase_of(state: IncidentState) -> str:
    """The phase in one word, from what was done and which gates were passed."""
    passed = {record.value for _, record in state.recorded.get("gate.pass", [])}
    for gate, phase in (("REC-09", "LEARN"), ("REM-12", "RECOVER"), ("INV-06", "REMEDIATE"), ("SVC-05", "INVESTIGATE")):
        if gate in passed:
            return phase
    return "CONTAIN" if any(action.wrote for action in state.actions.values()) else "DETECT"


def _source_view(health: SourceHealth, export: Exporter) -> SourceView:
    return SourceView(
        export(health.name),
        known_safe(health.state),
        health.since,
        export(health.why),
        float(round(health.lag, -1)),  # whole tens: a header that flickers costs bytes and attention
        health.malformed,
        health.dropped,
        export(health.note),
    )


def _watch_view(watches: Sequence[KindHealth], told: SourceHealth | None, export: Exporter) -> SourceView:
    """All watches as one source: as bad as the worst of the core kinds. `told`: what becomes of their changes."""
    core = [one for one in watches if one.kind in CORE] or list(watches)
    if not core:
        return SourceView(Clean("watch"), Clean("loading"), 0.0)
    worst = max(core, key=lambda one: _WORST.index(one.state) if one.state in _WORST else len(_WORST))
    why = f"{worst.kind}: {worst.why}" if worst.why else ""
    if partial := sorted({name for one in core for name in one.namespaces}):
        seen = f"only in {', '.join(partial[:5])}{f' and {len(partial) - 5} more' if len(partial) > 5 else ''}"
        why = f"{why}; {seen}" if why else seen
    dropped, note = (told.dropped, told.note) if told is not None else (0, "")
    return SourceView(
        Clean("watch"), known_safe(worst.state), worst.since, export(why), dropped=dropped, note=known_safe(note)
    )
