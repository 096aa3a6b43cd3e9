"""The evidence gate: what a plan destroys must have been captured, or its loss is accepted aloud and on record.

In: the record's captures, and the sealed bytes themselves: a blob that is gone or altered is no evidence, whatever the
record says. They are read and hashed in a thread, a log may be large. Out: what is missing and why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from console.actions.case import Case
from console.errors import JournalError, Refused
from console.model.entry import Captured
from console.model.ref import ResourceRef
from console.ports.journal import EvidenceStore

_MANIFEST, _LOGS = ".yaml", "pod.logs"


class Gap(msgspec.Struct, frozen=True):
    """One object whose evidence is missing."""

    ref: ResourceRef
    spoilt: tuple[str, ...] = ()
    """What was sealed once and is no evidence any more: kind, and why. Empty: nothing was ever captured."""

    @property
    def words(self) -> str:
        """For people."""
        named = f"{self.ref.kind} {self.ref}"
        return f"{named} ({'; '.join(self.spoilt)})" if self.spoilt else f"{named} was not captured"


async def without_evidence(case: Case, refs: tuple[ResourceRef, ...]) -> tuple[Gap, ...]:
    """Those of the objects (with uid) whose evidence is missing.

    An object counts as captured when its manifest is sealed; of a pod the logs must have been tried for as well, and
    each that was sealed must still be there unaltered.
    """
    uids = {ref.uid for ref in refs}
    captured: dict[str, list[Captured]] = {}
    for item in case.state.captured:
        if item.uid in uids:
            captured.setdefault(item.uid, []).append(item)
    return await asyncio.to_thread(_gaps, case.evidence, captured, refs)


def _gaps(store: EvidenceStore, captured: dict[str, list[Captured]], refs: tuple[ResourceRef, ...]) -> tuple[Gap, ...]:
    found = ((ref, _gap(store, ref, captured.get(ref.uid, ()))) for ref in refs)
    return tuple(Gap(ref, spoilt) for ref, spoilt in found if spoilt is not None)


def _gap(store: EvidenceStore, ref: ResourceRef, items: Sequence[Captured]) -> tuple[str, ...] | None:
    """None when nothing is missing, else what is spoilt."""
    pod = ref.kind == "Pod"
    manifests = [one for one in items if (one.kind == "pod.yaml" if pod else one.kind.endswith(_MANIFEST))]
    spoilt = _spoilt(store, manifests)
    if spoilt or not any(not one.failed for one in manifests):
        return (spoilt,) if spoilt else ()
    if not pod:
        return None
    logs: dict[tuple[str, str, bool], list[Captured]] = {}
    for one in items:
        if one.kind.startswith(_LOGS):
            logs.setdefault(_log(one), []).append(one)
    lost = tuple(words for tries in logs.values() if not tries[-1].failed and (words := _spoilt(store, tries)))
    return lost or (None if logs else ())


def _log(item: Captured) -> tuple[str, str, bool]:
    """Which log it is, by the note its capture left: of which container, and whether its newest lines only."""
    return item.kind, item.note.partition(",")[0].partition(":")[0], "newest" in item.note


def _spoilt(store: EvidenceStore, items: Sequence[Captured]) -> str:
    """Why none of these is evidence any more; "" when one is, or none ever was."""
    words = ""
    for item in reversed(items):
        if item.failed:
            continue
        try:
            store.get(item.blob)
        except JournalError as error:
            words = words or f"{item.kind}: {error}"
        else:
            return ""
    return words


async def pass_gate(case: Case, refs: tuple[ResourceRef, ...], skip: str) -> None:
    """Raises `Refused` when evidence of what is destroyed is missing and no reason to go without it was typed."""
    if not skip.strip():
        refuse_gaps(await without_evidence(case, refs), skip)


def refuse_gaps(missing: tuple[Gap, ...], skip: str) -> None:
    """The same of what was looked up already."""
    if not missing or skip.strip():
        return
    named = ", ".join(f"{gap.ref.kind} {gap.ref}" for gap in missing[:5]) + (" …" if len(missing) > 5 else "")
    spoilt = [words for gap in missing for words in gap.spoilt]
    why = f" What was sealed counts no more: {'; '.join(spoilt[:3])}" if spoilt else ""
    raise Refused(
        f"This destroys {named} of which there is no evidence.{why} Capture it first (e on the pod, or "
        "`warroom contain evidence.pod`), or type a reason to go without it (--skip-evidence)."
    )
