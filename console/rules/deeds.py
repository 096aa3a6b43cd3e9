"""What a request is, as far as it gives power: the few kinds of deeds by which a stolen account gives itself away."""

from __future__ import annotations

_SESSIONS = frozenset({"exec", "attach", "portforward", "proxy", "ephemeralcontainers"})
_MADE = frozenset({"create", "update", "patch"})
_REMOVED = frozenset({"delete", "deletecollection"})
_POWERFUL = frozenset(
    {
        *("pods", "deployments", "daemonsets", "statefulsets", "replicasets", "replicationcontrollers"),
        *("jobs", "cronjobs"),
        *("roles", "clusterroles", "rolebindings", "clusterrolebindings", "serviceaccounts", "secrets"),
        *("validatingwebhookconfigurations", "mutatingwebhookconfigurations"),
        *("validatingadmissionpolicies", "validatingadmissionpolicybindings"),
        *("mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "apiservices"),
        *("certificatesigningrequests", "networkpolicies", "nodes"),
    }
)
DEEDS = frozenset(("read", "list", "write", "delete", "mint", "approve", *_SESSIONS))
"""First words of what `deed_of` says."""


def deed_of(verb: str, resource: str, subresource: str) -> str:
    """A verb of ours and what it is done to, as `read secrets`; "" for what gives little.

    An informer lists once and watches for days, so both are one deed; creating, updating and patching are another.
    """
    if subresource in _SESSIONS:
        return f"{subresource} {resource}"
    if subresource == "token" and resource == "serviceaccounts":
        return "mint tokens"
    if subresource == "approval":
        return f"approve {resource}"
    if subresource:
        return ""
    if resource == "secrets" and verb in ("get", "list", "watch"):
        return "read secrets" if verb == "get" else "list secrets"
    if resource not in _POWERFUL:
        return ""
    return f"write {resource}" if verb in _MADE else f"delete {resource}" if verb in _REMOVED else ""
