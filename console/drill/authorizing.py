"""Role-based access control over the simulated cluster's own objects, with the real server's words for each answer.

In: who and what. Out: allowed or not, and by which binding. `system:masters` stands above it, nodes have the node
authorizer; both as in a real API server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from console.drill.callers import account_user
from console.drill.resources import Body
from console.drill.store import Store

_NODE_MAY = frozenset(
    {
        ("get", "pods"),
        ("list", "pods"),
        ("watch", "pods"),
        ("delete", "pods"),
        ("patch", "pods/status"),
        ("update", "pods/status"),
        ("get", "nodes"),
        ("patch", "nodes/status"),
        ("create", "events"),
        ("patch", "events"),
        ("create", "serviceaccounts/token"),
    }
)


class Wish(msgspec.Struct, frozen=True):
    """What somebody wants to do: a resource, or a path when `path` is set."""

    verb: str
    group: str = ""
    resource: str = ""
    """With the subresource after a slash."""
    namespace: str = ""
    name: str = ""
    path: str = ""


class Authorizer:
    """Answers for one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def decide(self, user: str, groups: Sequence[str], wish: Wish) -> tuple[bool, str]:
        """Whether it is allowed, and the reason the server gives ("" for none)."""
        if "system:masters" in groups:
            return True, ""
        if "system:nodes" in groups and (wish.verb, wish.resource) in _NODE_MAY:
            return True, ""
        for binding, subject, rules in self._grants(user, groups, wish.namespace):
            if any(_covers(rule, wish) for rule in rules):
                return True, _reason(binding, subject)
        return False, ""

    def rules(self, user: str, groups: Sequence[str], namespace: str) -> list[dict[str, Any]]:
        """Every rule somebody holds in a namespace, as bindings give them."""
        if "system:masters" in groups:
            everything: list[dict[str, Any]] = [
                {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
                {"verbs": ["*"], "nonResourceURLs": ["*"]},
            ]
            return everything
        return [rule for _, _, rules in self._grants(user, groups, namespace) for rule in rules]

    def may_grant(self, user: str, groups: Sequence[str], rules: Iterable[dict[str, Any]], namespace: str) -> list[Any]:
        """Rules of `rules` that somebody does not hold and so may not hand on."""
        return [rule for rule in rules if not self._holds(user, groups, rule, namespace)]

    def role_rules(self, ref: dict[str, Any], namespace: str) -> list[dict[str, Any]] | None:
        """Rules of the role a binding names, None when there is no such role."""
        where = namespace if ref["kind"] == "Role" else ""
        role = self._store.get(ref["kind"], where, ref["name"])
        return None if role is None else list(role.get("rules") or ())

    def _holds(self, user: str, groups: Sequence[str], rule: dict[str, Any], namespace: str) -> bool:
        for verb in rule.get("verbs") or ():
            for path in rule.get("nonResourceURLs") or ():
                if not self.decide(user, groups, Wish(verb, path=path))[0]:
                    return False
            for group in rule.get("apiGroups") or ():
                for resource in rule.get("resources") or ():
                    for name in rule.get("resourceNames") or ("",):
                        if not self.decide(user, groups, Wish(verb, group, resource, namespace, name))[0]:
                            return False
        return True

    def _grants(
        self, user: str, groups: Sequence[str], namespace: str
    ) -> Iterator[tuple[Body, dict[str, Any], list[dict[str, Any]]]]:
        bindings = self._store.all("ClusterRoleBinding")
        if namespace:
            bindings += self._store.all("RoleBinding", namespace)
        for binding in bindings:
            where = binding["metadata"].get("namespace", "")
            for subject in binding.get("subjects") or ():
                if _is(subject, user, groups, where):
                    rules = self.role_rules(binding["roleRef"], where)
                    if rules:
                        yield binding, subject, rules
                    break


def _is(subject: dict[str, Any], user: str, groups: Sequence[str], namespace: str) -> bool:
    kind, name = subject.get("kind"), subject.get("name", "")
    if kind == "User":
        return bool(name == user)
    if kind == "Group":
        return name in groups
    return kind == "ServiceAccount" and account_user(subject.get("namespace") or namespace, name) == user


def _reason(binding: Body, subject: dict[str, Any]) -> str:
    metadata, ref = binding["metadata"], binding["roleRef"]
    name = metadata["name"] + (f"/{metadata['namespace']}" if metadata.get("namespace") else "")
    who = subject["name"] + (f"/{subject['namespace']}" if subject.get("namespace") else "")
    return f'RBAC: allowed by {binding["kind"]} "{name}" of {ref["kind"]} "{ref["name"]}" to {subject["kind"]} "{who}"'


def _covers(rule: dict[str, Any], wish: Wish) -> bool:
    verbs = rule.get("verbs") or ()
    if wish.verb not in verbs and "*" not in verbs:
        return False
    if wish.path:
        return any(_path_matches(each, wish.path) for each in rule.get("nonResourceURLs") or ())
    groups = rule.get("apiGroups") or ()
    if wish.group not in groups and "*" not in groups:
        return False
    names = rule.get("resourceNames") or ()
    return _resource_matches(rule.get("resources") or (), wish.resource) and (not names or wish.name in names)


def _path_matches(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern[:-1]))


def _resource_matches(resources: Sequence[str], wanted: str) -> bool:
    sub = wanted.partition("/")[2]
    return "*" in resources or wanted in resources or bool(sub and f"*/{sub}" in resources)
