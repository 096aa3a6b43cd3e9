"""What a role in a body would allow, as short lines a rule can ask for: `create pods/exec`, `* */*`.

A line is `VERB GROUP/RESOURCE`, the core group left out: `get secrets`, `* apps/*`, `impersonate users`.
A rule limited to named objects says so: `get secrets named db`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

_MOST = 2000
_MOST_POWERFUL = 10_000


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VERBS = _words(
    "* get list watch create update patch delete deletecollection impersonate bind escalate approve sign use"
)
_GROUPS = _words(
    "* apps batch extensions policy rbac.authorization.k8s.io admissionregistration.k8s.io certificates.k8s.io "
    "authentication.k8s.io authorization.k8s.io networking.k8s.io apiregistration.k8s.io"
) | {""}
_RESOURCES = _words(
    "* */* secrets configmaps namespaces nodes nodes/proxy nodes/* pods pods/exec pods/attach pods/portforward "
    "pods/ephemeralcontainers pods/* serviceaccounts serviceaccounts/token serviceaccounts/* roles rolebindings "
    "clusterroles clusterrolebindings deployments daemonsets statefulsets replicasets jobs cronjobs users groups "
    "mutatingwebhookconfigurations validatingwebhookconfigurations mutatingadmissionpolicies apiservices signers "
    "certificatesigningrequests certificatesigningrequests/approval networkpolicies events"
)
_Rule = tuple[list[str], list[str], list[str], str]
"""Verbs, groups, resources, and what limits it to named objects."""


def rights_of(body: dict[str, Any]) -> list[str]:
    """Every right the rules of a role give, at most 12,000 lines; powerful ones first, wherever they stand.

    A role may hold thousands of rights: those that are worth padding for must not fall off the end.
    """
    rules = body.get("rules")
    if isinstance(rules, dict):
        rules = list(rules.values())
    if not isinstance(rules, list):
        return []
    read = [_read(rule) for rule in rules if isinstance(rule, dict)]
    read.sort(key=lambda rule: rule[3] != "")
    powerful = dict.fromkeys(islice((line for rule in read for line in _lines(_powerful(rule))), _MOST_POWERFUL))
    others = (line for rule in read for line in _lines(rule))
    paths = (line for rule in rules if isinstance(rule, dict) for line in _paths(rule))
    return list(powerful | dict.fromkeys(islice(paths, _MOST)) | dict.fromkeys(islice(others, _MOST)))


def _read(rule: dict[str, Any]) -> _Rule:
    names = _texts(rule.get("resourceNames"))
    suffix = f" named {','.join(names[:5])}" if names else ""
    return _texts(rule.get("verbs")), _texts(rule.get("apiGroups")) or [""], _texts(rule.get("resources")), suffix


def _powerful(rule: _Rule) -> _Rule:
    verbs, groups, resources, suffix = rule
    known = [one for one in groups if one in _GROUPS] or groups[:1]
    wide = [one for one in resources if one in _RESOURCES] or resources[:1]
    return [one for one in verbs if one in _VERBS] or verbs[:1], known, wide, suffix


def _lines(rule: _Rule) -> Iterator[str]:
    verbs, groups, resources, suffix = rule
    for verb in verbs:
        for group in groups:
            for resource in resources:
                yield f"{verb} {group}/{resource}{suffix}" if group else f"{verb} {resource}{suffix}"


def _paths(rule: dict[str, Any]) -> Iterator[str]:
    for verb in sorted(_texts(rule.get("verbs")), key=lambda one: one not in _VERBS):
        for path in sorted(_texts(rule.get("nonResourceURLs")), key=lambda one: "*" not in one):
            yield f"{verb} {path}"


def _texts(value: Any) -> list[str]:
    """The texts of a list, each once."""
    return list(dict.fromkeys(item for item in value if isinstance(item, str))) if isinstance(value, list) else []
