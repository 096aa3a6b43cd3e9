"""What a subject holds, as single rights that can be reviewed one by one, less what Kubernetes gives to everybody.

In: grants. Out: `Right`s. Each resource of each rule is asked for with its most telling verb: a binding is taken away
as a whole, so one verb shows for all; wildcards are asked for literally, which only a wildcard rule answers with yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from console.model.access import PolicyRule
from console.model.action import Right
from console.policy.rbac import Grant, covers

_TELLING = ("*", "escalate", "bind", "impersonate", "create", "delete", "deletecollection", "patch", "update", "get")

DEFAULTS: tuple[PolicyRule, ...] = (
    PolicyRule(
        ["create"],
        ["authorization.k8s.io"],
        ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
    ),
    PolicyRule(["create"], ["authentication.k8s.io"], ["selfsubjectreviews"]),
    PolicyRule(
        ["get"],
        non_resource_urls=[
            *("/livez", "/readyz", "/healthz", "/version", "/version/", "/openapi", "/openapi/*"),
            *("/api", "/api/*", "/apis", "/apis/*"),
            *("/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/openid/v1/jwks"),
            "/openid/v1/jwks/",
        ],
    ),
)
"""What system:basic-user, system:discovery, system:public-info-viewer and issuer discovery give to every identity."""


def atoms(rule: PolicyRule, namespace: str) -> Iterator[Right]:
    """Every single right of a rule, as it is written."""
    for verb in rule.verbs:
        for url in rule.non_resource_urls or ():
            yield Right(verb, url)
        for group in rule.api_groups or ():
            for resource in rule.resources or ():
                for name in rule.resource_names or ("",):
                    yield Right(verb, resource, group, namespace, name)


def by_default(right: Right) -> bool:
    """Whether Kubernetes gives this right to every identity."""
    return any(covers(rule, right) for rule in DEFAULTS)


def is_default(grant: Grant) -> bool:
    """Whether a group's grant holds nothing beyond the defaults.

    Judged by its rules, not by its name: an attacker who adds a rule to `system:discovery` is seen.
    """
    return (
        grant.by_group
        and not grant.missing
        and all(by_default(right) for rule in grant.rules for right in atoms(rule, grant.namespace))
    )


def witnesses(grants: Iterable[Grant]) -> tuple[Right, ...]:
    """One right for each resource (and resource name) of each rule, in order, without the defaults."""
    best: dict[tuple[str, str, str, str], Right] = {}
    for grant in grants:
        for rule in grant.rules:
            for right in atoms(rule, grant.namespace):
                place = (right.namespace, right.group, right.resource, right.name)
                if not by_default(right) and _rank(right) < _rank(best.get(place)):
                    best[place] = right
    return tuple(sorted(best.values()))


def _rank(right: Right | None) -> int:
    if right is None:
        return len(_TELLING) + 1
    return _TELLING.index(right.verb) if right.verb in _TELLING else len(_TELLING)


def in_words(grant: Grant, most: int = 4) -> str:
    """What a grant allows, shortened: `get,list secrets; * pods.apps`."""
    parts = [_rule(rule) for rule in grant.rules]
    more = f"; and {len(parts) - most} more rules" if len(parts) > most else ""
    return "; ".join(parts[:most]) + more or "nothing: its role does not exist"


def _rule(rule: PolicyRule) -> str:
    things = ",".join([*(rule.resources or ()), *(rule.non_resource_urls or ())])
    only = f" named {','.join(rule.resource_names)}" if rule.resource_names else ""
    return f"{','.join(rule.verbs)} {things}{only}"
