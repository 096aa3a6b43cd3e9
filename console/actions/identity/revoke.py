"""`sa.revoke`: take every right from a service account, in all namespaces, and refuse its legacy tokens; reversible.

Bindings are shared: only the account's own subject goes, `roleRef` and the binding itself stay. A group it is in is
taken out as a whole (its other members lose it too), named one by one without it, or left, as the person says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from console.actions.base import Applied, Desk
from console.actions.blast import account_lines, pods_of_account
from console.actions.drafting import patch, reference, rights_of, way_back
from console.actions.identity.holdings import (
    EVERYBODY,
    INVALID_SINCE,
    RBAC,
    Account,
    account_of,
    cloud_identities,
    is_invalid,
    shown,
    stripped,
    token_secrets,
)
from console.actions.pinning import canonical
from console.actions.reading import Whole, meta
from console.actions.reverters import reverter_lines
from console.checks import asking
from console.checks.accounts import LIMITS, tokens_invalid, unbound
from console.checks.accounts import stripped as all_gone
from console.errors import Refused
from console.model.action import ActionSpec, Danger, Param, Right
from console.model.facts import Known
from console.model.plan import Plan, Step
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.policy.holding import in_words, witnesses
from console.ports.facts import Facts

READS = (
    Right("get", "serviceaccounts"),
    Right("list", "serviceaccounts"),
    *(Right("list", what, RBAC) for what in ("roles", "clusterroles", "rolebindings", "clusterrolebindings")),
    Right("list", "secrets"),
    Right("create", "subjectaccessreviews", "authorization.k8s.io"),
)
"""Bindings and accounts are listed cluster-wide: a binding anywhere can name the account."""
_LOCAL = (("get", "serviceaccounts"), ("list", "secrets"))


def reads_for(namespace: str) -> tuple[Right, ...]:
    """`READS` for an account of this namespace: what is read only there is asked for only there."""
    return tuple(Right(r.verb, r.resource, r.group, namespace if (r.verb, r.resource) in _LOCAL else "") for r in READS)


_PLURAL = {"Role": "roles", "ClusterRole": "clusterroles"}


class SaRevoke:
    """See the module."""

    spec = ActionSpec(
        id="sa.revoke",
        title="Take a service account's rights away",
        family="identity",
        danger=Danger.D2,
        help=(
            "Takes the account out of every RoleBinding and ClusterRoleBinding that reaches it, in all namespaces, and "
            "labels its legacy token Secrets as invalid. Everything that runs as this account loses its rights. Tokens "
            "bound to pods still authenticate, without rights; requests that are open already go on. Taking a subject "
            "out of a binding needs the right to bind that role, or all rights it gives."
        ),
        targets=("ServiceAccount",),
        key="r",
        params=(
            Param(
                "groups",
                "A group with rights: strip it (all members lose them), expand it to its others by name, or leave it",
                "choice",
                ("strip", "expand", "leave"),
                "strip",
            ),
        ),
        rights=(
            *READS,
            *(Right(verb, what, RBAC) for verb in ("get", "patch") for what in ("rolebindings", "clusterrolebindings")),
            *(Right("bind", what, RBAC) for what in ("roles", "clusterroles")),
            Right("get", "secrets"),
            Right("patch", "secrets"),
        ),
        undo="sa.unrevoke",
        undo_why="Giving rights back needs the right to bind those roles.",
        attack=("RS.MI-01", "M1026", "T1528"),
    )

    async def plan(self, desk: Desk, target: ResourceRef, params: Mapping[str, str]) -> Plan:
        account_obj = await desk.fetch(target)
        ref = reference(account_obj, "ServiceAccount", desk.info.id)
        account = await account_of(desk, ref.namespace, ref.name)
        groups = params.get("groups") or "strip"
        secrets = await token_secrets(desk, ref.namespace, ref.name)
        steps = (*_unbind(desk, account, groups), *_invalidate(desk, secrets))
        if not steps:
            raise Refused(_nothing(account, ref))
        return Plan(
            self.spec.id,
            ref,
            Danger.D2,
            desk.now(),
            steps,
            tuple(sorted(params.items())),
            (*rights_of(steps, *reads_for(ref.namespace)), *_binds(account, groups)),
            blast=(
                *(f"It loses {in_words(grant)}: {grant}" for one in account.holdings for grant in one.grants[:1]),
                *_others(account, groups),
                *account_lines(desk.view, ref.namespace, ref.name),
            ),
            residual=tuple(_left(desk, account, groups)),
            limits=_limits(desk, account_obj),
            protects=("account.yaml",),
            reverters=reverter_lines([one.binding for one in account.holdings]),
            undo=(
                f"sa.unrevoke puts subjects and labels back as they were. {self.spec.undo_why}",
                *_lines_back(desk, steps, account, secrets),
            ),
            warnings=tuple(_warnings(account, groups)),
            context=canonical(_context(account, ref, secrets)),
        )

    async def collect(self, desk: Desk, plan: Plan) -> None:
        """The account itself; its bindings are the before-images of the steps."""
        await desk.capture("account.yaml", plan.target, canonical(await desk.fetch(plan.target)))

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        target = applied.plan.target
        return both(unbound(facts, target.namespace, target.name), tokens_invalid(facts, target.namespace, target.name))

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        """Every right it held is denied, its legacy tokens are labelled; open requests are residual."""
        target = applied.plan.target
        held = [Right(**right) for right in applied.plan.context_value()["held"]]
        verdict = all_gone(facts, target.namespace, target.name, held)
        return Verdict(
            verdict.truth, verdict.observed, verdict.residual, verdict.unverifiable, applied.plan.limits, verdict.at
        )


def _unbind(desk: Desk, account: Account, groups: str) -> list[Step]:
    steps = []
    for holding in account.holdings:
        kept = stripped(account, holding, groups)
        if kept == (holding.binding.get("subjects") or []):
            continue
        ref = reference(holding.binding, holding.kind, desk.info.id)
        gone = len(holding.binding.get("subjects") or ()) - len(kept)
        title = f"take {account.user} out of {holding.kind} {ref}" + (f" ({len(kept)} subjects stay)" if kept else "")
        if gone < 0:
            title = f"name the others of the group in {holding.kind} {ref} ({len(kept)} subjects)"
        steps.append(patch(desk.manager, ref, holding.binding, {"subjects": kept}, ("subjects", "roleRef"), title))
    return steps


def _invalidate(desk: Desk, secrets: list[dict[str, Any]]) -> list[Step]:
    today = datetime.fromtimestamp(desk.now(), UTC).date().isoformat()
    change = {"metadata": {"labels": {INVALID_SINCE: today}}}
    refs = [(reference(secret, "Secret", desk.info.id), secret) for secret in secrets if not is_invalid(secret)]
    return [patch(desk.manager, ref, obj, change, (), f"refuse the legacy token in Secret {ref}") for ref, obj in refs]


def _lines_back(desk: Desk, steps: tuple[Step, ...], account: Account, secrets: list[dict[str, Any]]) -> Iterator[str]:
    befores = {reference(one, "Secret", desk.info.id).key: one for one in secrets}
    befores |= {reference(one.binding, one.kind, desk.info.id).key: one.binding for one in account.holdings}
    for step in steps:
        labelled: Mapping[str, Any] = {"metadata": {"labels": {INVALID_SINCE: ""}}}
        change = labelled if step.call.ref.kind == "Secret" else {"subjects": []}
        yield way_back(desk.manager, step.call.ref, befores[step.call.ref.key], change)


def _binds(account: Account, groups: str) -> list[Right]:
    """The API server lets nobody rewrite a binding to a role he may not bind, not even to take a subject out."""
    rights = {
        Right("bind", _PLURAL.get(grant.binding.role_ref.kind, "clusterroles"), RBAC, grant.namespace,
              grant.binding.role_ref.name)
        for one in account.holdings
        for grant in one.grants
        if stripped(account, one, groups) != (one.binding.get("subjects") or [])
    }  # fmt: skip
    return sorted(rights)


def _left(desk: Desk, account: Account, groups: str) -> list[str]:
    """Ways that stay open after the writes, and requests that are open already."""
    lines = []
    for holding in account.holdings:
        for grant in holding.grants:
            if holding.system and account.kubernetes_own:
                lines.append(
                    f"{grant} stays: it is Kubernetes' own. Edit it by hand; unless it is annotated "
                    'rbac.authorization.kubernetes.io/autoupdate="false" the API server restores it when it starts.'
                )
            elif grant.through == EVERYBODY:
                lines.append(
                    f"{grant} stays and gives everybody {in_words(grant)}: you are in that group too. Remove it by "
                    f"hand: kubectl delete {grant.kind.lower()} {grant.binding.metadata.name}"
                    + (f" -n {grant.namespace}" if grant.namespace else "")
                )
            elif grant.by_group and (groups == "leave" or holding.system):
                lines.append(f"{grant} stays and gives it {in_words(grant)}")
    streams = desk.facts.get(asking.open_streams(account.user))
    if isinstance(streams, Known):
        lines += [f"{verb} {what} {sub}".rstrip() + " stays open (x s)" for _, verb, what, sub, _ in streams.value]
    else:
        lines.append(f"Whether it has open watches or execs is not known: {streams.why}")
    return lines


def _others(account: Account, groups: str) -> list[str]:
    """Who loses rights although nobody accuses him."""
    lines = []
    for holding in account.holdings:
        for grant in holding.grants:
            if grant.by_group and grant.through != EVERYBODY and not holding.system and groups == "strip":
                losing = account.members(grant.through)
                who = f"{len(losing)} other accounts lose it too: {shown(losing)}" if losing else "nobody else is in it"
                lines.append(f"{grant} goes as a group; {who}. groups=expand names them instead.")
    return lines


def _limits(desk: Desk, account_obj: Whole) -> tuple[str, ...]:
    space, name = meta(account_obj).get("namespace", ""), meta(account_obj).get("name", "")
    pods = [(pod.metadata.namespace, pod.metadata.name) for pod in pods_of_account(desk.view, space, name)]
    holders = [f"{len(pods)} pods hold such bound tokens now: {shown(pods)}"] if pods else []
    cloud = [
        f"its tokens are exchanged for {what}: those credentials live on" for what in cloud_identities(account_obj)
    ]
    return (*LIMITS, *holders, *cloud)


def _warnings(account: Account, groups: str) -> list[str]:
    lines = []
    if account.name == "default":
        lines.append("Every pod of the namespace that names no account runs as this one.")
    if any(one.grants[0].missing for one in account.holdings):
        lines.append("A binding names a role that does not exist: whoever creates it gives the account its rights.")
    if any(one.system for one in account.holdings) and not account.kubernetes_own:
        lines.append("A binding has the name of one of Kubernetes' own; this account is none of its default subjects.")
    if groups == "expand" and any(grant.by_group for one in account.holdings for grant in one.grants):
        lines.append("Accounts made later are not in a group that is expanded now.")
    return lines


def _context(account: Account, ref: ResourceRef, secrets: list[dict[str, Any]]) -> dict[str, Any]:
    held = witnesses([grant for one in account.holdings for grant in one.grants])
    return {
        "user": account.user,
        "uid": ref.uid,
        "held": [
            {"verb": r.verb, "resource": r.resource, "group": r.group, "namespace": r.namespace, "name": r.name}
            for r in held
        ],
        "secrets": [meta(secret)["name"] for secret in secrets],
    }


def _nothing(account: Account, ref: ResourceRef) -> str:
    left = [str(grant) for one in account.holdings for grant in one.grants]
    if left:
        return f"Nothing of {ref} can be taken away here: {left[0]} is Kubernetes' own, everybody's, or to be left."
    return (
        f"ServiceAccount {ref} holds no rights and no valid legacy token, so there is nothing to take away. Its "
        "pods' tokens end with the pods (x i, x w), or all its tokens with sa.replace."
    )
