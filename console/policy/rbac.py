"""What RBAC grants a subject, and through which binding.

In: roles and bindings as read, a user name and its groups. Out: grants, each with the way the binding names the
subject. It explains; whether a request is allowed the API server says (an access review also asks webhooks and the
node authorizer, and `system:masters` never reaches RBAC).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from console.model.access import Binding, PolicyRule, Role, Subject
from console.model.action import Right
from console.policy.selector import matches

ACCOUNT_PREFIX = "system:serviceaccount:"


class Grant(msgspec.Struct, frozen=True):
    """One binding that reaches the subject, and the rules behind it."""

    binding: Binding
    through: str
    """`account`, `user` or the group's name."""
    namespace: str
    """Where the rules hold: "" is the whole cluster."""
    rules: tuple[PolicyRule, ...]
    missing: bool = False
    """The role does not exist (or is not known): it grants nothing until somebody creates it."""

    @property
    def kind(self) -> str:
        return "RoleBinding" if self.binding.metadata.namespace else "ClusterRoleBinding"

    @property
    def by_group(self) -> bool:
        return self.through not in ("account", "user")

    def __str__(self) -> str:
        meta, role = self.binding.metadata, self.binding.role_ref
        place = f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name
        way = f" through group {self.through}" if self.by_group else ""
        return f"{self.kind} {place} ({role.kind} {role.name}){way}"


def account_user(namespace: str, name: str) -> str:
    """The user name of a service account."""
    return f"{ACCOUNT_PREFIX}{namespace}:{name}"


def account_groups(namespace: str) -> tuple[str, ...]:
    """The groups every service account of a namespace is in."""
    return ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")


def names(subject: Subject, home: str, user: str, groups: Iterable[str]) -> str:
    """How a subject of a binding in namespace `home` names this user: `account`, `user`, a group, or "" if not.

    A service account may also be named as a plain user, and in a RoleBinding its namespace may be left out.
    """
    if subject.kind == "ServiceAccount":
        place = subject.namespace or home
        return "account" if place and user == account_user(place, subject.name) else ""
    if subject.kind == "User":
        return "user" if subject.name == user else ""
    return subject.name if subject.kind == "Group" and subject.name in groups else ""


class Rbac:
    """All roles and bindings of a cluster at one moment."""

    def __init__(self, roles: Iterable[Role], bindings: Iterable[Binding]) -> None:
        self._roles = {(role.metadata.namespace, role.metadata.name): role for role in roles}
        self._bindings = sorted(bindings, key=lambda b: (b.metadata.namespace, b.metadata.name))

    def grants(self, user: str, groups: Iterable[str] = ()) -> list[Grant]:
        """Every binding that reaches the user or one of the groups, once for each way."""
        groups = tuple(groups)
        return [grant for binding in self._bindings for grant in self._through(binding, user, groups)]

    def rules(self, binding: Binding) -> tuple[PolicyRule, ...] | None:
        """Rules behind a binding, those of aggregated roles included; None when its role does not exist."""
        home = binding.metadata.namespace if binding.role_ref.kind == "Role" else ""
        role = self._roles.get((home, binding.role_ref.name))
        return None if role is None else self._collected(role)

    def _through(self, binding: Binding, user: str, groups: tuple[str, ...]) -> Iterator[Grant]:
        home = binding.metadata.namespace
        ways = [names(subject, home, user, groups) for subject in binding.subjects or ()]
        rules = self.rules(binding) if any(ways) else None
        for way in dict.fromkeys(filter(None, ways)):
            yield Grant(binding, way, home, rules or (), rules is None)

    def _collected(self, role: Role) -> tuple[PolicyRule, ...]:
        """A controller copies aggregated rules into `rules`; until it has, they are looked up here."""
        rules = list(role.rules or ())
        if role.aggregation_rule is None:
            return tuple(rules)
        for selector in role.aggregation_rule.cluster_role_selectors or ():
            for (home, name), other in self._roles.items():
                if not home and name != role.metadata.name and matches(selector, other.metadata.labels):
                    rules += [rule for rule in other.rules or () if rule not in rules]
        return tuple(rules)


def covers(rule: PolicyRule, right: Right) -> bool:
    """Whether a rule allows a right; a resource that begins with a slash is a URL path."""
    if not _either(rule.verbs, right.verb):
        return False
    if right.resource.startswith("/"):
        return any(_path(url, right.resource) for url in rule.non_resource_urls or ())
    sub = right.resource.partition("/")[2]
    resources = rule.resources or ()
    resource = _either(resources, right.resource) or (bool(sub) and f"*/{sub}" in resources)
    named = not rule.resource_names or right.name in rule.resource_names
    return resource and named and _either(rule.api_groups or (), right.group)


def _either(given: Iterable[str], wanted: str) -> bool:
    return any(one in ("*", wanted) for one in given)


def _path(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern.rstrip("*")))
