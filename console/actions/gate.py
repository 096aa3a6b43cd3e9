"""The evidence gate: what a plan destroys must have been captured, or its loss is accepted aloud and on record."""

from __future__ import annotations

from console.actions.case import Case
from console.errors import Refused
from console.model.plan import Plan
from console.model.ref import ResourceRef
from console.model.state import IncidentState


def without_evidence(state: IncidentState, refs: tuple[ResourceRef, ...]) -> tuple[ResourceRef, ...]:
    """Those of the objects (with uid) whose evidence is missing.

    An object counts as captured when its manifest is sealed; of a pod the logs must have been tried for as well.
    """
    sealed = {(item.uid, item.kind) for item in state.captured if not item.failed}
    tried = {(item.uid, item.kind) for item in state.captured}
    return tuple(
        ref
        for ref in refs
        if not any(uid == ref.uid and kind.endswith(".yaml") for uid, kind in sealed)
        or (ref.kind == "Pod" and not any(uid == ref.uid and kind.startswith("pod.logs") for uid, kind in tried))
    )


def pass_gate(case: Case, plan: Plan, skip: str) -> None:
    """Raises `Refused` when evidence is missing and no reason to go without it was typed."""
    missing = without_evidence(case.state, plan.destroys)
    if not missing or skip.strip():
        return
    named = ", ".join(f"{ref.kind} {ref}" for ref in missing[:5]) + (" …" if len(missing) > 5 else "")
    raise Refused(
        f"This destroys {named} of which there is no evidence. Capture it first (e on the pod, or `warroom contain "
        "evidence.pod`), or type a reason to go without it (--skip-evidence)."
    )
