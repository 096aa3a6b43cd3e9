"""The affected set: every object a finding of medium or worse, or an action, touched — and how each stands. Pure.

Status words come from what was observed of the actions on an object, never from an action's own return.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from console.hygiene.exporting import Exporter, known_safe
from console.incident.naming import account_of, actor_of, key_of, target_of
from console.model.action import Danger
from console.model.finding import Finding
from console.model.objects import Obj, Pod, Workload
from console.model.ref import BY_KIND, ResourceRef
from console.model.severity import Severity
from console.model.state import ActionState, IncidentState
from console.model.text import Clean
from console.ports.cluster import View
from console.ports.views import ResourceRow

Look = Callable[[str], View | None]
"""The view of a kind, None when that kind is not watched."""
Target = Callable[[ActionState], ResourceRef]
_PENDING = ("planned", "approved")


def _told(action: ActionState) -> ResourceRef:
    return action.target


class Affected(msgspec.Struct):
    """One object of the set."""

    ref: ResourceRef
    findings: list[Finding] = msgspec.field(default_factory=list)
    actions: list[ActionState] = msgspec.field(default_factory=list)
    since: float = 0.0

    @property
    def worst(self) -> Severity | None:
        """Worst severity of its findings."""
        return min((one.severity for one in self.findings), key=lambda s: s.rank, default=None)


def affected_set(
    findings: Iterable[Finding], state: IncidentState, cluster: str, target: Target = _told
) -> dict[str, Affected]:
    """All affected objects by row key. `target`: the exact object of an action, whose name the record may redact."""
    found: dict[str, Affected] = {}
    for finding in findings:
        if not finding.severity.at_least(Severity.MEDIUM):
            continue
        for ref in _touched(finding, cluster):
            one = _member(found, ref, finding.first)
            one.findings.append(finding)
    for action in state.actions.values():
        if action.intents or action.verified:
            _member(found, target(action), action.at).actions.append(action)
    return found


def _touched(finding: Finding, cluster: str) -> list[ResourceRef]:
    pod_space, _, pod = finding.who.pod.partition("/")
    caller = BY_KIND["Pod"].ref(pod_space, pod, cluster=cluster) if pod else None
    actors = (target_of(finding, cluster), actor_of(finding.who.effective, cluster), caller)
    return [ref for ref in actors if ref is not None]


def _member(found: dict[str, Affected], ref: ResourceRef, at: float) -> Affected:
    key = key_of(ref)
    one = found.get(key)
    if one is None:
        one = found[key] = Affected(ref, since=at)
    elif ref.uid and not one.ref.uid:
        one.ref = ref
    one.since = min(one.since, at)
    return one


def status_of(actions: Iterable[ActionState], uid: str = "") -> tuple[str, str]:
    """Status word and what is left, of the newest action that is not undone.

    One that only reads contains nothing, whatever it captured; one that wrote nothing changes nothing of an earlier
    one that did; and what was done to an object that is gone says nothing of one made anew under its name.

    Args:
        uid: of the object that has the name now, "" when none has or that is not known.
    """
    live = [a for a in actions if not a.undone_by and not a.planned.undoes and (a.intents or a.verified)]
    live = [a for a in live if Danger(a.planned.danger) is not Danger.D0]
    if not live:
        return "open", ""
    here = [a for a in live if not uid or a.planned.uid in ("", uid)]
    newest = max(here or live, key=lambda action: (action.wrote or bool(action.unknown_steps), action.at))
    seen = newest.verified
    if newest.drifts:
        return "drift", newest.drifts[-1].text
    if not here:
        return "open", f"made anew since {newest.planned.action}: nothing was done to this one (uid {uid})"
    if newest.unknown_steps:
        return "unknown", "a request was sent and its answer is not known; it is being resolved by reading"
    if seen is None:
        return "running", ""
    if seen.residual:
        return "residual", "; ".join(seen.residual)
    if seen.unverifiable:
        return "unverifiable", "; ".join(seen.unverifiable)
    return seen.stage, "; ".join(seen.limits)


def resource_row(one: Affected, look: Look, offers: Mapping[str, tuple[str, ...]], export: Exporter) -> ResourceRow:
    """The row of one affected object."""
    ref = one.ref
    obj, gone = _live(ref, look)
    status, left = status_of(one.actions, obj.metadata.uid if obj is not None else "")
    if gone and status == "open":
        status, left = "gone", "it no longer exists; its owner may have made another"
    owner, node, account = _place(obj)
    return ResourceRow(
        export(key_of(ref)),
        export(ref.kind),
        export(str(ref)),
        known_safe(status),
        export(left),
        export(owner),
        export(node),
        export(account),
        known_safe(one.worst or ""),
        sum(finding.count for finding in one.findings),
        one.since,
        tuple(known_safe(offer) for offer in offers.get(ref.kind, ())),
    )


def _live(ref: ResourceRef, look: Look) -> tuple[Obj | None, bool]:
    """The watched object, and whether it is known to be gone."""
    view = look(ref.kind) if ref.kind in BY_KIND else None
    if view is None:
        return None, False
    obj = view.get(ref.namespace, ref.name)
    return obj, obj is None and view.health.state == "live"


def _place(obj: Obj | None) -> tuple[str, str, str]:
    """Owner, node and account of an object, in words."""
    if obj is None:
        return "", "", ""
    controller = obj.metadata.controller
    owner = f"{controller.kind} {controller.name}" if controller else ""
    if isinstance(obj, Pod):
        return owner or "bare", obj.spec.node_name, obj.spec.service_account_name
    if isinstance(obj, Workload) and obj.spec.template:
        return owner, "", obj.spec.template.spec.service_account_name
    return owner, "", ""


def contained_words(findings: Iterable[Finding], rows: Mapping[str, ResourceRow], cluster: str) -> dict[str, Clean]:
    """For each finding id, the status of its target once something was done about it."""
    words: dict[str, Clean] = {}
    for finding in findings:
        target = target_of(finding, cluster)
        row = rows.get(key_of(target)) if target else None
        if row is not None and row.status not in ("open", *_PENDING):
            words[finding.id] = row.status
    return words


__all__ = ["Affected", "account_of", "affected_set", "contained_words", "resource_row", "status_of"]
