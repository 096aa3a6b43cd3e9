"""RBAC that hands out the cluster: who is cluster-admin, who may become more than they are, what anybody may do.

In: roles and bindings. What every cluster of Kubernetes has of its own (`defaults.yml`) is silent as long as it is no
more than that: a default role that breaks one control more, or a default binding with one subject more, is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml

from console.model.access import Binding, PolicyRule, Role, Subject
from console.model.action import Right
from console.model.weakness import Weakness
from console.policy.rbac import Rbac, covers
from console.posture.manifest import Manifest

_RBAC, _CERTIFICATES = "rbac.authorization.k8s.io", "certificates.k8s.io"
_FILE = Path(__file__).with_name("defaults.yml")
_ROLES, _BINDINGS = ("Role", "ClusterRole"), ("RoleBinding", "ClusterRoleBinding")
_NOBODY = frozenset({"system:anonymous", "system:unauthenticated"})
_EVERYBODY = frozenset({"system:authenticated", "system:serviceaccounts"})
T = TypeVar("T")
WILDCARD, ADMIN = "wildcard", "clusterAdmin"
EVERYTHING = "everything"
"""Wildcards for verbs, resources and groups at once; told as `wildcard`, but of the default roles one has it."""


def _rights(verbs: str, resources: str, group: str = "") -> tuple[Right, ...]:
    return tuple(Right(verb, resource, group) for verb in verbs.split() for resource in resources.split())


ESCALATING: dict[str, tuple[tuple[Right, ...], str]] = {
    "bind": (_rights("bind", "roles clusterroles", _RBAC), "give roles it does not hold itself"),
    "escalate": (_rights("escalate", "roles clusterroles", _RBAC), "write rights into roles that it does not hold"),
    "impersonate": (_rights("impersonate", "users groups serviceaccounts"), "act as others"),
    "nodesProxy": (_rights("get create", "nodes/proxy"), "command kubelets past admission and audit"),
    "podsExec": (
        _rights("create get", "pods/exec pods/attach") + _rights("update patch", "pods/ephemeralcontainers"),
        "run commands inside pods, as what they are",
    ),
    "serviceAccountToken": (_rights("create", "serviceaccounts/token"), "make tokens of service accounts"),
    "csrApproval": (
        _rights("update patch", "certificatesigningrequests/approval", _CERTIFICATES),
        "approve certificates in any name",
    ),
    "secretsRead": (_rights("get list watch", "secrets"), "read secrets, tokens of accounts among them"),
}
"""Control, the rights of which any one is enough, and what they let somebody do."""


class Defaults(msgspec.Struct, frozen=True):
    """What every cluster has: controls by role, and by binding who holds which role."""

    roles: dict[str, list[str]]
    bindings: dict[str, list[str]]
    installers: dict[str, list[str]] = {}
    """As `bindings`, of those who install clusters."""


class Grants:
    """All roles and bindings that were given; `faults` names those no API server would decode."""

    def __init__(self, manifests: Iterable[Manifest], defaults: Defaults | None = None) -> None:
        self._defaults = defaults or _defaults()
        self._usual = self._defaults.bindings | self._defaults.installers
        given = [one for one in manifests if one.group == _RBAC]
        self.faults: list[str] = []
        self.roles = list(self._decoded(given, _ROLES, Role))
        self.bindings = list(self._decoded(given, _BINDINGS, Binding))
        self._rbac = Rbac((role for _, role in self.roles), ())

    def weaknesses(self) -> Iterator[Weakness]:
        """Of roles, then of bindings."""
        for manifest, role in self.roles:
            usual = self._defaults.roles.get(str(manifest), ())
            for control, text, field in broken(role.rules or ()):
                if control not in usual:
                    yield manifest.weak("rbac", _told(control), text, field)
        for manifest, binding in self.bindings:
            yield from self.of_binding(manifest, binding)

    def _decoded(self, given: list[Manifest], kinds: tuple[str, ...], to: type[T]) -> Iterator[tuple[Manifest, T]]:
        for one in given:
            try:
                if one.kind in kinds:
                    yield one, msgspec.convert(one.body, to)
            except msgspec.ValidationError as error:
                self.faults.append(one.fault(error))

    def of_binding(self, manifest: Manifest, binding: Binding) -> Iterator[Weakness]:
        """Of one binding, subject by subject."""
        usual = self._usual.get(str(manifest), ())
        role = f"{binding.role_ref.kind}/{binding.role_ref.name}"
        found = self._controls(binding)
        for number, subject in enumerate(binding.subjects or ()):
            if _held(subject, binding) in usual:
                continue
            name = _name(subject, binding)
            field = f"subjects[{number}]"
            if subject.name in _NOBODY:
                yield manifest.weak("rbac", "anonymousAccess", f"whoever reaches the API server holds {role}", field)
            elif _is_everybody(subject):
                yield manifest.weak("rbac", "everyoneAccess", f"every account of the cluster holds {role}", field)
            for control in found:
                yield manifest.weak("rbac", _told(control), f"{name} {_may(control)} through {role}", field)

    def _controls(self, binding: Binding) -> list[str]:
        """What the bound role lets its holders do; of a default role that was not given, what it is known to."""
        rules = self._rbac.rules(binding)
        kind, name = binding.role_ref.kind, binding.role_ref.name
        if rules is None:
            home = f"{binding.metadata.namespace}/" if kind == "Role" else ""
            known = list(self._defaults.roles.get(f"{kind}/{home}{name}", ()))
        else:
            known = list(dict.fromkeys(control for control, _, _ in broken(rules)))
        return [ADMIN] if name == "cluster-admin" or _is_admin(rules or ()) else known


def broken(rules: Sequence[PolicyRule]) -> Iterator[tuple[str, str, str]]:
    """Each control a role's rules break, once for each rule: control, sentence, field."""
    for number, rule in enumerate(rules):
        field = f"rules[{number}]"
        if "*" in rule.verbs and "*" in (rule.resources or ()):
            groups = rule.api_groups or []
            where = "every group" if "*" in groups else ", ".join(one or "core" for one in groups)
            control = EVERYTHING if "*" in groups else WILDCARD
            yield control, f"allows every verb on every resource of {where}", field
            continue
        if "*" in rule.verbs or "*" in (rule.resources or ()):
            what = f"verbs {', '.join(rule.verbs)} on {', '.join(rule.resources or rule.non_resource_urls or ())}"
            yield WILDCARD, f"allows {what}: also what is added to Kubernetes later", field
        for control, (rights, text) in ESCALATING.items():
            if any(covers(_unnamed(rule), right) for right in rights):
                named = f", only {', '.join(rule.resource_names)}" if rule.resource_names else ""
                yield control, f"its holders can {text}{named}", field


def defaults_of(manifests: Iterable[Manifest]) -> dict[str, dict[str, list[str]]]:
    """What `defaults.yml` must say for a cluster that was just made: this is how that file is made and tested."""
    grants = Grants(manifests, Defaults({}, {}))
    roles: dict[str, set[str]] = {}
    bindings: dict[str, set[str]] = {}
    for manifest, role in grants.roles:
        for control, _, _ in broken(role.rules or ()):
            roles.setdefault(str(manifest), set()).add(control)
    for manifest, binding in grants.bindings:
        for one in grants.of_binding(manifest, binding):
            subject = (binding.subjects or [])[int(one.field[len("subjects[") : -1])]
            bindings.setdefault(str(manifest), set()).add(_held(subject, binding))
    found = {"roles": roles, "bindings": bindings}
    return {part: {name: sorted(held) for name, held in sorted(names.items())} for part, names in found.items()}


@cache
def _defaults() -> Defaults:
    return msgspec.convert(yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader), Defaults)


def _unnamed(rule: PolicyRule) -> PolicyRule:
    """The rule without its names: one secret is a secret too."""
    return msgspec.structs.replace(rule, resource_names=None) if rule.resource_names else rule


def _is_admin(rules: Sequence[PolicyRule]) -> bool:
    return any("*" in rule.verbs and "*" in (rule.resources or ()) and "*" in (rule.api_groups or ()) for rule in rules)


def _is_everybody(subject: Subject) -> bool:
    return subject.kind == "Group" and subject.name in _EVERYBODY


def _name(subject: Subject, binding: Binding) -> str:
    if subject.kind != "ServiceAccount":
        return f"{subject.kind}/{subject.name}"
    return f"{subject.kind}/{subject.namespace or binding.metadata.namespace}/{subject.name}"


def _held(subject: Subject, binding: Binding) -> str:
    return f"{binding.role_ref.kind}/{binding.role_ref.name} {_name(subject, binding)}"


def _told(control: str) -> str:
    return WILDCARD if control == EVERYTHING else control


def _may(control: str) -> str:
    if control == ADMIN:
        return "can do everything"
    return "can do all that a wildcard allows" if control in (WILDCARD, EVERYTHING) else f"can {ESCALATING[control][1]}"
