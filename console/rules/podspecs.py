"""The pod a body would make, wherever its spec stands: pod, template, job template, ephemeral containers, patch.

Out: one mapping with the spec's own field names, except `containers` (ordinary, init and ephemeral together), and the
derived `hostPaths`, `sensitiveHostPaths`, `capabilities`, `images`, `privileged`. Rules ask these and need not know
the kind of object.
"""

from __future__ import annotations

import posixpath
from typing import Any

from console.rules.hostpaths import is_sensitive

_PLACES = (
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
    ("template", "spec"),
    ("spec", "podTemplate", "spec"),
    ("spec",),
)
_LISTS = ("containers", "initContainers", "ephemeralContainers")
_MARKS = frozenset(
    [*_LISTS, "hostNetwork", "hostPID", "hostIPC", "volumes", "serviceAccountName", "nodeName", "hostUsers",
     "shareProcessNamespace", "securityContext"]
)  # fmt: skip


def pod_of(body: dict[str, Any]) -> dict[str, Any]:
    """The pod's parts; {} when the body has no pod in it."""
    for place in _PLACES:
        spec: Any = body
        for step in place:
            spec = spec.get(step) if isinstance(spec, dict) else None
            if spec is None:
                break
        if isinstance(spec, dict) and not _MARKS.isdisjoint(spec):
            return _described(spec, body, place)
    listed = body.get("ephemeralContainers")
    return _described({"ephemeralContainers": listed}, body, ()) if isinstance(listed, list) else {}


def _described(spec: dict[str, Any], body: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    containers = [item for name in _LISTS for item in _alive(spec.get(name))]
    contexts = [context for item in containers if isinstance(context := item.get("securityContext"), dict)]
    volumes = _alive(spec.get("volumes"))
    paths = [path for volume in volumes if (path := _host_path(volume))]
    return {
        **spec,
        "containers": containers,
        "volumes": volumes,
        "hostPaths": paths,
        "sensitiveHostPaths": [path for path in paths if is_sensitive(path)],
        "capabilities": [name for context in contexts for name in _capabilities(context)],
        "images": [item["image"] for item in containers if isinstance(item.get("image"), str)],
        "privileged": any(context.get("privileged") is True for context in contexts),
        "metadata": _template_metadata(body, place),
    }


def _alive(items: Any) -> list[dict[str, Any]]:
    """Elements of a list, without those a strategic patch deletes."""
    if isinstance(items, dict):  # a JSON patch that touched named positions only
        items = list(items.values())
    if not isinstance(items, list):
        return []
    return [item for item in items if isinstance(item, dict) and item.get("$patch") != "delete"]


def _host_path(volume: dict[str, Any]) -> str:
    host = volume.get("hostPath")
    path = host.get("path") if isinstance(host, dict) else None
    if not isinstance(path, str) or not path:
        return ""
    return "/" + posixpath.normpath(path).lstrip("/") if path.startswith("/") else path


def _capabilities(context: dict[str, Any]) -> list[str]:
    capabilities = context.get("capabilities")
    added = capabilities.get("add") if isinstance(capabilities, dict) else None
    if not isinstance(added, list):
        return []
    return [name.upper().removeprefix("CAP_") for name in added if isinstance(name, str)]


def _template_metadata(body: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    holder: Any = body
    for step in place[:-1]:
        holder = holder.get(step) if isinstance(holder, dict) else None
    metadata = holder.get("metadata") if isinstance(holder, dict) else None
    return metadata if isinstance(metadata, dict) else {}
