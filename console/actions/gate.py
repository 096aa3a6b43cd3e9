"""The evidence gate: what a plan destroys must have been captured, or its loss is accepted aloud and on record."""

from __future__ import annotations

from console.actions.case import Case
from console.errors import Refused
from console.model.ref import ResourceRef
from console.model.state import IncidentState


def without_evidence(state: IncidentState, refs: tuple[ResourceRef, ...]) -> tuple[ResourceRef, ...]:
    """Those of the objects (with uid) whose evidence is missing.

    An object counts as captured when its manifest is sealed; of a pod the logs must have been tried for as well.
    """
    sealed: dict[str, set[str]] = {}
    tried: dict[str, set[str]] = {}
    for item in state.captured:
        tried.setdefault(item.uid, set()).add(item.kind)
        if not item.failed:
            sealed.setdefault(item.uid, set()).add(item.kind)
    return tuple(
        ref
        for ref in refs
        if not any(kind.endswith(".yaml") for kind in sealed.get(ref.uid, ()))
        or (ref.kind == "Pod" and not any(kind.startswith("pod.logs") for kind in tried.get(ref.uid, ())))
    )


def pass_gate(case: Case, refs: tuple[ResourceRef, ...], skip: str) -> None:
    """Raises `Refused` when evidence of what is destroyed is missing and no reason to go without it was typed."""
    missing = without_evidence(case.state, refs)
    if not missing or skip.strip():
        return
    named = ", ".join(f"{ref.kind} {ref}" for ref in missing[:5]) + (" …" if len(missing) > 5 else "")
    raise Refused(
        f"This destroys {named} of which there is no evidence. Capture it first (e on the pod, or `warroom contain "
        "evidence.pod`), or type a reason to go without it (--skip-evidence)."
    )
