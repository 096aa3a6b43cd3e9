"""Audit policies that record too little: which detections see nothing under them, and which only part.

In: `Policy` objects of audit.k8s.io, and what each detection needs. A policy is read as the API server reads it: the
first of its rules that matches a request says how much of it is recorded. Rules for single users are passed by, since
an intruder is somebody else; rules for namespaces are asked about in those namespaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from console.model.meta import Part
from console.model.need import LEVELS, Asked, Need
from console.model.ref import KINDS
from console.model.weakness import Weakness
from console.posture.manifest import Manifest

_EVERYBODY = "system:authenticated"
_LONG = frozenset({"exec", "attach", "portforward", "proxy"})
"""Subresources recorded when they begin, too."""
_PLACES = {kind.plural: (kind.group, kind.namespaced) for kind in KINDS}


class _Resources(Part):
    group: str = ""
    resources: list[str] | None = None
    resource_names: list[str] | None = None


class _Rule(Part):
    level: str = ""
    users: list[str] | None = None
    user_groups: list[str] | None = None
    verbs: list[str] | None = None
    resources: list[_Resources] | None = None
    namespaces: list[str] | None = None
    non_resource_urls: list[str] | None = msgspec.field(default=None, name="nonResourceURLs")
    omit_stages: list[str] | None = None


class _Policy(Part):
    rules: list[_Rule] | None = None
    omit_stages: list[str] | None = None


def is_policy(manifest: Manifest) -> bool:
    """Whether this is an audit policy."""
    return manifest.kind == "Policy" and manifest.group == "audit.k8s.io"


def blind(manifest: Manifest, needs: Sequence[Need]) -> Iterator[Weakness]:
    """The detections that a policy blinds. Raises `msgspec.ValidationError` for one no API server would load."""
    if not is_policy(manifest):
        return
    policy = msgspec.convert(manifest.body, _Policy)
    named = sorted({one for rule in policy.rules or () for one in rule.namespaces or () if one})
    for need in needs:
        if everywhere := _told(manifest, policy, need, ""):
            yield everywhere
            continue
        for namespace in named:
            if there := _told(manifest, policy, need, namespace):
                yield there


def _told(manifest: Manifest, policy: _Policy, need: Need, namespace: str) -> Weakness | None:
    """What is unseen there, None if all is seen."""
    unseen: list[tuple[Asked, str, int]] = []
    for request in need.requests:
        level, number = _decided(policy, request, namespace)
        if LEVELS.index(level) < LEVELS.index(need.level):
            unseen.append((request, level, number))
    if not unseen:
        return None
    anything = any(resource == "*" for _, resource, _ in need.requests)
    nothing = len(unseen) == len(need.requests) and not (anything and _some(policy, need.level))
    what = "sees nothing" if nothing else "sees not all"
    where = f" in namespace {namespace}" if namespace else ""
    ids = f" ({', '.join(need.catalogue)})" if need.catalogue else ""
    known = "; ".join(_recorded(level, [one for one, at, _ in unseen if at == level]) for level in LEVELS)
    text = f"{need.title}{ids} {what}{where}: it needs {need.level} and is given {known.strip('; ')}"
    number = unseen[0][2]
    return manifest.weak("audit", need.rule, text, "rules" if number < 0 else f"rules[{number}].level")


def _recorded(level: str, requests: list[Asked]) -> str:
    """`Metadata of create, update services`, "" for no requests."""
    if not requests:
        return ""
    verbs = dict.fromkeys("any" if verb == "*" else verb for verb, _, _ in requests)
    names = list(dict.fromkeys(_named(resource, sub) for _, resource, sub in requests))
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    given = "nothing" if level == "None" else level
    return f"{given} of {', '.join(verbs)} {', '.join(names[:4])}{more}"


def _named(resource: str, subresource: str) -> str:
    name = "anything" if resource == "*" else resource or "paths"
    return f"{name}/{subresource}" if subresource else name


def _decided(policy: _Policy, request: Asked, namespace: str) -> tuple[str, int]:
    """Level and number of the rule that decides over a request; -1 where none does: then nothing is recorded."""
    for number, rule in enumerate(policy.rules or ()):
        if _matches(rule, request, namespace):
            omitted = {*(policy.omit_stages or ()), *(rule.omit_stages or ())}
            lost = "ResponseComplete" in omitted and not (request[2] in _LONG and "ResponseStarted" not in omitted)
            return ("None" if lost or rule.level not in LEVELS else rule.level), number
    return "None", -1


def _some(policy: _Policy, level: str) -> bool:
    """Whether any rule records that much: then a detection that looks at everything sees some of it."""
    return any(one.level in LEVELS and LEVELS.index(one.level) >= LEVELS.index(level) for one in policy.rules or ())


def _matches(rule: _Rule, request: Asked, namespace: str) -> bool:
    verb, resource, subresource = request
    if (rule.users or rule.user_groups) and _EVERYBODY not in (rule.user_groups or ()):
        return False
    if rule.verbs and verb not in rule.verbs:
        return False
    group, namespaced = _PLACES.get(resource, (None, True))
    if rule.namespaces and (namespace if namespaced else "") not in rule.namespaces:
        return False
    if not resource:
        urls = rule.non_resource_urls
        return not (rule.resources or rule.namespaces) and (not urls or "*" in urls or "/*" in urls)
    if rule.non_resource_urls and not (rule.resources or rule.namespaces):
        return False
    return not rule.resources or any(_covers(one, group, resource, subresource) for one in rule.resources)


def _covers(one: _Resources, group: str | None, resource: str, subresource: str) -> bool:
    """Whether an entry is about all such objects; one that names objects is about few. `pods/*` is also about `pods`:
    not what the API's documentation says, but what the server does (k8s.io/apiserver, pkg/audit/policy/checker.go)."""
    if one.resource_names or (group is not None and one.group not in (group, "*")):
        return False
    wanted = f"{resource}/{subresource}" if subresource else resource
    patterns = {"*", wanted, f"{resource}/*", f"*/{subresource}" if subresource else wanted}
    return not one.resources or any(given in patterns for given in one.resources)
