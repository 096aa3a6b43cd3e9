"""Weaknesses of pods and of what makes them: Pod Security, secrets in the environment, images, mounted accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import re2

from console.model.weakness import Weakness
from console.policy.podsecurity.judging import weaknesses
from console.policy.podsecurity.surface import Surface
from console.posture.templates import Template

_SECRET = re2.compile(
    r"(?i)(pass(wd|word|phrase)|secret|token|api_?key|private_?key|access_?key|credential)s?(_?(id|value|string))?$"
)
"""Names of variables whose value is a secret; `TOKEN_FILE` and `SECRET_NAME` only say where one is."""
_GROUPS = ("initContainers", "containers", "ephemeralContainers")


def pod_security(template: Template, minor: int) -> Iterator[Weakness]:
    """What breaks a control of either level. Raises `BadInput` for a pod that no API server would decode."""
    surface = Surface(template.metadata, template.spec, template=template.inside)
    for one in weaknesses(surface, minor):
        yield template.owner.weak(one.standard, one.control, one.message, template.place + one.field)


def environment(template: Template) -> Iterator[Weakness]:
    """Secrets that anybody who can exec, dump the process or read the pod sees."""
    for place, container in _containers(template):
        for number, one in enumerate(_mappings(container.get("envFrom"))):
            if isinstance(one.get("secretRef"), dict):
                text = f"all keys of Secret {one['secretRef'].get('name', '')} are in the environment"
                yield _weak(template, "secrets", "secretInEnvironment", text, f"{place}.envFrom[{number}].secretRef")
        for number, one in enumerate(_mappings(container.get("env"))):
            name, source = str(one.get("name", "")), one.get("valueFrom")
            if isinstance(source, dict) and isinstance(source.get("secretKeyRef"), dict):
                text = f"{name} carries a key of Secret {source['secretKeyRef'].get('name', '')} in the environment"
                field = f"{place}.env[{number}].valueFrom.secretKeyRef"
                yield _weak(template, "secrets", "secretInEnvironment", text, field)
            elif (
                isinstance(one.get("value"), str) and one["value"] and "$(" not in one["value"] and _SECRET.search(name)
            ):
                text = f"{name} is written out in the pod: whoever can read pods can read it"
                yield _weak(template, "secrets", "secretInManifest", text, f"{place}.env[{number}].value")


def images(template: Template) -> Iterator[Weakness]:
    """Images whose content whoever can push to the registry may change."""
    for place, container in _containers(template):
        image = container.get("image")
        if isinstance(image, str) and image and "@sha256:" not in image:
            last = image.rpartition("/")[2]
            how = "by tag" if ":" in last and not last.endswith(":latest") else "without a version"
            text = f"image {image} is named {how}, not by digest: what runs may change without a change here"
            yield _weak(template, "exposure", "imageByTag", text, f"{place}.image")


def account(template: Template, automounts: Mapping[tuple[str, str], bool]) -> Iterator[Weakness]:
    """The namespace's default account, mounted: every right anybody ever gave it is in reach of this pod.

    Args:
        automounts: what service accounts say, by namespace and name.
    """
    spec = template.spec if isinstance(template.spec, dict) else {}
    name = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    said = spec.get("automountServiceAccountToken")
    if said is None:
        said = automounts.get((template.owner.namespace or "default", "default"), True)
    if name == "default" and said is not False:
        text = "the token of the default service account is mounted; say automountServiceAccountToken: false"
        yield _weak(template, "rbac", "defaultServiceAccount", text, "spec.automountServiceAccountToken")


LOOKS: tuple[Callable[[Template], Iterator[Weakness]], ...] = (environment, images)
"""The looks that need nothing but the pod."""


def _weak(template: Template, standard: str, control: str, text: str, field: str) -> Weakness:
    return template.owner.weak(standard, control, text, template.place + field)


def _containers(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    spec = template.spec if isinstance(template.spec, dict) else {}
    for group in _GROUPS:
        for number, container in enumerate(_mappings(spec.get(group))):
            yield f"spec.{group}[{number}]", container


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [one if isinstance(one, dict) else {} for one in value] if isinstance(value, list) else []
