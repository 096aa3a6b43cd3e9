"""Whether a service account has lost its rights and its legacy tokens: by access review, not by looking at one binding.

In: facts (access reviews, roles and bindings, token Secrets, open streams). Bound tokens cannot be revoked one by
one: without rights they are a limit, said aloud; requests that are open already are residual.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from console.checks import asking
from console.checks.base import check
from console.model.access import Binding, Role
from console.model.action import Right
from console.model.facts import Unknown
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.policy.holding import in_words, is_default
from console.policy.rbac import Rbac, account_groups, account_user
from console.ports.facts import Facts

LIMITS = (
    "tokens bound to pods stay valid until their pod or the account is deleted (up to a year): they still authenticate "
    "and have what Kubernetes gives everybody (discovery, reviews of oneself)",
    "tokens made with TokenRequest and bound to nothing end only by expiry or with the account (sa.replace)",
    "audiences that do not ask this API server (cloud federation, other clusters) accept a token until it expires",
    "an authenticated token is cached for 10 s, an authorization webhook's yes for 5 minutes by default",
)


def probes(namespace: str) -> tuple[Right, ...]:
    """What no stripped account may do, asked when nothing is known of what it held."""
    return (
        Right("*", "*", "*"),
        Right("list", "secrets"),
        Right("create", "pods"),
        Right("get", "secrets", "", namespace),
        Right("create", "pods", "", namespace),
        Right("create", "pods/exec", "", namespace),
        Right("create", "deployments", "apps", namespace),
    )


def denied(facts: Facts, user: str, groups: tuple[str, ...], rights: Sequence[Right]) -> Verdict:
    """Every one of these rights is denied by access review."""
    still, unknown, at = [], [], []
    for right in rights:
        fact = facts.get(asking.allowed(user, right, groups))
        if isinstance(fact, Unknown):
            unknown.append(fact.why)
            continue
        at.append(fact.at)
        if fact.value:
            still.append(f"still allowed: {right}")
    seen = min(at, default=0.0)
    if still:
        return Verdict(False, f"{len(still)} of {len(rights)} reviewed rights are still allowed", tuple(still), at=seen)
    if unknown:
        return Verdict(
            None, f"{len(unknown)} of {len(rights)} access reviews have no answer yet: {unknown[0]}", at=seen
        )
    return Verdict(True, f"{len(rights)} access reviews denied", at=seen)


def unbound(facts: Facts, namespace: str, name: str) -> Verdict:
    """No binding reaches the account beyond what Kubernetes gives everybody."""
    found: dict[str, list[object]] = {}
    for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"):
        fact = facts.get(asking.objects(kind))
        if isinstance(fact, Unknown):
            return Verdict(None, f"{kind}s: {fact.why}")
        found[kind] = list(fact.value)
    roles = cast(Iterable[Role], [*found["Role"], *found["ClusterRole"]])
    bindings = cast(Iterable[Binding], [*found["RoleBinding"], *found["ClusterRoleBinding"]])
    grants = Rbac(roles, bindings).grants(account_user(namespace, name), account_groups(namespace))
    left = [grant for grant in grants if not is_default(grant)]
    if left:
        residual = tuple(f"{grant} still gives it {in_words(grant)}" for grant in left)
        return Verdict(False, f"{len(left)} bindings still reach it", residual)
    return Verdict(True, "no binding reaches it")


def tokens_invalid(facts: Facts, namespace: str, name: str) -> Verdict:
    """Every legacy token Secret of the account is labelled as invalid."""
    fact = facts.get(asking.token_secrets(namespace, name))
    if isinstance(fact, Unknown):
        return Verdict(None, f"which Secrets hold legacy tokens is not known: {fact.why}")
    live = [secret for secret, since in fact.value if not since]
    if live:
        return Verdict(False, f"legacy tokens still valid: {', '.join(live)}", at=fact.at)
    return Verdict(True, f"{len(fact.value)} legacy token Secrets, none valid", at=fact.at)


def open_requests(facts: Facts, user: str) -> Verdict:
    """Requests that were opened before: authorized once, they go on. Residual when there are any."""
    fact = facts.get(asking.open_streams(user))
    if isinstance(fact, Unknown):
        why = f"open watches and execs of {user} cannot be seen: {fact.why}"
        return Verdict(True, "", (), (why,))
    left = tuple(f"{verb} {what} {sub}".rstrip() + " is still open (x s)" for _, verb, what, sub, _ in fact.value)
    return Verdict(True, "", left, at=fact.at)


def stripped(facts: Facts, namespace: str, name: str, rights: Sequence[Right]) -> Verdict:
    """Rights denied, no binding left, legacy tokens refused; open requests beside it."""
    user = account_user(namespace, name)
    verdict = both(
        denied(facts, user, account_groups(namespace), rights),
        unbound(facts, namespace, name),
        tokens_invalid(facts, namespace, name),
        open_requests(facts, user),
    )
    return Verdict(verdict.truth, verdict.observed, verdict.residual, verdict.unverifiable, LIMITS, verdict.at)


@check("account.stripped", "objects", "allowed", "token_secrets", "open_streams", about="ServiceAccount")
def account_stripped(facts: Facts, target: ResourceRef) -> Verdict:
    """A service account has no rights but everybody's, and no valid legacy token."""
    return stripped(facts, target.namespace, target.name, probes(target.namespace))


def replaced(facts: Facts, old: ResourceRef, new: str) -> Verdict:
    """The account of that uid is gone, none of its name took its place, the new one is there."""
    gone = facts.get(asking.an_object("ServiceAccount", old.namespace, old.name))
    there = facts.get(asking.an_object("ServiceAccount", old.namespace, new))
    if isinstance(gone, Unknown):
        return Verdict(None, f"account {old}: {gone.why}")
    if isinstance(there, Unknown):
        return Verdict(None, f"account {old.namespace}/{new}: {there.why}")
    if gone.value is not None and gone.value.metadata.uid == old.uid:
        return Verdict(False, f"account {old} (uid {old.uid}) is still there", at=gone.at)
    residual: tuple[str, ...] = ()
    if gone.value is not None:
        residual = (f"an account {old} exists again: bindings name accounts by name, so it has whatever they give",)
    if there.value is None:
        return Verdict(False, f"account {old} is gone, but {old.namespace}/{new} does not exist", residual, at=gone.at)
    return Verdict(True, f"account {old} (uid {old.uid}) is gone, {new} took its place", residual, at=gone.at)
