"""Runs every look over a set of objects.

In: objects, and the version of Kubernetes by whose Pod Security Standards they are judged. Out: weaknesses in the order
of the objects, and a sentence for each object that could not be judged: it is never passed over in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from console.errors import BadInput
from console.model.need import Need
from console.model.weakness import Weakness
from console.policy.podsecurity.judging import NEWEST
from console.posture import auditing, exposure, networks, pods
from console.posture.grants import Grants
from console.posture.manifest import Manifest
from console.posture.templates import Template, template_of


def scan(
    manifests: Sequence[Manifest], minor: int = NEWEST, needs: Sequence[Need] = ()
) -> tuple[list[Weakness], list[str]]:
    """All weaknesses, and what could not be judged.

    Args:
        minor: of the Kubernetes by whose Pod Security Standards pods are judged.
        needs: what the detections need of an audit policy.
    """
    found: list[Weakness] = []
    faults: list[str] = []

    templates = [one for one in map(template_of, manifests) if one]
    automounts = _automounts(manifests)
    told: dict[tuple[str, ...], set[tuple[str, str, str]]] = {}
    weak: list[tuple[Template, list[Weakness]]] = []
    for template in templates:
        own: list[Weakness] = []
        try:
            own += _of_pod(template, minor, automounts)
        except BadInput as error:
            faults.append(template.owner.fault(error))
        told[_key(template.owner)] = {_in_pod(template, one) for one in own}
        weak.append((template, own))
    for template, own in weak:
        made_by = told.get(_maker(template.owner), set())
        found += [one for one in own if _in_pod(template, one) not in made_by]
    for manifest in manifests:
        for look in exposure.LOOKS:
            found += look(manifest)
        try:
            found += auditing.blind(manifest, needs)
        except msgspec.ValidationError as error:
            faults.append(manifest.fault(error))
    grants = Grants(manifests)
    found += grants.weaknesses()
    found += networks.namespaces(manifests, templates)
    return found, faults + grants.faults


def _of_pod(template: Template, minor: int, automounts: dict[tuple[str, str], bool]) -> Iterator[Weakness]:
    yield from pods.pod_security(template, minor)
    yield from pods.account(template, automounts)
    for look in pods.LOOKS:
        yield from look(template)


def _key(manifest: Manifest) -> tuple[str, ...]:
    return (manifest.kind, manifest.namespace, manifest.name)


def _in_pod(template: Template, one: Weakness) -> tuple[str, str, str]:
    """A weakness without the object it is in: a pod has those of its workload, and need not tell them again."""
    return (one.standard, one.control, one.field.removeprefix(template.place))


def _maker(manifest: Manifest) -> tuple[str, ...]:
    """The key of the object that keeps this one, empty where there is none."""
    owners = manifest.at("metadata").get("ownerReferences")
    for one in owners if isinstance(owners, list) else ():
        if isinstance(one, dict) and one.get("controller") is True:
            return (str(one.get("kind", "")), manifest.namespace, str(one.get("name", "")))
    return ()


def _automounts(manifests: Iterable[Manifest]) -> dict[tuple[str, str], bool]:
    """What service accounts say about mounting their token, by namespace and name."""
    said = {
        (one.namespace or "default", one.name): one.body.get("automountServiceAccountToken")
        for one in manifests
        if one.kind == "ServiceAccount" and not one.group
    }
    return {key: value for key, value in said.items() if isinstance(value, bool)}
