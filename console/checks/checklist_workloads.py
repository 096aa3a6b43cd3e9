"""Checks of the checklist on workloads: suspended and quiet, running fixed or approved images."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from console.checks import asking
from console.checks.base import check
from console.checks.checklist_record import said
from console.checks.telling import listed, tell, told
from console.checks.workloads import pods_under, stopped
from console.model.ending import RUNS, UNPROVED, life, unproved_words
from console.model.facts import Unknown
from console.model.instants import minute
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.model.workload import Pod, Workload
from console.ports.facts import Facts


@check("workload.quiet", "object", "objects", about="Deployment")
def workload_quiet(facts: Facts, target: ResourceRef) -> Verdict:
    """The workload stands still, or is gone with its pods, and nothing else runs its images in that namespace.

    A pod that was detached for forensics has no controller and is not counted.
    """
    return both(_still(facts, target), _images_quiet(facts, target))


@told
def _still(facts: Facts, target: ResourceRef) -> Verdict:
    if tell(facts, asking.an_object(target.kind, target.namespace, target.name)) is not None:
        return stopped(facts, target)
    if not target.uid:
        return Verdict(None, "it is gone; its uid is not known, so its pods cannot be looked for")
    left = pods_under(facts, target.namespace, [target.uid])
    if isinstance(left, Unknown):
        return Verdict(None, left.why)
    unproved = [pod.metadata.name for pod in left if life(pod) == UNPROVED]
    if left and len(unproved) == len(left):
        return Verdict(None, f"gone · {unproved_words(unproved)}")
    return Verdict(not left, f"gone · {len(left)} pods of it left")


@told
def _images_quiet(facts: Facts, target: ResourceRef) -> Verdict:
    """No controlled pod of the namespace runs an image of the workload's template."""
    workload = tell(facts, asking.an_object(target.kind, target.namespace, target.name))
    template = workload.spec.template if isinstance(workload, Workload) else None
    images = {one.image for one in template.spec.containers} if template else set()
    pods = cast(Iterable[Pod], tell(facts, asking.objects("Pod", target.namespace)))
    having = [pod for pod in pods if any(one.image in images for one in pod.spec.containers)]
    lives = [(life(pod), pod.metadata.name) for pod in having if pod.metadata.controller is not None]
    left = [name for state, name in lives if state == RUNS]
    unproved = [name for state, name in lives if state == UNPROVED]
    if unproved and not left:
        return Verdict(None, unproved_words(unproved))
    return Verdict(not left, f"its image still runs in {listed(left)}" if left else "no pod runs its image")


@check("image.fixed", "running", "recorded", "object", "objects", about="Deployment")
def image_fixed(facts: Facts, target: ResourceRef) -> Verdict:
    """No pod runs a digest recorded as bad, and every image of the workload has a clean scan on record.

    Recorded with `image.bad sha256:…` and `scan.clean sha256:…`; the scan itself is a person's word.
    """
    clear = _no_bad_image(facts, target)
    return clear if clear.truth is False else both(clear, _scanned(facts, target))


@told
def _no_bad_image(facts: Facts, target: ResourceRef) -> Verdict:
    bad = [value for value, _, _ in said(facts, "image.bad")]
    if not bad:
        return Verdict(None, "nobody recorded which image is bad (:record image.bad DIGEST)")
    left = [place for one in bad for place in tell(facts, asking.running(one))]
    if left:
        return Verdict(False, f"a bad image still runs in {listed(left)}")
    return Verdict(True, "no bad image runs")


@told
def _scanned(facts: Facts, target: ResourceRef) -> Verdict:
    clean = [value for value, _, _ in said(facts, "scan.clean")]
    if not clean:
        return Verdict(None, "no scanner is connected and no clean scan is recorded (:record scan.clean DIGEST)")
    return _all_on(facts, target, clean, "scanned clean")


@check("workload.approved", "object", "objects", "recorded", about="Deployment")
def workload_approved(facts: Facts, target: ResourceRef) -> Verdict:
    """Every running image of the workload is one recorded as approved, and Git was said to hold the same.

    Recorded with `image.approved sha256:…` and `git.clean NAMESPACE/NAME`; Git itself nobody here reads.
    """
    approved = _approved(facts, target)
    return approved if approved.truth is False else both(approved, _same_in_git(facts, target))


@told
def _approved(facts: Facts, target: ResourceRef) -> Verdict:
    approved = [value for value, _, _ in said(facts, "image.approved")]
    if not approved:
        return Verdict(False, "no approved digest recorded (:record image.approved DIGEST)")
    return _all_on(facts, target, approved, "approved")


@told
def _same_in_git(facts: Facts, target: ResourceRef) -> Verdict:
    found = said(facts, "git.clean", lambda value: value.split()[:1] == [str(target)])
    if not found:
        return Verdict(None, f"Git is not watched: does it hold the same? (:record git.clean {target} REVISION)")
    return Verdict(True, f"Git the same, says {found[-1][1]} {minute(found[-1][2])}")


def _all_on(facts: Facts, target: ResourceRef, wanted: Iterable[str], word: str) -> Verdict:
    """Every image that runs in pods of the workload is among these digests, and all its pods are Ready."""
    wanted = list(wanted)
    workload = tell(facts, asking.an_object(target.kind, target.namespace, target.name))
    if workload is None:
        return Verdict(False, "it does not exist")
    pods = pods_under(facts, target.namespace, [workload.metadata.uid])
    if isinstance(pods, Unknown):
        return Verdict(None, pods.why)
    if not pods:
        return Verdict(False, "no pod of it runs")
    strange = [pod.metadata.name for pod in pods if not _digests(pod) or not _only(_digests(pod), wanted)]
    if strange:
        return Verdict(False, f"images not {word} in {listed(strange)}")
    waiting = [pod.metadata.name for pod in pods if not all(one.ready for one in pod.status.container_statuses or ())]
    if waiting:
        return Verdict(False, f"rollout not complete: {listed(waiting)} not ready")
    return Verdict(True, f"{len(pods)} pods, all on images {word}")


def _digests(pod: Pod) -> set[str]:
    """Digests that run, init and ephemeral containers included on purpose."""
    parts = (
        pod.status.container_statuses,
        pod.status.init_container_statuses,
        pod.status.ephemeral_container_statuses,
    )
    return {one.image_id for part in parts for one in part or () if one.image_id}


def _only(images: Iterable[str], wanted: Iterable[str]) -> bool:
    return all(any(one in image for one in wanted) for image in images)
