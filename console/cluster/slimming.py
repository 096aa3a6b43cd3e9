"""Makes decoded objects small: equal texts and equal parts are kept once, what may hold secrets is dropped.

Fifty thousand pods come from a few hundred templates, so most of what they say is said again and again. Shared parts
must not be changed by anyone; nothing outside this file makes or changes an `Obj`.
"""

from __future__ import annotations

from sys import intern
from typing import Any

import msgspec

from console.model.objects import Metadata, Obj, Pod, Workload

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_MANAGERS_KEPT = 5
_POOL_LIMIT = 20_000

_pool: dict[object, Any] = {}
"""Parts by their content. Emptied when full: sharing starts anew, nothing is lost."""
_encode = msgspec.json.Encoder().encode


def slim(obj: Obj) -> Obj:
    """The same object, smaller; changes it in place."""
    _slim_metadata(obj.metadata)
    if type(obj) is Pod:
        _slim_pod(obj)
    elif type(obj) is Workload:
        _slim_workload(obj)
    return obj


def _slim_metadata(meta: Metadata) -> None:
    meta.namespace = intern(meta.namespace)
    if meta.labels:
        meta.labels = _shared_map(meta.labels)
    if meta.annotations:
        meta.annotations.pop(LAST_APPLIED, None)
        meta.annotations = _shared_map(meta.annotations) if meta.annotations else None
    for owner in meta.owner_references or ():
        owner.api_version, owner.kind = intern(owner.api_version), intern(owner.kind)
        owner.name, owner.uid = intern(owner.name), intern(owner.uid)
    if fields := meta.managed_fields:
        if len(fields) > _MANAGERS_KEPT:
            fields = sorted(fields, key=lambda field: field.time or "")[-_MANAGERS_KEPT:]
        meta.managed_fields = fields
        for field in fields:
            field.manager, field.operation = intern(field.manager), intern(field.operation)
            field.subresource = intern(field.subresource)
            field.time = intern(field.time) if field.time else None


def _slim_pod(pod: Pod) -> None:
    spec, status = pod.spec, pod.status
    spec.node_name, spec.service_account_name = intern(spec.node_name), intern(spec.service_account_name)
    spec.containers = _shared(spec.containers)
    spec.init_containers = _shared(spec.init_containers)
    status.phase, status.reason, status.host_ip = intern(status.phase), intern(status.reason), intern(status.host_ip)
    status.container_statuses = _shared(status.container_statuses)
    status.init_container_statuses = _shared(status.init_container_statuses)
    for condition in status.conditions or ():
        condition.type, condition.status = intern(condition.type), intern(condition.status)
        condition.reason = intern(condition.reason)
        if condition.last_transition_time:
            condition.last_transition_time = intern(condition.last_transition_time)


def _slim_workload(one: Workload) -> None:
    """Ten revisions of a Deployment have other images, and the same volumes."""
    job = one.spec.job_template
    for template in (one.spec.template, job.spec.template if job is not None else None):
        if template is not None:
            template.spec.volumes = _shared(template.spec.volumes)


def _shared_map(values: dict[str, str]) -> dict[str, str]:
    key = tuple(values.items())
    found: dict[str, str] | None = _pool.get(key)
    return found if found is not None else _kept(key, values)


def _shared(part: Any) -> Any:
    if not part:
        return part
    key = _encode(part)
    found = _pool.get(key)
    return found if found is not None else _kept(key, part)


def _kept(key: object, part: Any) -> Any:
    if len(_pool) >= _POOL_LIMIT:
        _pool.clear()
    _pool[key] = part
    return part
