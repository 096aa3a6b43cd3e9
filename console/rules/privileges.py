"""What of its node a pod asks for, wherever its spec stands: in the pod itself or in the template of a workload.

In: watched objects. Out: words that can be compared: whether a pod has more than the workload it belongs to asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from console.model.objects import Container, Obj, Pod, Workload
from console.model.workload import PodSpec, TemplateSpec

_NOTHING: frozenset[str] = frozenset()


def privileges_of(obj: Obj) -> frozenset[str]:
    """`privileged`, `hostPID`, `hostPath /etc`, `capability SYS_ADMIN`, …; alike in all kinds."""
    spec = template_of(obj)
    if spec is None:
        return _NOTHING
    containers = (spec.containers, spec.init_containers, spec.ephemeral_containers if isinstance(spec, PodSpec) else ())
    if not (spec.host_network or spec.host_pid or spec.host_ipc or spec.volumes) and not any(map(_special, containers)):
        return _NOTHING
    return frozenset(_words(spec, [one for group in containers for one in group or ()]))


def template_of(obj: Obj) -> PodSpec | TemplateSpec | None:
    """The spec of the pods it makes, its own for a pod; None where there is none."""
    if isinstance(obj, Pod):
        return obj.spec
    if not isinstance(obj, Workload):
        return None
    job = obj.spec.job_template
    template = job.spec.template if job is not None else obj.spec.template
    return template.spec if template is not None else None


def _special(containers: Iterable[Container] | None) -> bool:
    return any(one.security_context is not None for one in containers or ())


def _words(spec: PodSpec | TemplateSpec, containers: Iterable[Container]) -> Iterator[str]:
    asked = (("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc))
    yield from (word for word, there in asked if there)
    yield from (f"hostPath {one.host_path.path}" for one in spec.volumes or () if one.host_path is not None)
    for one in containers:
        context = one.security_context
        if context is not None and context.privileged:
            yield "privileged"
        if context is not None and context.capabilities is not None:
            yield from (f"capability {name}" for name in context.capabilities.add or ())
