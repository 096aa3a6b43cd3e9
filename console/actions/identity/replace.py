"""`sa.replace`: delete a service account by uid, after its rights are gone, and put one under a new name in its place.

Never the same name: bindings name accounts by name, so a new account of that name has the old rights, and the kubelet
hands the compromised pod a fresh token for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from console.actions.base import Applied, Desk
from console.actions.blast import account_lines
from console.actions.drafting import create, delete, reference, rights_of
from console.actions.identity.holdings import Account, account_of, token_secrets
from console.actions.identity.revoke import READS, reads_for
from console.actions.pinning import canonical, pin
from console.actions.reading import Whole, meta
from console.checks.accounts import LIMITS, replaced
from console.errors import BadInput, Refused
from console.model.action import ActionSpec, Danger, Param, Right
from console.model.plan import Plan, Step
from console.model.ref import BY_KIND, ResourceRef
from console.model.verdict import Verdict
from console.ports.facts import Facts

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_MAKERS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob")
_MAKER_READS = (
    *(Right("list", what, "apps") for what in ("deployments", "statefulsets", "daemonsets")),
    Right("list", "cronjobs", "batch"),
)
_UNTIL = (
    "a deleted account's tokens are refused at once, those of a pod that is being deleted up to 60 s later; each API "
    "server remembers a token for 10 s"
)


class SaReplace:
    """See the module."""

    spec = ActionSpec(
        id="sa.replace",
        title="Replace a service account",
        family="identity",
        danger=Danger.D3,
        help=(
            "Makes an account under a new name without rights, then deletes the old one by uid: every token of it, "
            "stolen ones too, is refused. Its rights must be gone first (sa.revoke), and the new name must differ, or "
            "whoever holds a pod gets fresh tokens with the old rights. Workloads that name the old account cannot "
            "start pods until they name another one; the plan lists them."
        ),
        targets=("ServiceAccount",),
        params=(Param("name", "Name of the new account; it must differ from the old one", required=True),),
        rights=(
            *READS,
            Right("create", "serviceaccounts"),
            Right("delete", "serviceaccounts"),
            *_MAKER_READS,
        ),
        undo_why="A deleted account cannot come back: one of the same name has another uid.",
        destroys=True,
        attack=("RS.MI-02", "T1528", "T1550.001"),
    )

    async def plan(self, desk: Desk, target: ResourceRef, params: Mapping[str, str]) -> Plan:
        new = _new_name(target, params)
        old = await desk.fetch(target)
        ref = reference(old, "ServiceAccount", desk.info.id)
        account = await account_of(desk, ref.namespace, ref.name)
        _refuse_rights(account, ref)
        await _refuse_taken(desk, ref.namespace, new)
        steps = (_create(desk, ref, old, new), delete(ref, pin(ref, old), f"delete account {ref} by uid"))
        users = await _makers(desk, ref)
        secrets = [meta(one)["name"] for one in await token_secrets(desk, ref.namespace, ref.name)]
        return Plan(
            self.spec.id,
            ref,
            Danger.D3,
            desk.now(),
            steps,
            tuple(sorted(params.items())),
            rights_of(steps, *reads_for(ref.namespace), *(_local(right, ref.namespace) for right in _MAKER_READS)),
            blast=(
                *account_lines(desk.view, ref.namespace, ref.name),
                *(
                    f"{kind} {name} names this account: its new pods fail until it names another"
                    for kind, name in users
                ),
                *((f"legacy token Secrets go with it: {', '.join(secrets)}",) if secrets else ()),
            ),
            residual=("pods that run as it get 401 from now on, until they run as another account",),
            limits=(*LIMITS, _UNTIL),
            destroys=(ref,),
            protects=("account.yaml",),
            undo=(self.spec.undo_why,),
            warnings=tuple(_warnings(ref, new, users)),
            context=canonical({"new": new}),
        )

    async def collect(self, desk: Desk, plan: Plan) -> None:
        await desk.capture("account.yaml", plan.target, canonical(await desk.fetch(plan.target)))

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        return replaced(facts, applied.plan.target, applied.plan.context_value()["new"])

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        verdict = self.converged(facts, applied)
        return Verdict(verdict.truth, verdict.observed, verdict.residual, (), applied.plan.limits, verdict.at)


def _local(right: Right, namespace: str) -> Right:
    return Right(right.verb, right.resource, right.group, namespace)


def _new_name(target: ResourceRef, params: Mapping[str, str]) -> str:
    new = params.get("name", "").strip()
    if not _NAME.fullmatch(new):
        raise BadInput(f"sa.replace needs the new account's name (lower-case letters, digits, - and .), not {new!r}.")
    if new == target.name:
        raise Refused(
            f"The new account must not be called {new} again: bindings name accounts by name, so it would have the old "
            "rights, and every pod of it would be handed a fresh token. Choose another name."
        )
    return new


def _refuse_rights(account: Account, ref: ResourceRef) -> None:
    direct = [grant for one in account.holdings for grant in one.grants if not grant.by_group]
    if direct:
        raise Refused(
            f"ServiceAccount {ref} still holds rights, by {direct[0]} and {len(direct) - 1} more. Take them away first "
            "(x r): any account of this name would have them."
        )


async def _refuse_taken(desk: Desk, namespace: str, new: str) -> None:
    """The new account must be new, and nobody's binding may wait for it."""
    account = await account_of(desk, namespace, new)
    if (namespace, new) in {(meta(one)["namespace"], meta(one)["name"]) for one in account.everyone}:
        raise Refused(
            f"ServiceAccount {namespace}/{new} exists already, with tokens and rights of its own. Choose another name."
        )
    if direct := [grant for one in account.holdings for grant in one.grants if not grant.by_group]:
        raise Refused(
            f"An account called {new} would have rights at once, by {direct[0]}: the binding names it already. Choose "
            "another name, and find out who made that binding."
        )


def _create(desk: Desk, ref: ResourceRef, old: Whole, new: str) -> Step:
    """Pull secrets come along; token Secrets, cloud identities and owners do not."""
    manifest: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": new, "namespace": ref.namespace},
    }
    for field in ("imagePullSecrets", "automountServiceAccountToken"):
        if field in old:
            manifest[field] = old[field]
    bare = BY_KIND["ServiceAccount"].ref(ref.namespace, new, cluster=desk.info.id)
    return create(desk.manager, bare, manifest, f"create account {bare}, without rights")


async def _makers(desk: Desk, ref: ResourceRef) -> list[tuple[str, str]]:
    """Workloads whose pods run as the account."""
    found = []
    for kind in _MAKERS:
        for obj in await desk.listing(kind, ref.namespace):
            spec = obj.get("spec") or {}
            if kind == "CronJob":
                spec = (spec.get("jobTemplate") or {}).get("spec") or {}
            pod = (spec.get("template") or {}).get("spec") or {}
            if (pod.get("serviceAccountName") or "default") == ref.name:
                found.append((kind, meta(obj)["name"]))
    return found


def _warnings(ref: ResourceRef, new: str, users: list[tuple[str, str]]) -> list[str]:
    lines = [
        f"afterwards: kubectl set serviceaccount {kind.lower()} {name} {new} -n {ref.namespace}"
        for kind, name in users
        if kind != "CronJob"
    ]
    lines += [
        f"afterwards: set serviceAccountName: {new} in CronJob {name}" for kind, name in users if kind == "CronJob"
    ]
    if ref.name == "default":
        lines.append("A controller makes an account called default again at once; pods get fresh tokens of that one.")
    return lines
