"""Checks of the checklist on workloads: suspended and quiet, running fixed or approved images."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from console.checks import asking
from console.checks.base import check
from console.checks.telling import listed, tell, told
from console.checks.workloads import pods_under, stopped
from console.model.facts import Unknown
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.model.workload import Pod, Workload
from console.ports.facts import Facts

_OVER = ("Succeeded", "Failed")


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
    return Verdict(not left, f"gone · {len(left)} pods of it left")


@told
def _images_quiet(facts: Facts, target: ResourceRef) -> Verdict:
    """No controlled pod of the namespace runs an image of the workload's template."""
    workload = tell(facts, asking.an_object(target.kind, target.namespace, target.name))
    template = workload.spec.template if isinstance(workload, Workload) else None
    images = {one.image for one in template.spec.containers} if template else set()
    pods = cast(Iterable[Pod], tell(facts, asking.objects("Pod", target.namespace)))
    left = [
        pod.metadata.name
        for pod in pods
        if pod.metadata.controller is not None
        and pod.status.phase not in _OVER
        and any(one.image in images for one in pod.spec.containers)
    ]
    return Verdict(not left, f"its image still runs in {listed(left)}" if left else "no pod runs its image")


@check("image.fixed", "running", "recorded", about="Deployment")
@told
def image_fixed(facts: Facts, target: ResourceRef) -> Verdict:
    """No running container uses a digest recorded as bad (`record image.bad sha256:…`) and a scan found nothing."""
    bad = [value for value, _, _ in tell(facts, asking.recorded("image.bad"))]
    if not bad:
        return Verdict(None, "nobody recorded which image is bad (:record image.bad DIGEST)")
    left = [place for one in bad for place in tell(facts, asking.running(one))]
    if left:
        return Verdict(False, f"a bad image still runs in {listed(left)}")
    return Verdict(None, "no bad image runs; no scanner is connected to say that the new one is fixed")


@check("workload.approved", "object", "objects", "recorded", about="Deployment")
@told
def workload_approved(facts: Facts, target: ResourceRef) -> Verdict:
    """Every running image of the workload is one recorded as approved (`record image.approved sha256:…`)."""
    approved = [value for value, _, _ in tell(facts, asking.recorded("image.approved"))]
    workload = tell(facts, asking.an_object(target.kind, target.namespace, target.name))
    if workload is None or not approved:
        missing = "it does not exist" if workload is None else "no approved digest recorded (:record image.approved)"
        return Verdict(False, missing)
    pods = pods_under(facts, target.namespace, [workload.metadata.uid])
    if isinstance(pods, Unknown):
        return Verdict(None, pods.why)
    strange = [pod.metadata.name for pod in pods if not all(_among(image, approved) for image in _digests(pod))]
    if strange or not pods:
        return Verdict(False, f"images not approved in {listed(strange)}" if strange else "no pod of it runs")
    return Verdict(None, f"{len(pods)} pods on approved images; the reviewed revision in Git is not watched")


def _digests(pod: Pod) -> set[str]:
    """Digests that run, init and ephemeral containers included on purpose."""
    parts = (
        pod.status.container_statuses,
        pod.status.init_container_statuses,
        pod.status.ephemeral_container_statuses,
    )
    return {one.image_id for part in parts for one in part or () if one.image_id}


def _among(image: str, wanted: Iterable[str]) -> bool:
    return any(one in image for one in wanted)
