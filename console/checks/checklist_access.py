"""Checks of the checklist on identities: what they may still do, by access review, and who holds powerful rights.

Removing one binding proves nothing: groups, other bindings and aggregated roles remain. An access review asks them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from console.checks import asking
from console.checks.accounts import account_stripped, denied
from console.checks.base import check
from console.checks.checklist_judged import Judged, judged_all
from console.checks.telling import listed, place, tell, told
from console.model.access import Binding, PolicyRule, Role, ServiceAccount, SigningRequest
from console.model.action import Right
from console.model.facts import Known
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.policy.rbac import Rbac, account_user, covers
from console.ports.facts import Facts

MASTERS = "system:masters"
EVERYBODY = ("system:authenticated",)
WINDOW = 600.0
RESET = 900.0
MATRIX = (
    Right("*", "*", "*"),
    Right("get", "secrets"),
    Right("list", "secrets"),
    Right("create", "pods"),
    Right("create", "pods/exec"),
    Right("get", "pods/exec"),
    Right("get", "nodes/proxy"),
    Right("create", "serviceaccounts/token"),
    Right("impersonate", "users"),
    Right("escalate", "clusterroles", "rbac.authorization.k8s.io"),
    Right("bind", "clusterroles", "rbac.authorization.k8s.io"),
    Right("approve", "signers", "certificates.k8s.io"),
    Right("create", "mutatingwebhookconfigurations", "admissionregistration.k8s.io"),
)
"""What nobody who was compromised may do, anywhere. A namespace's own rights are looked for in bindings."""
ANONYMOUS = (
    Right("list", "secrets"),
    Right("list", "pods"),
    Right("get", "nodes"),
    Right("create", "pods"),
    Right("get", "nodes/proxy"),
)
_RISKY = (
    Right("escalate", "clusterroles", "rbac.authorization.k8s.io"),
    Right("bind", "clusterroles", "rbac.authorization.k8s.io"),
    Right("impersonate", "users"),
    Right("get", "nodes/proxy"),
)
_WIDE = (*_RISKY, Right("list", "secrets"))
"""In the whole cluster; inside one namespace, listing its secrets is everyday work."""
_KINDS = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")


@told
def _no_calls(facts: Facts, target: ResourceRef) -> Verdict:
    """No request of this user succeeded for a while."""
    user = target.name if target.kind == "User" else account_user(target.namespace, target.name)
    return _quiet(facts, user, WINDOW)


def _quiet(facts: Facts, user: str, window: float) -> Verdict:
    calls = tell(facts, asking.calls_since(user, facts.now() - window))
    return Verdict(not calls, f"{calls} requests of it succeeded in the last {window / 60:.0f} m")


@check(
    "account.revoked",
    "object",
    "objects",
    "allowed",
    "token_secrets",
    "open_streams",
    "calls_since",
    about="ServiceAccount",
)
def account_revoked(facts: Facts, target: ResourceRef) -> Verdict:
    """Rights stripped and legacy tokens refused, or the account of that uid gone; and no request of it succeeds."""
    return both(_stripped(facts, target), _no_calls(facts, target))


@told
def _stripped(facts: Facts, target: ResourceRef) -> Verdict:
    account = tell(facts, asking.an_object("ServiceAccount", target.namespace, target.name))
    if account is not None and target.uid and account.metadata.uid != target.uid:
        return both(Verdict(True, "its uid is a new one: old tokens are refused"), account_stripped(facts, target))
    return account_stripped(facts, target)


@check("user.powerless", "allowed", "groups", "objects", about="User")
def user_powerless(facts: Facts, target: ResourceRef) -> Verdict:
    """Every probed right of the user, in all its groups, is denied, and no binding names it."""
    return both(_not_master(facts, target), _denied(facts, target), _unbound(facts, target))


@told
def _not_master(facts: Facts, target: ResourceRef) -> Verdict:
    groups = tell(facts, asking.groups(target.name))
    if MASTERS in groups:
        return Verdict(False, f"it is in {MASTERS}, which no binding gives and none takes away: only a new CA ends it")
    return Verdict(True, "")


@told
def _denied(facts: Facts, target: ResourceRef) -> Verdict:
    return denied(facts, target.name, _groups(facts, target), MATRIX)


def _groups(facts: Facts, target: ResourceRef) -> tuple[str, ...]:
    """Groups seen in the audit record; without them at least the one everybody is in."""
    fact = facts.get(asking.groups(target.name))
    return tuple(fact.value) if isinstance(fact, Known) and fact.value else EVERYBODY


@told
def _unbound(facts: Facts, target: ResourceRef) -> Verdict:
    named = [str(grant) for grant in _rbac(facts).grants(target.name) if not grant.by_group]
    return Verdict(not named, f"bindings name it: {listed(named)}" if named else "no binding names it")


def _rbac(facts: Facts) -> Rbac:
    found = {kind: tell(facts, asking.objects(kind)) for kind in _KINDS}
    roles = cast(Iterable[Role], (*found["Role"], *found["ClusterRole"]))
    return Rbac(roles, cast(Iterable[Binding], (*found["RoleBinding"], *found["ClusterRoleBinding"])))


@check("user.quiet", "calls_since", about="User")
@told
def user_quiet(facts: Facts, target: ResourceRef) -> Verdict:
    """No request of the user succeeded in the last quarter of an hour."""
    return _quiet(facts, target.name, RESET)


@check("certificate.powerless", "allowed", "groups", "objects", about="User")
def certificate_powerless(facts: Facts, target: ResourceRef) -> Verdict:
    """Name and groups of the certificate give no right, and no signing request waits for approval."""
    return both(_not_master(facts, target), _denied(facts, target), _nothing_pending(facts, target))


@told
def _nothing_pending(facts: Facts, target: ResourceRef) -> Verdict:
    requests = cast(Iterable[SigningRequest], tell(facts, asking.objects("CertificateSigningRequest")))
    pending = [one.metadata.name for one in requests if not one.status.conditions]
    return Verdict(not pending, f"signing requests pending: {listed(pending)}" if pending else "no request pending")


@check("anonymous.denied", "allowed")
def anonymous_denied(facts: Facts, target: ResourceRef) -> Verdict:
    """An anonymous caller is denied everything that matters."""
    verdict = denied(facts, "system:anonymous", ("system:unauthenticated",), ANONYMOUS)
    return Verdict(verdict.truth, f"anonymous: {verdict.observed}", verdict.residual, at=verdict.at)


@check("rbac.tight", "objects", "recorded")
@told
def rbac_tight(facts: Facts, target: ResourceRef) -> Verdict:
    """Whoever is cluster-admin, holds a wildcard or a right that leads to all others is judged by a person."""
    rbac = _rbac(facts)
    bindings = [*tell(facts, asking.objects("ClusterRoleBinding")), *tell(facts, asking.objects("RoleBinding"))]
    found = [one for binding in cast(Iterable[Binding], bindings) for one in _risky(rbac, binding)]
    return judged_all(facts, found, "powerful bindings")


def _risky(rbac: Rbac, binding: Binding) -> Iterator[Judged]:
    """Bindings that Kubernetes makes itself are labelled by it; their subjects are judged like any other's."""
    role = binding.role_ref.name
    subjects = [one for one in binding.subjects or () if not _own(binding, one.kind, one.name)]
    if not subjects:
        return
    rules = rbac.rules(binding) or ()
    wanted = _RISKY if binding.metadata.namespace else _WIDE
    why = "cluster-admin" if role == "cluster-admin" else _power(rules, wanted)
    if why:
        kind = "RoleBinding" if binding.metadata.namespace else "ClusterRoleBinding"
        yield Judged(kind, place(binding), f"{why} for {listed(f'{one.kind} {one.name}' for one in subjects)}")


def _own(binding: Binding, kind: str, name: str) -> bool:
    """Whether a binding of the bootstrap policy names its own default subject."""
    if (binding.metadata.labels or {}).get("kubernetes.io/bootstrapping") != "rbac-defaults":
        return binding.metadata.name == "kubeadm:cluster-admins" and name == "kubeadm:cluster-admins"
    if binding.metadata.name == "cluster-admin":
        return name == MASTERS
    return name.startswith("system:") or (kind == "ServiceAccount" and binding.metadata.name.startswith("system:"))


def _power(rules: Iterable[PolicyRule], wanted: Iterable[Right]) -> str:
    for rule in rules:
        if "*" in rule.verbs and "*" in (rule.resources or ()):
            return "all verbs on all resources"
    risky = [f"{right.verb} {right.resource}" for right in wanted if any(covers(rule, right) for rule in rules)]
    return listed(risky)


@check("tokens.short", "object", "token_secrets", about="Namespace")
def tokens_short(facts: Facts, target: ResourceRef) -> Verdict:
    """No Secret holds a valid long-lived token, and the default account is not mounted unasked."""
    return both(_no_legacy(facts, target), _not_mounted(facts, target))


@told
def _no_legacy(facts: Facts, target: ResourceRef) -> Verdict:
    """One list for the whole cluster: a list for each namespace would be a thousand requests."""
    live = [name for name, since in tell(facts, asking.token_secrets("", "")) if not since]
    mine = [name for name in live if name.startswith(f"{target.name}/")]
    return Verdict(
        not mine, f"Secrets with long-lived tokens are left: {listed(mine)}" if mine else "no long-lived token"
    )


@told
def _not_mounted(facts: Facts, target: ResourceRef) -> Verdict:
    account = tell(facts, asking.an_object("ServiceAccount", target.name, "default"))
    off = not isinstance(account, ServiceAccount) or account.automount_service_account_token is False
    return Verdict(off, "default account not mounted" if off else "default account mounted into every pod")
