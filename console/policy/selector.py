"""Label selectors, as the API server and its controllers read them.

An empty selector matches everything, a missing one (None) nothing. `NotIn` and `DoesNotExist` also match an object
without the key: that is how a policy still selects a pod whose labels were all taken away. An operator nobody knows
makes the selector match nothing, as the API server would have refused it.
"""

from __future__ import annotations

from collections.abc import Mapping

from console.model.meta import LabelRequirement, LabelSelector

Labels = Mapping[str, str]


def matches(selector: LabelSelector | None, labels: Labels | None) -> bool:
    """Whether an object with these labels is selected."""
    if selector is None:
        return False
    labels = labels or {}
    wanted = (selector.match_labels or {}).items()
    return all(key in labels and labels[key] == value for key, value in wanted) and all(
        _holds(requirement, labels) for requirement in selector.match_expressions or ()
    )


def matches_map(selector: Mapping[str, str] | None, labels: Labels | None) -> bool:
    """A plain map, as Services have it; an empty one selects nothing there."""
    return bool(selector) and all((labels or {}).get(key) == value for key, value in (selector or {}).items())


def _holds(requirement: LabelRequirement, labels: Labels) -> bool:
    key, values = requirement.key, requirement.values or ()
    match requirement.operator:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False


def words(selector: LabelSelector | None) -> str:
    """In kubectl's notation: `app=web,tier notin (db)`; `everything` for the empty one."""
    if selector is None:
        return "nothing"
    parts = [f"{key}={value}" for key, value in sorted((selector.match_labels or {}).items())]
    for req in selector.match_expressions or ():
        shown = {"Exists": req.key, "DoesNotExist": f"!{req.key}"}.get(req.operator)
        parts.append(shown or f"{req.key} {req.operator.lower()} ({','.join(req.values or ())})")
    return ",".join(parts) or "everything"
