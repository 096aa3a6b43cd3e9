"""Where the pods of a workload stand in it."""

from __future__ import annotations

from typing import Any

import msgspec

from console.posture.manifest import Manifest

_IN_SPEC = ("spec", "template")
_PLACES: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (),
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): _IN_SPEC,
    ("apps", "Deployment"): _IN_SPEC,
    ("apps", "ReplicaSet"): _IN_SPEC,
    ("apps", "StatefulSet"): _IN_SPEC,
    ("apps", "DaemonSet"): _IN_SPEC,
    ("batch", "Job"): _IN_SPEC,
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}


class Template(msgspec.Struct, frozen=True):
    """A pod as its workload makes it, or a pod itself."""

    owner: Manifest
    place: str
    """Prefix of the paths of its fields: "" for a pod, else for example `spec.template.`."""
    metadata: Any
    spec: Any

    @property
    def inside(self) -> bool:
        """Whether it stands in a workload."""
        return bool(self.place)


def template_of(manifest: Manifest) -> Template | None:
    """The pod in this object, None if it has none."""
    place = _PLACES.get((manifest.group, manifest.kind))
    if place is None:
        return None
    body = manifest.at(*place)
    return Template(manifest, "".join(f"{name}." for name in place), body.get("metadata"), body.get("spec"))
