"""A plan and an outcome in words: what will be done, what it changes, what it leaves. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from widgets.render.heading import host
from widgets.render.lines import Line, together, wrap
from widgets.render.words import status

if TYPE_CHECKING:
    from console.ports.views import OutcomeView, PlanView
    from widgets.theme import Look


def plan(view: PlanView, look: Look, cells: int, changeable: bool = False) -> list[Line]:
    """Everything an approver must know, in the order it matters. `changeable`: its parameters may be set here."""
    danger = "bad" if view.danger == "D3" else "warn" if view.danger == "D2" else "ink"
    where = f"uid {view.uid or look['none']}   {view.cluster} {host(view.server)}"
    lines: list[Line] = [
        *together(((f"{view.title}  ", "strong"), (view.target, "proved")), cells),
        *together(((f"{view.danger} {view.danger_words}", danger), (f"   {where}", "dim")), cells),
        (),
    ]
    lines += _part("approval", approvals(view), cells, "warn")
    if view.missing:
        lines += _part("you may not", view.missing, cells, "bad")
    if view.protected:
        lines += _part("protected", (view.protected,), cells, "bad")
    lines += _part("warning", view.warnings, cells, "warn")
    if view.params:
        words = ", ".join(f"{name} = {value or '(not set)'}" for name, value in view.params)
        lines += _part("parameters" + (", ctrl+o for others" if changeable else ""), (words,), cells)
    lines += _calls(view, cells)
    lines += _part("will change", view.blast, cells)
    lines += _part("will be left", view.residual, cells)
    lines += _part("cannot be seen from here", view.limits, cells, "dim")
    lines += _part("evidence", view.evidence, cells, "bad" if view.evidence_missing else "ok")
    lines += _part("will put it back", view.reverters, cells, "warn")
    lines += _part("webhooks that will see it", view.webhooks, cells, "warn")
    lines += _part("dry-run", view.dry_run, cells)
    lines += _part("undo", view.undo, cells)
    lines += _part("exact bodies", [text for call in view.calls for text in call.body], cells, "dim")
    return lines


def approvals(view: PlanView) -> tuple[str, ...]:
    """Who has approved it already, and what the reader's own approval would do; nothing where one person is enough."""
    if view.danger != "D3":
        return ()
    had = tuple(f"already approved by {who}" for who in view.approved)
    if view.again:
        return (*had, "You have approved it: another user of this host must, yours again changes nothing.")
    if had:
        return (*had, "Yours is the second: with it this starts at once.")
    return ("Two people must approve this: yours is the first, and it starts with that of another user of this host.",)


def _calls(view: PlanView, cells: int) -> list[Line]:
    if not view.calls:
        return _part("will do", ("nothing is written",), cells)
    lines: list[Line] = [(("will do", "dim"),)]
    for i, call in enumerate(view.calls, 1):
        lines += [
            (((f" {i} " if n == 0 else "   "), "dim"), (row, "ink"))
            for n, row in enumerate(wrap(call.title, cells - 3))
        ]
        if call.kubectl:
            lines += [(("   ", "dim"), (row, "dim")) for row in wrap(call.kubectl, cells - 3)]
    return lines


def _part(name: str, texts: Sequence[str], cells: int, role: str = "ink") -> list[Line]:
    if not texts:
        return []
    lines: list[Line] = [((name, "dim"),)]
    for text in texts:
        lead = text[: len(text) - len(text.lstrip(" "))]
        lines += [((" " + lead + row, role),) for row in wrap(text.lstrip(" "), cells - 2 - len(lead))]
    return lines


WORDS = {
    "planned": "planned, not approved",
    "approved": "approved; waiting to start",
    "running": "running: requests are being sent",
    "accepted": "accepted: the API server took it; controllers have not done it yet",
    "converged": "converged: controllers did it; not measured yet",
    "effective": "effective: measured",
    "refused": "refused: nothing was written",
    "failed": "failed: nothing was written",
    "partial": "PARTIAL: some writes were done, some were not",
    "unknown": "UNKNOWN: a request was sent and its answer is missing; it is being read back",
    "undone": "undone",
}


def waits_for_another(view: OutcomeView) -> bool:
    """Whether it goes on only when a second person approves it."""
    return view.waits


def _second_person(view: OutcomeView) -> tuple[str, ...]:
    kind, _, place = view.target.partition(" ")
    namespace, _, name = place.rpartition("/")
    target = f"{kind}/{name}".lower() if kind not in ("User", "Group") else f"{kind}/{place}"
    where = f" -n {namespace}" if namespace and kind not in ("User", "Group") else ""
    return (
        "Nothing was written. Another user of this host approves it at their seat with:",
        f"  :approve {view.id}",
        "or at a prompt with:",
        f"  warroom contain {view.action} {target}{where} --reason WHY \\",
        f"  --approve {view.digest}",
        "esc leaves; the plan keeps waiting until it expires.",
    )


def outcome(view: OutcomeView, look: Look, cells: int) -> list[Line]:
    """How far an action is, and what is left."""
    ink = status(view.stage)[1]
    if view.stage == "effective" and (view.residual or view.unverifiable):
        ink = "warn"
    named: Line = ((f"{view.action}  ", "strong"), (view.target, "proved"), (f"   plan {view.id}", "dim"))
    lines: list[Line] = [*together(named, cells), ()]
    words = "WAITING for a second person" if waits_for_another(view) else WORDS.get(view.stage, view.stage)
    lines += [((row, "warn" if waits_for_another(view) else ink),) for row in wrap(words, cells)]
    if view.text:
        lines += [((row, "ink"),) for row in wrap(view.text, cells)]
    if waits_for_another(view):
        lines += [((row, "warn"),) for text in _second_person(view) for row in wrap(text, cells)]
    elif not view.final:
        lines.append((("still going; esc leaves, it goes on", "dim"),))
    elif view.residual or view.unverifiable:
        lines.append((("it is measured again and again: what shows here stays up to date, as does pane 2", "dim"),))
    lines.append(())
    lines += _part("steps", view.steps, cells)
    lines += _part("left", view.residual, cells, "warn")
    lines += _part("cannot be verified", view.unverifiable, cells, "warn")
    lines += _part("cannot be seen from here", view.limits, cells, "dim")
    return lines


def verdict(view: OutcomeView) -> tuple[str, str]:
    """One sentence for the footer, and its role."""
    extra = ""
    if waits_for_another(view):
        return f"{view.action} {view.target} waits for a second person: :approve {view.id} at their seat", "warn"
    if view.residual:
        extra = f", {len(view.residual)} left"
    elif view.unverifiable:
        extra = f", {len(view.unverifiable)} not verifiable"
    role = "ok" if view.stage == "effective" and not extra else status(view.stage)[1]
    return f"{view.action} {view.target}: {view.stage}{extra}", "warn" if extra else role
