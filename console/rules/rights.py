"""What a role in a body would allow, as short lines a rule can ask for: `create pods/exec`, `* */*`.

A line is `VERB GROUP/RESOURCE`, the core group left out: `get secrets`, `* apps/*`, `impersonate users`.
A rule limited to named objects says so: `get secrets named db`.
"""

from __future__ import annotations

from typing import Any

_MOST = 2000


def rights_of(body: dict[str, Any]) -> list[str]:
    """Every right the rules of a role give, at most 2,000 lines."""
    rules = body.get("rules")
    if isinstance(rules, dict):
        rules = list(rules.values())
    if not isinstance(rules, list):
        return []
    found: list[str] = []
    for rule in rules:
        if isinstance(rule, dict):
            found.extend(_lines(rule))
        if len(found) >= _MOST:
            break
    return found[:_MOST]


def _lines(rule: dict[str, Any]) -> list[str]:
    verbs, resources = _texts(rule.get("verbs")), _texts(rule.get("resources"))
    groups, names = _texts(rule.get("apiGroups")) or [""], _texts(rule.get("resourceNames"))
    suffix = f" named {','.join(names[:5])}" if names else ""
    lines = [
        f"{verb} {group}/{resource}{suffix}" if group else f"{verb} {resource}{suffix}"
        for verb in verbs[:20]
        for group in groups[:20]
        for resource in resources[:100]
    ]
    lines += [f"{verb} {path}" for verb in verbs[:20] for path in _texts(rule.get("nonResourceURLs"))[:50]]
    return lines[:_MOST]


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
