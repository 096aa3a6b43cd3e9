"""What a service account holds: bindings in all namespaces, by its own name or through groups, and its token Secrets.

In: a desk. Out: grants with the raw bindings behind them, and which subjects go. Only reads; values of Secrets never.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec

from console.actions.base import Desk
from console.actions.reading import Whole, labels, meta, notes, pruned
from console.model.access import Binding, Role, Subject
from console.policy.holding import is_default
from console.policy.rbac import Grant, Rbac, account_groups, account_user, names

RBAC = "rbac.authorization.k8s.io"
EVERYBODY = "system:authenticated"
"""Never taken out of a binding by this tool: people are in it, and so is whoever runs it."""
INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since"
ACCOUNT_NOTE = "kubernetes.io/service-account.name"
ACCOUNT_UID = "kubernetes.io/service-account.uid"
TOKEN_TYPE = "kubernetes.io/service-account-token"
CLOUD_NOTES = {
    "eks.amazonaws.com/role-arn": "AWS role",
    "iam.gke.io/gcp-service-account": "Google service account",
    "azure.workload.identity/client-id": "Azure identity",
}
_ROLES, _BINDINGS = ("Role", "ClusterRole"), ("RoleBinding", "ClusterRoleBinding")


class Holding(msgspec.Struct, frozen=True):
    """One binding that reaches the account beyond Kubernetes' defaults."""

    binding: dict[str, Any]
    grants: tuple[Grant, ...]
    """One for each way it is named."""

    @property
    def kind(self) -> str:
        return self.grants[0].kind

    @property
    def system(self) -> bool:
        """Whether it has the name of one of Kubernetes' own, whose subjects the API server restores when it starts.

        The name alone proves nothing: an attacker may use such a name, or add his account to a real one.
        """
        return str(meta(self.binding).get("name", "")).startswith("system:")


class Account(msgspec.Struct, frozen=True):
    """A service account and all it holds."""

    namespace: str
    name: str
    holdings: tuple[Holding, ...]
    everyone: tuple[dict[str, Any], ...]
    """All service accounts of the cluster: who else is in its groups."""

    @property
    def user(self) -> str:
        return account_user(self.namespace, self.name)

    @property
    def groups(self) -> tuple[str, ...]:
        return account_groups(self.namespace)

    @property
    def kubernetes_own(self) -> bool:
        """Whether it lives with Kubernetes' own accounts: its subject in a `system:` binding is then a default."""
        return self.namespace in ("kube-system", "kube-public", "kube-node-lease")

    def members(self, group: str) -> list[tuple[str, str]]:
        """Namespace and name of the other service accounts in a group."""
        home = group.removeprefix("system:serviceaccounts").lstrip(":")
        everyone = ((meta(one)["namespace"], meta(one)["name"]) for one in self.everyone)
        return sorted(one for one in everyone if one[0] == (home or one[0]) and one != (self.namespace, self.name))


async def account_of(desk: Desk, namespace: str, name: str) -> Account:
    """Everything the account holds now."""
    whole = {kind: await desk.listing(kind) for kind in (*_ROLES, *_BINDINGS)}
    roles = [cast(Role, pruned(kind, one)) for kind in _ROLES for one in whole[kind]]
    bindings = [cast(Binding, pruned(kind, one)) for kind in _BINDINGS for one in whole[kind]]
    raw = {meta(one).get("uid"): one for kind in _BINDINGS for one in whole[kind]}
    grouped: dict[str, list[Grant]] = {}
    for grant in Rbac(roles, bindings).grants(account_user(namespace, name), account_groups(namespace)):
        if not is_default(grant):
            grouped.setdefault(grant.binding.metadata.uid, []).append(grant)
    holdings = tuple(Holding(raw[uid], tuple(grants)) for uid, grants in grouped.items())
    return Account(namespace, name, holdings, tuple(await desk.listing("ServiceAccount")))


def stripped(account: Account, holding: Holding, groups: str) -> list[dict[str, Any]]:
    """The binding's subjects without the account. `groups` says what becomes of a group it is in:

    `strip` (its other members lose it too), `expand` (they are named instead of the group) or `leave`.
    """
    home = str(meta(holding.binding).get("namespace", ""))
    if holding.system and account.kubernetes_own:
        return list(holding.binding.get("subjects") or ())
    groups = "leave" if holding.system else groups
    kept: list[dict[str, Any]] = []
    for subject in holding.binding.get("subjects") or ():
        way = names(msgspec.convert(subject, Subject, strict=False), home, account.user, account.groups)
        if not way or way == EVERYBODY or (subject.get("kind") == "Group" and groups == "leave"):
            kept.append(subject)
        elif subject.get("kind") == "Group" and groups == "expand":
            kept += [_subject(space, name) for space, name in account.members(way)]
    return [one for number, one in enumerate(kept) if one not in kept[:number]]


def _subject(namespace: str, name: str) -> dict[str, Any]:
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}


async def token_secrets(desk: Desk, namespace: str, name: str) -> list[dict[str, Any]]:
    """Legacy token Secrets of the account, as metadata."""
    found = await desk.listing("Secret", namespace, fields=f"type={TOKEN_TYPE}")
    return [secret for secret in found if notes(secret).get(ACCOUNT_NOTE) == name]


def is_invalid(secret: Whole) -> bool:
    """Whether the API server refuses the token in it."""
    return bool(labels(secret).get(INVALID_SINCE))


def cloud_identities(account: Mapping[str, Any]) -> list[str]:
    """Cloud identities its tokens are exchanged for, in words."""
    return [f"{what} {notes(account)[key]}" for key, what in CLOUD_NOTES.items() if key in notes(account)]


def shown(names_: Iterable[tuple[str, str]], most: int = 12) -> str:
    """`shop/a, shop/b and 3 more`."""
    listed = [f"{space}/{name}" for space, name in names_]
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
